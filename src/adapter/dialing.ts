import {
  type Accepted,
  buildRequest,
  checkResponse,
  type HandshakeFailure,
  type HandshakeFailureCode,
  type HeaderFields,
  type HeaderList,
  HeadParser,
  makeKey,
} from "../handshake/index.js";
import { Deadline, type Deadlines } from "./deadline.js";
import type { SocketLimits } from "./options.js";
import type { SocketTransport, TransportSink } from "./transport.js";

/** Why an opening handshake came to nothing. */
export type HandshakeErrorCode =
  | HandshakeFailureCode
  /** The answer is not a well-formed HTTP head within the limits. */
  | "malformed-response"
  /** The server ended the connection without an answer. */
  | "connection-ended"
  /** No answer in time. */
  | "timeout"
  /** A redirect that is not allowed: too many, to another scheme, or away from TLS. */
  | "invalid-redirect";

/** A server did not open the connection. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly code: HandshakeErrorCode;
  /** Status and headers of the answer, if one came. */
  readonly status: number | undefined;
  readonly headers: HeaderList | undefined;

  constructor(code: HandshakeErrorCode, message: string, answer?: { status: number; headers: HeaderList }) {
    super(message);
    this.code = code;
    this.status = answer?.status;
    this.headers = answer?.headers;
  }
}

export interface DialOptions {
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly protocols: readonly string[];
  readonly headers: HeaderFields | undefined;
  readonly origin: string | undefined;
  readonly limits: SocketLimits;
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
}

/** What a handshake came to. `rest` are the bytes behind the head: a view that is valid for the call. */
export interface DialResult {
  opened(accepted: Accepted, rest: Uint8Array): void;
  refused(failure: HandshakeFailure): void;
  failed(error: unknown): void;
}

/** The opening handshake of a client. Reports one result, once. */
export class Dialing extends Deadline implements TransportSink {
  readonly #request: Uint8Array;
  readonly #options: DialOptions;
  readonly #result: DialResult;
  readonly #parser: HeadParser<"response">;
  readonly #key: string;
  #transport: SocketTransport | undefined;
  #over = false;

  /**
   * Prepares the request, before there is a connection that an error would have to end.
   * @throws TypeError or RangeError if the options hold what can't be sent
   */
  constructor(options: DialOptions, result: DialResult) {
    super();
    const { host, target, protocols, headers, origin, limits } = options;
    this.#options = options;
    this.#result = result;
    this.#parser = new HeadParser("response", limits);
    // Section 4.1: "a nonce consisting of a randomly selected 16-byte value", "selected randomly for each connection".
    this.#key = makeKey(crypto.getRandomValues(new Uint8Array(16)));
    this.#request = buildRequest({ host, target, key: this.#key, protocols, headers, origin });
  }

  protected override get deadlines(): Deadlines {
    return this.#options.deadlines;
  }

  /** Sends the request on a transport that is connected or about to be. */
  begin(transport: SocketTransport): void {
    this.#transport = transport;
    transport.sink = this;
    transport.write(this.#request);
    this.expireAfter(this.#options.timeoutMs);
  }

  received(chunk: Uint8Array): void {
    if (this.#over) return;
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    this.#stop();
    if (result.type !== "head") {
      this.#transport?.destroy();
      this.#result.failed(new HandshakeError("malformed-response", result.reason));
      return;
    }
    const { key, protocols } = { key: this.#key, protocols: this.#options.protocols };
    const answer = checkResponse(result.head, { key, protocols });
    if (answer.type === "accepted") this.#result.opened(answer, result.rest);
    else {
      this.#transport?.destroy();
      this.#result.refused(answer);
    }
  }

  /** Gives up. */
  abort(error: unknown): void {
    if (this.#over) return;
    this.#stop();
    this.#transport?.destroy();
    this.#result.failed(error);
  }

  protected override expired(): void {
    this.abort(new HandshakeError("timeout", `no answer within ${this.#options.timeoutMs} ms`));
  }

  ended(): void {
    this.abort(new HandshakeError("connection-ended", "the server ended the connection without an answer"));
  }

  closed(): void {
    this.ended();
  }

  failed(error: unknown): void {
    this.abort(error);
  }

  drained(): void {}

  receivedInWindow(): void {
    throw new Error("an opening handshake is read from the stream");
  }

  #stop(): void {
    this.#over = true;
    this.neverExpire();
  }
}
