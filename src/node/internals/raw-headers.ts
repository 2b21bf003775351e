// The header fields of a request that Node did not read itself.
import type { IncomingMessage } from "node:http";

/** The method by which Node's own parser gives a request its fields. */
const METHOD = "_addHeaderLines";

/** Whether {@link setRawHeaders} works. @param probe - a fresh request */
export function canSetRawHeaders(probe: IncomingMessage): boolean {
  try {
    setRawHeaders(probe, ["X-Tried", "1", "x-tried", "2"]);
    const { headers, rawHeaders } = probe;
    return headers["x-tried"] === "1, 2" && rawHeaders.length === 4;
  } catch {
    return false;
  }
}

/**
 * Gives a request its header fields. Its `headers` are made of them when they are asked for.
 * @param raw - names and values in turn; it becomes the request's `rawHeaders`
 */
export function setRawHeaders(request: IncomingMessage, raw: readonly string[]): void {
  const add: unknown = Reflect.get(request, METHOD);
  if (typeof add === "function") add.call(request, raw, raw.length);
}
