// Working below streams rests on how Deno keeps to Node's internals. So it is tried out once for each process, on a connection of the
// process with itself; where bytes do not arrive as they should, streams do all the work, as they do for TLS.
import { connect, type Server, type Socket } from "node:net";
import { NodeTransport, type Transports } from "../node/node-transport.js";
import { onServer } from "../node/trial.js";
import { DenoTransport } from "./deno-transport.js";

export const denoTransports: Transports = async (readPath) => {
  const below = readPath !== "data" && (await worksBelow());
  return (socket) =>
    below && !("encrypted" in socket) ? new DenoTransport(socket) : new NodeTransport(socket, readPath);
};

let trial: Promise<boolean> | undefined;

function worksBelow(): Promise<boolean> {
  trial ??= onServer(tryBelow, false);
  return trial;
}

const TRIAL_MS = 2_000;

/** Has bytes come by the stream and then below it, an answer go out there, and an end come. */
function tryBelow(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let far: Socket | undefined;
    let answer = "";
    const over = (works: boolean): void => {
      clearTimeout(timer);
      resolve(works);
      near.destroy();
      far?.destroy();
    };
    const timer = setTimeout(over, TRIAL_MS, false);
    server.once("connection", (socket) => {
      far = socket;
      readBelow(socket, near, (seen) => over(seen === "stream,below," && answer === "answer"));
    });
    const near = connect(port, "127.0.0.1", () => near.write("stream,"));
    near.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
      near.end();
    });
    near.on("error", () => over(false));
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
