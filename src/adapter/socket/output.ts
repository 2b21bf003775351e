// The way out of a session: from the endpoint's outbox to the transport, and what is said of back-pressure.
import type { Endpoint } from "../../protocol/endpoint.js";
import { Deadline, type Expiring } from "../deadline.js";
import type { Transport } from "../transport.js";
import type { SocketContext } from "./context.js";
import { type Flushable, flushLater } from "./flush.js";
import type { SendResult } from "./handlers.js";

/** More than this in the outbox counts as buffered, even while the transport takes all. */
const OUTBOX_HIGH_WATER_BYTES = 64 * 1024;

/** A burst of one turn, which the peer had no chance to read yet, may be so many times the backpressure limit. */
const BURST = 16;

/** What an {@link Output} needs of its session, and tells it. */
export interface OutputOwner {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly context: SocketContext;
  /** Whether the transport is gone. */
  readonly gone: boolean;
  /** Everything that was reported as buffered has left. */
  drainedOut(): void;
  /** The connection is over, and all that it had to say was written. */
  finished(): void;
  /** Nothing can be written any more: a bug, or a lack of memory. */
  broke(error: unknown): void;
  /** The peer has taken nothing of what waits for as long as the time-out `writeMs` allows. */
  stalled(): void;
}

/**
 * Writes what an endpoint has to say. All that is sent while a read is handled leaves in one write at its end; what is
 * sent at other times leaves at the end of the turn.
 */
export class Output implements Flushable {
  readonly #owner: OutputOwner;
  /** Whether a read is being handled. */
  #handling = false;
  /** Whether a flush at the end of this turn is on its way. */
  #scheduled = false;
  #wantsDrain = false;
  /** Whether the last flush left bytes behind, which the transport did not take. */
  #carries = false;
  /** Bytes of a burst that do not count as backpressure: the peer had no chance to read when they were sent. */
  #burstBytes = 0;
  /** Runs while the transport is blocked; made when that first happens. */
  #stall: Stall | undefined;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
  }

  /** Bytes that were sent but not taken by the operating system yet. */
  get bufferedAmount(): number {
    const { endpoint, transport } = this.#owner;
    return endpoint.outbox.bytes + transport.bufferedAmount;
  }

  /** Gathers what is sent until {@link uncork}. */
  cork(): void {
    this.#handling = true;
    this.#owner.endpoint.outbox.cork();
  }

  uncork(): void {
    this.#handling = false;
    this.flush();
  }

  /** Sees to it that what was sent leaves in time. */
  later(): void {
    if (this.#handling || this.#scheduled || this.#owner.gone) return;
    this.#scheduled = true;
    flushLater(this, this.#owner.context.runtime.defer);
  }

  /** What `send` says of a message that is in the outbox. */
  queued(): SendResult {
    const { endpoint, transport } = this.#owner;
    this.later();
    // The kernel trapped over it.
    if (endpoint.state !== "open") return "dropped";
    const buffered = transport.blocked || endpoint.outbox.bytes > OUTBOX_HIGH_WATER_BYTES;
    if (!buffered) return "sent";
    this.#wantsDrain = true;
    return "buffered";
  }

  /**
   * Whether the peer leaves more unread than `maxBackpressureBytes`. What the system was not offered yet is offered first. A
   * burst in one turn is no backpressure: the peer could not have read it.
   */
  overLimit(): boolean {
    const { backpressure, limits } = this.#owner.context.options;
    if (backpressure === "queue" || this.#waitingBytes() < limits.maxBackpressureBytes) return false;
    this.#offer();
    const most = this.#carries ? limits.maxBackpressureBytes : BURST * limits.maxBackpressureBytes;
    return this.#waitingBytes() >= most;
  }

  /** What waits, without what is left of a burst. */
  #waitingBytes(): number {
    return this.bufferedAmount - this.#burstBytes;
  }

  /** Offers the transport what it was not offered yet, also while a read is handled. */
  #offer(): void {
    const { endpoint, transport } = this.#owner;
    if (endpoint.outbox.bytes === 0 || transport.blocked) return;
    this.#tryWrite();
    if (this.#handling) endpoint.outbox.cork();
  }

  /** Writes what waits at once, whatever else this turn brings. */
  flushNow(): void {
    if (!this.#owner.gone) this.#offer();
  }

  /** Writes what waits, as far as the transport takes it. Never throws: other sockets are flushed behind this one. */
  flush(): void {
    try {
      this.#flush();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #flush(): void {
    this.#scheduled = false;
    const owner = this.#owner;
    if (owner.gone || !this.#tryWrite()) return;
    const { endpoint, transport } = owner;
    this.#carry();
    if (transport.blocked) this.#watch();
    const empty = endpoint.outbox.bytes === 0;
    // Not both: a handler that fails the connection has a Close frame to be written before the end.
    if (endpoint.closeExpected) {
      if (empty) owner.finished();
    } else if (this.#wantsDrain && empty && !transport.blocked) {
      this.#wantsDrain = false;
      owner.drainedOut();
    }
  }

  /** Notes what is left behind: of a burst all of it, as long as it shrinks. */
  #carry(): void {
    const { transport, context } = this.#owner;
    const first = !this.#carries;
    const left = transport.blocked ? this.bufferedAmount : 0;
    this.#carries = left > 0;
    if (first && left >= context.options.limits.maxBackpressureBytes) this.#burstBytes = left;
    else if (left < this.#burstBytes) this.#burstBytes = left;
  }

  #watch(): void {
    const { context } = this.#owner;
    if (context.options.timeouts.writeMs === Number.POSITIVE_INFINITY) return;
    this.#stall ??= new Stall(this.#owner);
    this.#stall.watch();
  }

  /** Nothing more is to be written. */
  stop(): void {
    this.#stall?.stop();
  }

  /** @returns false if that threw: a bug or a lack of memory, of which no other socket must know */
  #tryWrite(): boolean {
    try {
      this.#write();
      return true;
    } catch (error) {
      this.#owner.endpoint.outbox.clear();
      this.#owner.broke(error);
      return false;
    }
  }

  #write(): void {
    const { endpoint, transport } = this.#owner;
    const { outbox } = endpoint;
    if (transport.blocked) {
      outbox.uncork();
      return;
    }
    endpoint.settle();
    if (
      outbox.queuedBytes === 0 &&
      transport.takesAtOnce &&
      transport.bufferedAmount === 0 &&
      outbox.lendable
    ) {
      if (outbox.stagedBytes > 0) transport.write(outbox.staged());
      outbox.release(transport.bufferedAmount > 0 ? transport : undefined);
      return;
    }
    outbox.uncork();
    const chunks = outbox.take();
    if (chunks.length > 0) transport.writeAll(chunks);
  }
}

/** Bounds how long a peer may leave everything unread, whatever it sends meanwhile. */
class Stall implements Expiring {
  readonly #owner: OutputOwner;
  readonly #deadline: Deadline;
  #sentBytes = 0;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
    this.#deadline = new Deadline(owner.context.runtime.deadlines, this);
  }

  /** Begins, unless it runs already. */
  watch(): void {
    if (!this.#deadline.pending) this.#again();
  }

  stop(): void {
    this.#deadline.stop();
  }

  expired(): void {
    const { transport } = this.#owner;
    if (!transport.blocked) return;
    if (transport.sentBytes > this.#sentBytes) this.#again();
    else this.#owner.stalled();
  }

  #again(): void {
    this.#sentBytes = this.#owner.transport.sentBytes;
    this.#deadline.start(this.#owner.context.options.timeouts.writeMs);
  }
}
