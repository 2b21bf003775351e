// Working below streams rests on how Deno keeps to Node's internals. So it is tried out once for each process, on a connection of the
// process with itself; where bytes do not arrive as they should, streams do all the work, as they do for TLS.
import type { Server, Socket } from "node:net";
import { onLoopback } from "../node/loopback.js";
import { NodeTransport, type Transports } from "../node/node-transport.js";
import { DenoTransport } from "./deno-transport.js";

export const denoTransports: Transports = async (readPath) => {
  const below = readPath !== "data" && (await worksBelow());
  return (socket) =>
    below && !("encrypted" in socket) ? new DenoTransport(socket) : new NodeTransport(socket, readPath);
};

let trial: Promise<boolean> | undefined;

function worksBelow(): Promise<boolean> {
  trial ??= onLoopback(tryBelow, false);
  return trial;
}

/** Has bytes come by the stream and then below it, an answer go out there, and an end come. */
function tryBelow(near: Socket, server: Server, over: (works: boolean) => void): void {
  let answer = "";
  server.once("connection", (far) => {
    readBelow(far, near, (seen) => over(seen === "stream,below," && answer === "answer"));
  });
  near.on("connect", () => near.write("stream,"));
  near.on("data", (chunk: Buffer) => {
    answer += chunk.toString("latin1");
    near.end();
  });
}

/** @param ended - called with all that came into its place */
function readBelow(far: Socket, near: Socket, ended: (seen: string) => void): void {
  const transport = new DenoTransport(far);
  const window = new Uint8Array(64);
  let seen = "";
  transport.sink = {
    received(chunk) {
      seen += String.fromCharCode(...chunk);
      transport.readInto(window);
      near.write("below,");
    },
    receivedInWindow(length) {
      seen += String.fromCharCode(...window.subarray(0, length));
      transport.write(Buffer.from("answer"));
    },
    ended: () => ended(transport.readPath === "buffer" ? seen : ""),
    closed: () => ended(""),
    drained() {},
    failed() {},
  };
}
