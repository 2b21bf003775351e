// One request of a client's and the answer to it, on a transport that nothing else uses meanwhile.
import { ContentStart } from "../../http/content-start.js";
import { FinalHeadReader } from "../../http/final-head.js";
import type { ResponseHead } from "../../http/head.js";
import { Deadline, type Deadlines, type Expiring } from "../deadline.js";
import type { SocketLimits } from "../socket/options.js";
import type { SocketTransport, TransportSink } from "../transport.js";
import { HandshakeError } from "./handshake-error.js";

/** The server or proxy that gets the request. */
export type Peer = "server" | "proxy";

const MALFORMED = { server: "MALFORMED_RESPONSE", proxy: "PROXY_MALFORMED_RESPONSE" } as const;
const ENDED = { server: "CONNECTION_ENDED", proxy: "PROXY_CONNECTION_ENDED" } as const;

/** The most bytes of a refusal's content that are kept. */
export const MAX_BODY_BYTES = 8 * 1024;
/** The longest wait for that content. It bounds servers that neither give its length nor end the connection. */
const MAX_BODY_MS = 1_000;

/** The outcomes that all exchanges have in common. */
export interface ExchangeResult {
  failed(error: unknown): void;
}

/** The parameters that all exchanges have in common. */
export interface ExchangeOptions {
  readonly limits: SocketLimits;
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
}

/** A refusal whose content is still being read. */
interface Refusal {
  readonly content: ContentStart;
  conclude(body: Uint8Array): void;
}

/**
 * A client's request and the final answer to it. It reports exactly one result. An exception in here becomes that
 * result, and never reaches the runtime's event loop.
 */
export abstract class Exchange implements TransportSink, Expiring {
  readonly #peer: Peer;
  readonly #options: ExchangeOptions;
  readonly #result: ExchangeResult;
  readonly #deadline: Deadline;
  readonly #parser: FinalHeadReader;
  #transport: SocketTransport | undefined;
  #refusal: Refusal | undefined;
  #over = false;

  protected constructor(peer: Peer, options: ExchangeOptions, result: ExchangeResult) {
    this.#peer = peer;
    this.#options = options;
    this.#result = result;
    this.#deadline = new Deadline(options.deadlines, this);
    this.#parser = new FinalHeadReader(options.limits);
  }

  /**
   * Takes the answer, and must call {@link finish}, {@link hearOut} or {@link malformed}. `rest` holds the bytes behind
   * the head: a view that is valid for the call.
   */
  protected abstract answered(head: ResponseHead, rest: Uint8Array): void;

  /** Sends the request on a transport that is connected or about to be. */
  protected send(transport: SocketTransport, request: Uint8Array): void {
    this.#transport = transport;
    transport.sink = this;
    this.#guarded(() => {
      transport.write(request);
      this.#deadline.start(this.#options.timeoutMs);
    });
  }

  /** The server agreed to the request: the transport now belongs to the caller. */
  protected finish(): void {
    this.#over = true;
    this.#deadline.stop();
  }

  /** The answer breaks a rule of HTTP. */
  protected malformed(reason: string): void {
    this.#giveUp(new HandshakeError(MALFORMED[this.#peer], reason));
  }

  /**
   * Reads the start of a refusal's content until the limit or the time-out, and then ends the transport.
   * @param most - the limit, in bytes
   * @param conclude - is given that content
   */
  protected hearOut(
    head: ResponseHead,
    rest: Uint8Array,
    most: number,
    conclude: (body: Uint8Array) => void,
  ): void {
    this.#refusal = { content: new ContentStart(head, most), conclude };
    this.#deadline.start(Math.min(MAX_BODY_MS, this.#options.timeoutMs));
    this.#hear(this.#refusal, rest);
  }

  /** Gives up, unless there is a result already. */
  abort(error: unknown): void {
    if (!this.#over) this.#giveUp(error);
  }

  // ---- Reports of the transport ----

  received(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#guarded(() => {
      if (this.#refusal === undefined) this.#read(chunk);
      else this.#hear(this.#refusal, chunk);
    });
  }

  ended(): void {
    const peer = this.#peer;
    this.#interrupted(
      () => new HandshakeError(ENDED[peer], `the ${peer} ended the connection without an answer`),
    );
  }

  closed(): void {
    this.ended();
  }

  failed(error: unknown): void {
    this.#interrupted(() => error);
  }

  drained(): void {}

  receivedInWindow(): void {
    this.abort(new Error("an opening handshake is read from the stream"));
  }

  expired(): void {
    const within = `within ${this.#options.timeoutMs} ms`;
    this.#interrupted(() => new HandshakeError("TIMEOUT", `no answer of the ${this.#peer} ${within}`));
  }

  #read(chunk: Uint8Array): void {
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    if (result.type === "head") this.answered(result.head, result.rest);
    else this.malformed(result.reason);
  }

  #hear(refusal: Refusal, bytes: Uint8Array): void {
    refusal.content.push(bytes);
    if (refusal.content.isOver) this.#conclude(refusal);
  }

  #conclude({ content, conclude }: Refusal): void {
    this.finish();
    conclude(content.bytes);
    this.#destroy();
  }

  /** The input is over. The result is the refusal, if one was being read, and otherwise an error. */
  #interrupted(error: () => unknown): void {
    if (this.#over) return;
    this.#guarded(() => {
      if (this.#refusal === undefined) this.#giveUp(error());
      else this.#conclude(this.#refusal);
    });
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    this.finish();
    // First of all: if something goes wrong after this, the caller still gets its result.
    this.#result.failed(error);
    this.#destroy();
  }

  /** Ends the transport. The result is known, so that an exception of the transport has no other place to go. */
  #destroy(): void {
    try {
      this.#transport?.destroy();
    } catch {
      // The transport broke its contract, which costs its connection alone.
    }
  }
}
