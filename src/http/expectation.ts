// `Expect: 100-continue`: whether a client waits for a 100 (Continue), and that answer. RFC 9110 section 10.1.1.
import type { RequestHead } from "./head.js";
import { includesToken } from "./token-list.js";

/** The answer that lets a waiting client go on: RFC 9110 section 15.2.1. */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/**
 * Whether a client waits for a 100 (Continue). "A server that receives a 100-continue expectation in an HTTP/1.0
 * request MUST ignore that expectation." RFC 9110 section 10.1.1.
 */
export function expectsToContinue({ httpVersion, headers }: RequestHead): boolean {
  return httpVersion !== "1.0" && includesToken(headers.get("Expect"), "100-continue");
}
