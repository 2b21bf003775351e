import { HeadParser, type ResponseHead } from "../handshake/index.js";
import { Deadline, type Deadlines } from "./deadline.js";
import { HandshakeError } from "./handshake-error.js";
import type { SocketLimits } from "./options.js";
import type { SocketTransport, TransportSink } from "./transport.js";

/** Whom a client asks. */
export type Peer = "server" | "proxy";

const MALFORMED = { server: "malformed-response", proxy: "proxy-malformed-response" } as const;
const ENDED = { server: "connection-ended", proxy: "proxy-connection-ended" } as const;

/** What every exchange may come to. */
export interface ExchangeResult {
  failed(error: unknown): void;
}

/** What every exchange needs to know. */
export interface ExchangeOptions {
  readonly limits: SocketLimits;
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
}

/** A request of a client's, and the head of the answer to it. Comes to one result, once. */
export abstract class Exchange extends Deadline implements TransportSink {
  readonly #peer: Peer;
  readonly #options: ExchangeOptions;
  readonly #result: ExchangeResult;
  readonly #parser: HeadParser<"response">;
  #transport: SocketTransport | undefined;
  #over = false;

  protected constructor(peer: Peer, options: ExchangeOptions, result: ExchangeResult) {
    super();
    this.#peer = peer;
    this.#options = options;
    this.#result = result;
    this.#parser = new HeadParser("response", options.limits);
  }

  protected override get deadlines(): Deadlines {
    return this.#options.deadlines;
  }

  /** Takes the answer. `rest` are the bytes behind the head: a view that is valid for the call. */
  protected abstract answered(head: ResponseHead, rest: Uint8Array): void;

  /** Sends the request on a transport that is connected or about to be. */
  protected send(transport: SocketTransport, request: Uint8Array): void {
    this.#transport = transport;
    transport.sink = this;
    transport.write(request);
    this.expireAfter(this.#options.timeoutMs);
  }

  received(chunk: Uint8Array): void {
    if (this.#over) return;
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    if (result.type === "head") {
      this.#stop();
      this.answered(result.head, result.rest);
    } else this.malformed(result.reason);
  }

  /** The answer breaks a rule of HTTP. */
  protected malformed(reason: string): void {
    this.#giveUp(new HandshakeError(MALFORMED[this.#peer], reason));
  }

  /** Ends the transport. */
  protected hangUp(): void {
    this.#transport?.destroy();
  }

  /** Gives up, unless there is a result already. */
  abort(error: unknown): void {
    if (!this.#over) this.#giveUp(error);
  }

  #giveUp(error: unknown): void {
    this.#stop();
    this.hangUp();
    this.#result.failed(error);
  }

  protected override expired(): void {
    const within = `within ${this.#options.timeoutMs} ms`;
    this.abort(new HandshakeError("timeout", `no answer of the ${this.#peer} ${within}`));
  }

  ended(): void {
    const peer = this.#peer;
    this.abort(new HandshakeError(ENDED[peer], `the ${peer} ended the connection without an answer`));
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
