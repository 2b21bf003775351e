// The order of answers on a connection of an HTTP server: an upgrade may be pipelined behind requests that have no answer yet.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Calls back when all requests that came before on the same connection were answered. RFC 9112 section 9.3.2: "A server that
 * supports persistent connections MAY process a sequence of pipelined requests in parallel if they all have safe methods, but it
 * MUST send the corresponding responses in the same order that the requests were received."
 */
export function whenEarlierAnswered(request: IncomingMessage, stream: Duplex, call: () => void): void {
  const earlier = unfinishedAnswer(request, stream);
  if (earlier === undefined) {
    call();
    return;
  }
  // Node listens no more to a connection that it has told of as an upgrade.
  stream.on("error", ignore);
  earlier.once("close", () => {
    stream.off("error", ignore);
    whenEarlierAnswered(request, stream, call);
  });
}

/** Node keeps the answer that is being written with the connection. That of this request is none of Node's own. */
function unfinishedAnswer(request: IncomingMessage, stream: Duplex): ServerResponse | undefined {
  const answer: unknown = Reflect.get(stream, "_httpMessage");
  return isAnswer(answer) && answer.req !== request ? answer : undefined;
}

/** By what it has: to import the class would have Node 22 load its HTTP client as well. */
function isAnswer(value: unknown): value is ServerResponse {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "req") === "object" && typeof Reflect.get(value, "once") === "function";
}

function ignore(): void {}
