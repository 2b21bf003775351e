// The error of `connect` when a server or a proxy does not open the connection.

import type { HandshakeFailureCode } from "../../handshake/response.js";
import { TextDecoder } from "../../host/text-coders.js";
import type { HeaderList } from "../../http/header-list.js";
import type { HandshakeResponse } from "../handshake-response.js";

/** Why an opening handshake failed. */
export type HandshakeErrorCode =
  | HandshakeFailureCode
  /** The answer is not a well-formed HTTP head within the limits. */
  | "MALFORMED_RESPONSE"
  /** The server ended the connection without an answer. */
  | "CONNECTION_ENDED"
  /** No answer in time, of the server or of the proxy in front of it. */
  | "TIMEOUT"
  /** A redirect that is not allowed: too many, to another scheme, or away from TLS. */
  | "INVALID_REDIRECT"
  /** The proxy refused to connect to the server: with 407 if the credentials are missing or wrong. */
  | "PROXY_REFUSED"
  /** The proxy's answer is not a well-formed HTTP head within the limits, or more came with it. */
  | "PROXY_MALFORMED_RESPONSE"
  /** The proxy ended the connection without an answer. */
  | "PROXY_CONNECTION_ENDED";

/** A server, or the proxy in front of it, did not open the connection. */
export class HandshakeError extends Error {
  /** `"HandshakeError"`. */
  override readonly name = "HandshakeError";
  /** Why, for programs. */
  readonly code: HandshakeErrorCode;
  /** Status of the answer, if one came: the proxy's if the code begins with `PROXY_`. */
  readonly status: number | undefined;
  /** Headers of that answer. */
  readonly headers: HeaderList | undefined;
  /**
   * The start of the answer's content: at most 8 KiB, and no more than came within the handshake's time-out. Empty if
   * there is none, or if the answer is a redirect.
   */
  readonly body: Uint8Array;

  /** @param answer - the parts of the answer that arrived */
  constructor(
    code: HandshakeErrorCode,
    message: string,
    answer?: HandshakeResponse & { readonly body?: Uint8Array },
  ) {
    super(message);
    this.code = code;
    this.status = answer?.status;
    this.headers = answer?.headers;
    this.body = answer?.body ?? new Uint8Array(0);
  }

  /** {@link body} as UTF-8. A character that the limit cuts is left out. */
  get text(): string {
    return new TextDecoder().decode(this.body, { stream: true });
  }
}
