// A worker serves WebSockets over ports, and this thread is its client. Run: node examples/adapter/main.js
import { MessageChannel, Worker } from "node:worker_threads";
import { connect, createRuntime } from "wsimd/adapter";
import { PortTransport } from "./port-transport.js";

const worker = new Worker(new URL("./worker.js", import.meta.url));
const runtime = createRuntime();

/** A connection to the worker: one end of a channel, whose other end the worker gets. */
function open() {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return new PortTransport(port1);
}

const socket = await connect(
  { runtime, open },
  "ws://worker/chat",
  { protocols: ["chat"] },
  {
    message(from, data) {
      console.log(typeof data === "string" ? data : `${data.length} bytes`);
      if (typeof data !== "string") from.close(1000);
    },
    drain: () => console.log("there is room again"),
    close(_, { code }) {
      console.log(`closed with ${code}`);
      worker.terminate();
    },
  },
);
console.log(`speaking ${socket.protocol}`);
console.log(socket.send("hello"));
console.log(socket.send(new Uint8Array(200_000)));
