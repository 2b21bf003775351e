// Private members of Node's HTTP servers and of their connections.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** The answer to another request that is not finished yet. Node keeps it with the connection. */
export function answerUnderWay(request: IncomingMessage, stream: Duplex): ServerResponse | undefined {
  const answer: unknown = Reflect.get(stream, "_httpMessage");
  return isAnswer(answer) && answer.req !== request ? answer : undefined;
}

/** The member of an HTTP server that holds its option of this name, from Node 22.21 and 24.9 on. */
export const UPGRADE_CHOOSER = "shouldUpgradeCallback";

/** Checks the members. Importing the class would make Node 22 load its HTTP client as well. */
function isAnswer(value: unknown): value is ServerResponse {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, "req") === "object" && typeof Reflect.get(value, "once") === "function";
}
