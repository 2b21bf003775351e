// The order of answers on a connection of an HTTP server: an upgrade may be pipelined behind requests that have no
// answer yet.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { answerUnderWay } from "./internals/index.js";

/**
 * Calls back when all requests that came before on the same connection were answered. RFC 9112 section 9.3.2: "A server
 * that supports persistent connections MAY process a sequence of pipelined requests in parallel if they all have safe
 * methods, but it MUST send the corresponding responses in the same order that the requests were received."
 */
export function whenEarlierAnswered(request: IncomingMessage, stream: Duplex, call: () => void): void {
  const earlier = answerUnderWay(request, stream);
  if (earlier === undefined) {
    call();
    return;
  }
  // Node no longer listens to a connection once it has emitted `upgrade` for it.
  stream.on("error", ignore);
  earlier.once("close", () => {
    stream.off("error", ignore);
    whenEarlierAnswered(request, stream, call);
  });
}

function ignore(): void {}
