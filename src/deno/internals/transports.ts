// The transports of Deno's sockets. Reads and writes below the stream are tried once for each process, on a loopback
// connection. Where the trial fails, and for TLS, transports use public streams.
import type { Socket } from "node:net";
import { type Loopback, onLoopback } from "../../node/internals/index.js";
import { NodeTransport, type Transports } from "../../node/node-transport.js";
import { DenoTransport } from "./deno-transport.js";

export const denoTransports: Transports = async (internals) => {
  const below = internals !== "off" && (await worksBelow());
  return (socket) =>
    below && !("encrypted" in socket) ? new DenoTransport(socket) : new NodeTransport(socket, internals);
};

/** This process's only trial, once it has begun. */
let trial: Promise<boolean> | undefined;

function worksBelow(): Promise<boolean> {
  trial ??= onLoopback(tryBelow, false);
  return trial;
}

/** Expects bytes by the stream, then bytes below it; writes an answer below it, and expects an end. */
function tryBelow({ near, server, over, guarded }: Loopback<boolean>): void {
  let answer = "";
  const accepted = (far: Socket): void => {
    const transport = new DenoTransport(far);
    const window = new Uint8Array(64);
    let seen = "";
    const streamed = (chunk: Uint8Array): void => {
      seen += String.fromCharCode(...chunk);
      // These bytes came by the stream, but should have come below it.
      if (seen !== "stream,") over(false);
      transport.readInto(window);
      near.write("below,");
    };
    const landed = (length: number): void => {
      seen += String.fromCharCode(...window.subarray(0, length));
      transport.write(Buffer.from("answer"));
    };
    const ended = (): void =>
      over(transport.readPath === "direct" && seen === "stream,below," && answer === "answer");
    transport.sink = {
      received: guarded(streamed),
      receivedInWindow: guarded(landed),
      ended: guarded(ended),
      closed: () => over(false),
      drained() {},
      failed() {},
    };
  };
  const answered = (chunk: Buffer): void => {
    answer += chunk.toString("latin1");
    near.end();
  };
  server.once("connection", guarded(accepted));
  near.on(
    "connect",
    guarded(() => near.write("stream,")),
  );
  near.on("data", guarded(answered));
}
