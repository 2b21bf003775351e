// A message that is sent from a stream: its parts leave as they come, as fast as the peer reads.
import { CloseCode } from "../../protocol/close-code.js";
import type { Endpoint } from "../../protocol/endpoint.js";
import type { EndpointState } from "../../protocol/endpoint-options.js";
import { InvalidStateError } from "../../protocol/errors.js";
import type { CloseEvent, MessageType } from "../../protocol/events.js";
import { readSendOptions, type SendChoice, type SendOptions } from "../../protocol/send-options.js";
import type { Transport } from "../transport.js";
import type { Turning } from "../turn.js";
import type { SocketContext } from "./context.js";
import { IncompleteMessageError } from "./message-stream.js";
import { type Part, type PartSource, type PartStream, partsOf } from "./part-source.js";

/** When so many bytes wait, no more parts are taken before they were offered to the system. */
const HIGH_WATER_BYTES = 64 * 1024;

/** The session of an {@link OutgoingStream}, as seen from here. */
export interface OutgoingStreamOwner {
  readonly context: SocketContext;
  /** Not open once the transport is gone, although the endpoint still handles bytes that came before. */
  readonly state: EndpointState;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly output: { settle(): void; stray(): void; later(): void; flushNow(): void };
  /** Fails the connection. */
  fail(code: number, reason: string, cause?: unknown): void;
  /** The message was sent, or cannot be. */
  streamSent(): void;
}

/** The session of a socket that sends a stream. */
export interface StreamingSession extends OutgoingStreamOwner {
  /** The message that is being sent from a stream. */
  outgoing: OutgoingStream | undefined;
  /** The end of the connection, as soon as it is known. */
  readonly closeEvent: CloseEvent | undefined;
}

/** As `Socket.sendStream`. */
export function sendStream(
  session: StreamingSession,
  stream: PartStream,
  options: SendOptions | undefined,
): Promise<void> {
  try {
    const outgoing = OutgoingStream.begin(session, stream, options);
    if (session.state === "open") session.outgoing = outgoing;
    else outgoing.stop(session.closeEvent);
    return outgoing.sent;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Sends the parts of a source as the fragments of one message. */
export class OutgoingStream implements Turning {
  /** Settles when the message was sent, or cannot be. */
  readonly sent: Promise<void>;
  readonly #owner: OutgoingStreamOwner;
  readonly #source: PartSource;
  readonly #type: MessageType | undefined;
  readonly #compress: boolean;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #over = false;
  /** Goes on when there is room for more, if parts wait for that. */
  #wake: (() => void) | undefined;

  /**
   * Begins to send a message: whole messages wait behind it from now on.
   * @throws InvalidStateError if another message is being sent in parts
   * @throws TypeError if the stream is none, or for wrong options
   */
  static begin(
    owner: OutgoingStreamOwner,
    stream: PartStream,
    options: SendOptions | undefined,
  ): OutgoingStream {
    const choice = readSendOptions(options);
    const { endpoint } = owner;
    const open = owner.state === "open";
    if (open && endpoint.fragmenting) throw anotherInParts();
    owner.output.settle();
    const outgoing = new OutgoingStream(owner, partsOf(stream), choice);
    if (open) {
      owner.output.stray();
      endpoint.begin();
    }
    return outgoing;
  }

  constructor(owner: OutgoingStreamOwner, source: PartSource, { type, compress }: SendChoice) {
    this.#owner = owner;
    this.#source = source;
    this.#type = type;
    this.#compress = compress;
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // The close event tells of the end as well: a peer must not be able to cause an unhandled rejection.
    this.sent.catch(() => {});
    void this.#run();
  }

  /** Sends until the source ends. Never rejects. */
  async #run(): Promise<void> {
    try {
      let empty: Part = this.#type === "text" ? "" : new Uint8Array(0);
      for (;;) {
        await this.#room();
        if (this.#over) return;
        const part = await this.#source.next();
        if (this.#over) return;
        if (part === undefined) break;
        this.#send(part, false);
        empty = typeof part === "string" ? "" : new Uint8Array(0);
      }
      this.#send(empty, true);
      this.#end(this.#resolve);
    } catch (error) {
      this.#failed(error);
    }
  }

  #send(part: Part, final: boolean): void {
    const type = typeof part === "string" ? undefined : this.#type;
    this.#owner.endpoint.sendFragment(part, final, { type, compress: this.#compress });
    this.#owner.output.later();
  }

  /** Waits until the system has taken what was sent, and lets other connections have their turn. */
  async #room(): Promise<void> {
    const { endpoint, output, transport, context } = this.#owner;
    const { outbox } = endpoint;
    if (outbox.bytes - outbox.waitingBytes > HIGH_WATER_BYTES) {
      output.flushNow();
      if (!transport.blocked) await this.#wait(() => context.runtime.turns.next(this));
    }
    while (transport.blocked && !this.#over) await this.#wait();
  }

  #wait(begin?: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      begin?.();
    });
  }

  /** The turn has come. */
  turned(): void {
    this.drained();
  }

  /** The transport wants bytes again. */
  drained(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The connection is closing: the message cannot be completed. */
  stop(event: CloseEvent | undefined): void {
    if (this.#over) return;
    const error = new IncompleteMessageError(event);
    this.#end(() => this.#reject(error));
    this.#source.cancel(error);
  }

  /** The source threw, or gave a part that cannot be sent. Without a part that was sent, the connection goes on. */
  #failed(error: unknown): void {
    if (this.#over) return;
    this.#end(() => this.#reject(error));
    this.#source.cancel(error);
    if (this.#owner.endpoint.cancel()) this.#owner.output.later();
    else this.#owner.fail(CloseCode.INTERNAL_ERROR, "", error);
  }

  #end(settle: () => void): void {
    this.#over = true;
    this.#owner.streamSent();
    settle();
    this.drained();
  }
}

/** The error of a message that cannot be sent in parts, because another one is. */
export function anotherInParts(): InvalidStateError {
  return new InvalidStateError("another message is being sent in parts");
}
