// The opening handshake of a client (section 4.1).
import { makeKey } from "../../handshake/accept-key.js";
import type { ClientExtension } from "../../handshake/negotiation.js";
import { writeRequest } from "../../handshake/request.js";
import {
  type Accepted,
  type HandshakeFailure,
  type HandshakeOffer,
  readResponse,
} from "../../handshake/response.js";
import type { ResponseHead } from "../../http/head.js";
import type { HeaderFields } from "../../http/header-fields.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { SocketTransport } from "../transport.js";
import { isRedirect } from "./address.js";
import { Exchange, type ExchangeOptions, type ExchangeResult, MAX_BODY_BYTES } from "./exchange.js";

export interface DialOptions extends ExchangeOptions {
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly protocols: readonly string[];
  readonly extensions: readonly ClientExtension<MessagePath>[];
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
  opened(accepted: Accepted<MessagePath>, rest: Uint8Array): void;
  refused(refused: Refused): void;
}

/** The opening handshake of a client. Reports one result, once. */
export class Dialing extends Exchange {
  readonly #request: Uint8Array;
  readonly #offer: HandshakeOffer<MessagePath>;
  readonly #result: DialResult;

  /**
   * Prepares the request, before there is a connection that an error would have to end.
   * @throws TypeError or RangeError if the options hold a value that can't be sent
   */
  constructor(options: DialOptions, result: DialResult) {
    super("server", options, result);
    const { host, target, protocols, extensions, headers, origin } = options;
    this.#result = result;
    // Section 4.1: "a nonce consisting of a randomly selected 16-byte value", "selected randomly for each connection".
    this.#offer = { key: makeKey(), protocols, extensions };
    this.#request = writeRequest({ host, target, ...this.#offer, headers, origin });
  }

  /** Sends the request on a transport that is connected or about to be. */
  begin(transport: SocketTransport): void {
    this.send(transport, this.#request);
  }

  protected override answered(head: ResponseHead, rest: Uint8Array): void {
    const answer = readResponse(head, this.#offer);
    if (answer.type === "accepted") {
      this.finish();
      this.#result.opened(answer, rest);
    } else {
      const most = isRedirect(head.status) ? 0 : MAX_BODY_BYTES;
      this.hearOut(head, rest, most, (body) => this.#result.refused({ ...answer, body }));
    }
  }
}
