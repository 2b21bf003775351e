// The opening handshake of a client (section 4.1).
import { makeKey } from "../../handshake/accept-key.js";
import { writeRequest } from "../../handshake/request.js";
import { type Accepted, type HandshakeFailure, readResponse } from "../../handshake/response.js";
import type { ResponseHead } from "../../http/head.js";
import type { HeaderFields } from "../../http/header-fields.js";
import type { SocketTransport } from "../transport.js";
import { isRedirect } from "./address.js";
import { Exchange, type ExchangeOptions, type ExchangeResult, MAX_BODY_BYTES } from "./exchange.js";

export interface DialOptions extends ExchangeOptions {
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly protocols: readonly string[];
  readonly headers: HeaderFields | undefined;
  readonly origin: string | undefined;
}

/** An answer that does not open the connection. */
export interface Refused extends HandshakeFailure {
  /** The start of its content; empty for a redirect, whose content is not waited for. */
  readonly body: Uint8Array;
}

/** The outcome of a handshake. `rest` holds the bytes behind the head: a view that is valid for the call. */
export interface DialResult extends ExchangeResult {
  opened(accepted: Accepted, rest: Uint8Array): void;
  refused(refused: Refused): void;
}

/** The opening handshake of a client. Reports one result, once. */
export class Dialing extends Exchange {
  readonly #request: Uint8Array;
  readonly #protocols: readonly string[];
  readonly #result: DialResult;
  readonly #key: string;

  /**
   * Prepares the request, before there is a connection that an error would have to end.
   * @throws TypeError or RangeError if the options hold a value that can't be sent
   */
  constructor(options: DialOptions, result: DialResult) {
    super("server", options, result);
    const { host, target, protocols, headers, origin } = options;
    this.#protocols = protocols;
    this.#result = result;
    // Section 4.1: "a nonce consisting of a randomly selected 16-byte value", "selected randomly for each connection".
    this.#key = makeKey();
    this.#request = writeRequest({ host, target, key: this.#key, protocols, headers, origin });
  }

  /** Sends the request on a transport that is connected or about to be. */
  begin(transport: SocketTransport): void {
    this.send(transport, this.#request);
  }

  protected override answered(head: ResponseHead, rest: Uint8Array): void {
    const answer = readResponse(head, { key: this.#key, protocols: this.#protocols });
    if (answer.type === "accepted") {
      this.finish();
      this.#result.opened(answer, rest);
    } else {
      const most = isRedirect(head.status) ? 0 : MAX_BODY_BYTES;
      this.hearOut(head, rest, most, (body) => this.#result.refused({ ...answer, body }));
    }
  }
}
