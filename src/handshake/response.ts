// The answer to the opening handshake: how a server writes it, and how a client checks it. RFC 6455 sections 4.1 and
// 4.2.2.
import { equalsIgnoringCase, isToken } from "../http/characters.js";
import { CONTINUE } from "../http/expectation.js";
import { given } from "../http/given.js";
import type { ResponseHead } from "../http/head.js";
import { encodeHead, type HeaderFields, headerLines } from "../http/header-fields.js";
import type { HeaderList } from "../http/header-list.js";
import { includesToken } from "../http/token-list.js";
import { ACCEPT_LENGTH, acceptKey, writeAcceptKey } from "./accept-key.js";
import { type Extension, writeExtensions } from "./extensions.js";
import { type AgreedExtension, type ClientExtension, readAgreed } from "./negotiation.js";
import type { UpgradeRequest } from "./request.js";
import { areUnique } from "./subprotocol.js";

/** The parts of an accepting answer that a server chooses. */
export interface AcceptOptions {
  /** The subprotocol chosen; must be one of those offered. */
  readonly protocol?: string | undefined;
  /** The extensions accepted, from `acceptExtensions`; each must be one of those offered. Default: none. */
  readonly extensions?: readonly Extension[] | undefined;
  /** Further fields, such as `Set-Cookie`. */
  readonly headers?: HeaderFields | undefined;
}

/** The properties of a request that its answer depends on. */
export interface AcceptedRequest extends Pick<UpgradeRequest, "key" | "protocols"> {
  /** As of {@link UpgradeRequest}. Default false. */
  readonly expectsContinue?: UpgradeRequest["expectsContinue"] | undefined;
  /** As of {@link UpgradeRequest}. Default: none. */
  readonly extensions?: UpgradeRequest["extensions"] | undefined;
}

const ACCEPT_LINE = "Sec-WebSocket-Accept: ";
const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${ACCEPT_LINE}`;

/** An answer without added parts, up to the accept value. */
const PLAIN = encodeHead(`${SWITCHING}${" ".repeat(ACCEPT_LENGTH)}\r\n\r\n`);

const NONE: readonly Extension[] = [];

/**
 * "A server MUST NOT send" the last two "in any response with a status code of 1xx": RFC 9110 section 8.6, 9112 6.1.
 */
const ACCEPT_RESERVED = ["sec-websocket-", "upgrade", "connection", "content-length", "transfer-encoding"];

/**
 * Writes the answer of `buildAccept`.
 * @throws TypeError if the subprotocol or an extension was not offered, an extension is there twice, or a header cannot
 * be sent or belongs to the handshake
 */
export function writeAccept(request: AcceptedRequest, options: AcceptOptions): Uint8Array {
  const protocol = given(options, "protocol");
  const headers = given(options, "headers");
  const extensions = given(options, "extensions") ?? NONE;
  // "If a server receives both an Upgrade and an Expect header field with the "100-continue" expectation (Section
  // 10.1.1), the server MUST send a 100 (Continue) response before sending a 101 (Switching Protocols) response."
  // RFC 9110 section 7.8.
  const first = given(request, "expectsContinue") === true ? CONTINUE : "";
  if (protocol === undefined && headers === undefined && extensions.length === 0 && first === "") {
    const head = PLAIN.slice();
    writeAcceptKey(request.key, head, SWITCHING.length);
    return head;
  }
  // "The value chosen MUST be derived from the client's handshake, specifically by selecting one of the values from the
  // |Sec-WebSocket-Protocol| field." The check for a token is for requests that are not from `checkUpgrade`.
  if (protocol !== undefined && !(request.protocols.includes(protocol) && isToken(protocol))) {
    throw new TypeError("the subprotocol is not one that the client offered");
  }
  const choice = protocol === undefined ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  const inUse = extensionLine(request, extensions);
  const extra = headerLines(headers, ACCEPT_RESERVED);
  return encodeHead(`${first}${SWITCHING}${acceptKey(request.key)}\r\n${choice}${inUse}${extra}\r\n`);
}

/** @throws TypeError if an extension was not offered, or is there twice */
function extensionLine(request: AcceptedRequest, extensions: readonly Extension[]): string {
  if (extensions.length === 0) return "";
  const names = extensions.map(({ name }) => name);
  const offered = given(request, "extensions") ?? NONE;
  // "Extensions not listed by the client MUST NOT be listed." RFC 6455 section 4.2.2.
  if (!areUnique(names) || !names.every((name) => offered.some((each) => each.name === name))) {
    throw new TypeError("the extensions are not among those that the client offered, each of them once");
  }
  return `Sec-WebSocket-Extensions: ${writeExtensions(extensions)}\r\n`;
}

/** The reason for which a client does not accept an answer. */
export type HandshakeFailureCode =
  /** The status is not 101: a refusal, a redirect, a challenge. */
  | "UNEXPECTED_STATUS"
  /** `Upgrade` is missing, repeated or not `websocket`. */
  | "INVALID_UPGRADE"
  /** `Connection` is missing or has no token `upgrade`. */
  | "INVALID_CONNECTION"
  /** `Sec-WebSocket-Accept` is missing, repeated or not the answer to the key. */
  | "INVALID_ACCEPT"
  /**
   * `Sec-WebSocket-Extensions` is malformed, or names an extension that was not offered, twice, or with parameters that
   * were not offered.
   */
  | "UNREQUESTED_EXTENSION"
  /** `Sec-WebSocket-Protocol` is repeated, or names a subprotocol that was not offered, or more than one. */
  | "UNREQUESTED_SUBPROTOCOL";

/** An answer that a client does not accept. */
export interface HandshakeFailure {
  /** Tells it from an answer that opens the connection. */
  readonly type: "failure";
  /** The code of the fault, for programs. */
  readonly code: HandshakeFailureCode;
  /** A description of the fault. */
  readonly reason: string;
  /** The answer's status and headers, for a redirect or a challenge. */
  readonly status: number;
  /** See `status`. */
  readonly headers: HeaderList;
}

/** An answer that opens the connection. */
export interface Accepted<Agreed = unknown> {
  /** Tells it from a failure. */
  readonly type: "accepted";
  /** The subprotocol in use; `undefined` if there is none. */
  readonly protocol: string | undefined;
  /** The extensions in use, in the server's order. */
  readonly extensions: readonly AgreedExtension<Agreed>[];
  /** All header lines of the answer. */
  readonly headers: HeaderList;
}

/** The client's request, as far as the answer depends on it. */
export interface HandshakeOffer<Agreed = unknown> {
  /** The key that was sent. */
  readonly key: string;
  /** The subprotocols that were offered. */
  readonly protocols?: readonly string[] | undefined;
  /** The extensions that were offered. */
  readonly extensions?: readonly ClientExtension<Agreed>[] | undefined;
}

/**
 * Checks a server's answer as `checkResponse` says.
 * @throws TypeError if the key is invalid
 */
export function readResponse<Agreed = unknown>(
  head: ResponseHead,
  offer: HandshakeOffer<Agreed>,
): Accepted<Agreed> | HandshakeFailure {
  const { status, headers } = head;
  const accept = acceptKey(offer.key);
  const fail = (code: HandshakeFailureCode, reason: string): HandshakeFailure => {
    return { type: "failure", code, reason, status, headers };
  };
  if (status !== 101) return fail("UNEXPECTED_STATUS", `the server answered ${status}`);
  // "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an
  // ASCII case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_."
  if (!equalsIgnoringCase(headers.get("Upgrade") ?? "", "websocket")) {
    return fail("INVALID_UPGRADE", "the Upgrade header is not websocket");
  }
  // "… or the |Connection| header field doesn't contain a token that is an ASCII case-insensitive match for the value
  // "Upgrade", the client MUST _Fail the WebSocket Connection_."
  if (!includesToken(headers.get("Connection"), "upgrade")) {
    return fail("INVALID_CONNECTION", "the Connection header does not name upgrade");
  }
  // "The |Sec-WebSocket-Accept| header MUST NOT appear more than once in an HTTP response." Two of them, joined, are
  // never equal to one.
  if (headers.get("Sec-WebSocket-Accept") !== accept) {
    return fail("INVALID_ACCEPT", "the Sec-WebSocket-Accept header does not answer the key");
  }
  const extensions = readAgreed(headers, offer.extensions ?? []);
  if (typeof extensions === "string") return fail("UNREQUESTED_EXTENSION", extensions);
  const protocol = headers.get("Sec-WebSocket-Protocol");
  // "… (the server has indicated a subprotocol not requested by the client), the client MUST _Fail the WebSocket
  // Connection_." A list of several is not a subprotocol that could have been offered.
  if (protocol !== undefined && offer.protocols?.includes(protocol) !== true) {
    return fail("UNREQUESTED_SUBPROTOCOL", "the server uses a subprotocol that was not asked for");
  }
  return { type: "accepted", protocol, extensions, headers };
}
