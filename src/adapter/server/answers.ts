// How a server's answers to opening handshakes are written, for each version of HTTP.
import type { UpgradeRequest } from "../../handshake/request.js";
import { type AcceptOptions, writeAccept } from "../../handshake/response.js";
import { type RefusalOptions, writeRefusal } from "../../http/refusal.js";

/** Writes answers in one version of HTTP. */
export interface Answers {
  /**
   * Accepts.
   * @returns the bytes to send in front of the first frame; undefined if the answer was sent already
   * @throws TypeError if the options can't be sent
   */
  accept(request: UpgradeRequest, options: AcceptOptions): Uint8Array | undefined;
  /**
   * Refuses.
   * @returns the bytes to send before this side ends
   * @throws TypeError or RangeError if the refusal can't be sent
   */
  refuse(refusal: RefusalOptions): readonly Uint8Array[];
}

/** Heads of HTTP/1.1. */
export const HTTP1_ANSWERS: Answers = {
  accept: writeAccept,
  refuse: (refusal) => [writeRefusal(refusal, Date.now())],
};
