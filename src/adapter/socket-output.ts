import { Endpoint, type EndpointOptions } from "../protocol/endpoint.js";
import type { CloseEvent, EndpointSink, MessageType } from "../protocol/events.js";
import { Deadline, type Deadlines } from "./deadline.js";
import { type Flushable, flushLater } from "./flush.js";
import type { SendResult } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { SocketContext } from "./socket-context.js";
import type { Transport } from "./transport.js";

/** More than this in the outbox counts as buffered, even while the transport takes all. */
const OUTBOX_HIGH_WATER_BYTES = 64 * 1024;

/**
 * The way out of a socket: from the endpoint's outbox to the transport. What is sent while a read is handled leaves in one write
 * at its end, and what is sent at other times at the end of the turn.
 */
export abstract class SocketOutput extends Deadline implements Flushable, EndpointSink {
  protected readonly endpoint: Endpoint;
  protected readonly transport: Transport;
  protected readonly context: SocketContext;
  /** Whether a read is being handled. */
  #handling = false;
  /** Whether a flush at the end of this turn is on its way. */
  #scheduled = false;
  #wantsDrain = false;

  constructor(context: SocketContext, role: EndpointOptions["role"], transport: Transport) {
    super();
    const { limits, pieces, borrow, utf8, kernel } = context.options;
    const known = { role, limits, pieces, borrow, utf8, host: context.runtime.host };
    this.endpoint = new Endpoint(this, kernel === undefined ? known : { ...known, kernel });
    this.transport = transport;
    this.context = context;
  }

  abstract onText(text: string | Uint8Array): void;
  abstract onBinary(payload: Uint8Array): void;
  abstract onPiece(payload: Uint8Array, type: MessageType, final: boolean): void;
  abstract onPing(payload: Uint8Array): void;
  abstract onPong(payload: Uint8Array): void;
  abstract onClose(event: CloseEvent): void;

  /** Whether the transport is gone. */
  protected abstract get gone(): boolean;
  /** What was buffered has left. */
  protected abstract drainedOut(): void;
  /** The connection is over, and all that it had to say was written. */
  protected abstract finished(): void;
  /** Nothing can be written any more. */
  protected abstract broke(error: unknown): void;

  protected get options(): ResolvedSocketOptions {
    return this.context.options;
  }

  protected override get deadlines(): Deadlines {
    return this.context.runtime.deadlines;
  }

  get bufferedBytes(): number {
    return this.endpoint.outbox.bytes + this.transport.bufferedBytes;
  }

  /** Gathers what is sent until {@link uncork}. */
  protected cork(): void {
    this.#handling = true;
    this.endpoint.outbox.cork();
  }

  protected uncork(): void {
    this.#handling = false;
    this.flush();
  }

  /** Sees to it that what was sent leaves in time. */
  protected later(): void {
    if (this.#handling || this.#scheduled || this.gone) return;
    this.#scheduled = true;
    flushLater(this, this.context.runtime.defer);
  }

  /** What `send` says of a message that is in the outbox. */
  protected queued(): SendResult {
    this.later();
    // The kernel trapped over it.
    if (this.endpoint.state !== "open") return "dropped";
    const buffered = this.transport.blocked || this.endpoint.outbox.bytes > OUTBOX_HIGH_WATER_BYTES;
    if (!buffered) return "sent";
    this.#wantsDrain = true;
    return "buffered";
  }

  /** Whether the peer leaves more unread than `maxBacklogBytes`. What the system was not offered yet is offered first. */
  protected overBacklog(): boolean {
    const { backlog, limits } = this.options;
    if (backlog === "tell" || this.bufferedBytes < limits.maxBacklogBytes) return false;
    if (this.endpoint.outbox.bytes > 0 && !this.transport.blocked) {
      this.#tryWrite();
      if (this.#handling) this.endpoint.outbox.cork();
    }
    return this.bufferedBytes >= limits.maxBacklogBytes;
  }

  /** Writes what waits, as far as the transport takes it. */
  flush(): void {
    this.#scheduled = false;
    if (this.gone || !this.#tryWrite()) return;
    const empty = this.endpoint.outbox.bytes === 0;
    // Not both: a handler that fails the connection has a Close frame to be written before the end.
    if (this.endpoint.closeExpected) {
      if (empty) this.finished();
    } else if (this.#wantsDrain && empty && !this.transport.blocked) {
      this.#wantsDrain = false;
      this.drainedOut();
    }
  }

  /** @returns false if that threw: a bug or a lack of memory, of which no other socket must know */
  #tryWrite(): boolean {
    try {
      this.#write();
      return true;
    } catch (error) {
      this.endpoint.outbox.clear();
      this.broke(error);
      return false;
    }
  }

  #write(): void {
    const { endpoint, transport } = this;
    const { outbox } = endpoint;
    if (transport.blocked) {
      outbox.uncork();
      return;
    }
    endpoint.settle();
    if (
      outbox.queuedBytes === 0 &&
      transport.takesAtOnce &&
      transport.bufferedBytes === 0 &&
      outbox.lendable
    ) {
      if (outbox.stagedBytes > 0) transport.write(outbox.staged());
      outbox.release(transport.bufferedBytes > 0 ? transport : undefined);
      return;
    }
    outbox.uncork();
    const chunks = outbox.take();
    if (chunks.length > 0) transport.writeAll(chunks);
  }
}
