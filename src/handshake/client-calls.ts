// The functions of `wsimd/handshake` for clients, which check what the caller gives before they do their work.
import type { ResponseHead } from "../http/head.js";
import { anything, type Readers, readOptions, text } from "../protocol/option-readers.js";
import { assertResponseHead } from "./given-head.js";
import { type RequestOptions, writeRequest } from "./request.js";
import { type Accepted, type HandshakeFailure, type HandshakeOffer, readResponse } from "./response.js";
import { clientExtensions, headerPairs, headerValue, tokens } from "./value-readers.js";

const REQUEST: Readers<RequestOptions> = {
  host: text,
  target: text,
  key: text,
  protocols: tokens,
  extensions: clientExtensions,
  origin: headerValue,
  headers: headerPairs,
};

/**
 * Writes a client's opening handshake, RFC 6455 section 4.1.
 *
 * @returns the head, owned by the caller
 * @throws TypeError for an option that does not exist or has a wrong type, and if any part cannot be sent as it is, or a
 * header is set that belongs to the handshake
 * @example
 * ```js
 * import { buildRequest, makeKey } from "wsimd/handshake";
 *
 * const key = makeKey();
 * const head = buildRequest({ host: "example.org", target: "/chat", key, protocols: ["chat"] });
 * console.log(new TextDecoder().decode(head));
 * ```
 */
export function buildRequest(options: RequestOptions): Uint8Array {
  return writeRequest(readOptions<RequestOptions>(options, REQUEST));
}

/** The options of `buildRequest` as a whole are an offer. */
interface GivenOffer<Agreed>
  extends HandshakeOffer<Agreed>,
    Partial<Pick<RequestOptions, "host" | "target" | "origin" | "headers">> {}

// Without a type of its own: the readers keep the type of the extensions, which differs from call to call.
const OFFER = {
  key: text,
  protocols: tokens,
  extensions: clientExtensions,
  host: anything,
  target: anything,
  origin: anything,
  headers: anything,
};

/**
 * Checks a server's answer in the order of RFC 6455 section 4.1: status, `Upgrade`, `Connection`, accept value,
 * extensions, subprotocol.
 *
 * @param offer - the options that `buildRequest` got, or only those that the answer depends on
 * @throws TypeError if `head` is not the head of a response; for an option of `offer` that does not exist or has a wrong
 * type; if the key is invalid
 * @example
 * ```js
 * import { buildAccept, checkResponse, FinalHeadParser, makeKey } from "wsimd/handshake";
 *
 * const key = makeKey();
 * const result = new FinalHeadParser().push(buildAccept({ key, protocols: [] }));
 * if (result.type === "head") console.log(checkResponse(result.head, { key }));
 * ```
 */
export function checkResponse<Agreed = unknown>(
  head: ResponseHead,
  offer: HandshakeOffer<Agreed>,
): Accepted<Agreed> | HandshakeFailure {
  assertResponseHead(head);
  return readResponse(head, readOptions<GivenOffer<Agreed>>(offer, OFFER, "offer"));
}
