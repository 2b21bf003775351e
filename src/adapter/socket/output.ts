// The output of a session: bytes go from the endpoint's outbox to the transport, and `send` reports back-pressure.
import type { Endpoint } from "../../protocol/endpoint.js";
import { Deadline, type Expiring } from "../deadline.js";
import type { Transport } from "../transport.js";
import { writeChunks } from "../write-chunks.js";
import type { SocketContext } from "./context.js";
import { type Flushable, flushLater } from "./flush.js";
import type { SendResult } from "./handlers.js";

/** More than this in the outbox counts as buffered, even while the transport takes all. */
const OUTBOX_HIGH_WATER_BYTES = 64 * 1024;

/**
 * A burst within one turn, which the peer had no chance to read yet, may be this many times the back-pressure limit.
 */
const BURST = 16;

/** The session of an {@link Output}, as seen from here. */
export interface OutputOwner {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly context: SocketContext;
  /** Whether the transport is gone. */
  readonly gone: boolean;
  /** Everything that was reported as buffered has left. */
  drainedOut(): void;
  /** The connection is over, and all of its output was written. */
  finished(): void;
  /** Output is no longer possible, because of a bug or a lack of memory: waiting bytes must be dropped. */
  broke(error: unknown): void;
  /** The peer has taken nothing of the waiting output for as long as the time-out `writeMs` allows. */
  stalled(): void;
}

/**
 * Writes the output of an endpoint. Output that is caused while a read is handled leaves in one write at the end of the
 * read; other output leaves at the end of the turn of the event loop.
 */
export class Output implements Flushable {
  readonly #owner: OutputOwner;
  /** Whether a read is being handled. */
  #handling = false;
  /** Whether a flush at the end of this turn was asked for. */
  #scheduled = false;
  /** Whether `send` has returned `"buffered"` since the last `drain`. */
  #wantsDrain = false;
  /** Whether the last flush left bytes behind, because the transport did not take them. */
  #carries = false;
  /** Bytes of a burst that do not count as back-pressure: the peer had no chance to read them when they were sent. */
  #burstBytes = 0;
  /** Made when the transport is blocked for the first time. */
  #stall: Stall | undefined;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    const { endpoint, transport } = this.#owner;
    return endpoint.outbox.bytes + transport.bufferedAmount;
  }

  /** Gathers output until {@link uncork}. */
  cork(): void {
    this.#handling = true;
    this.#owner.endpoint.outbox.cork();
  }

  /** Writes the gathered output. Never throws. */
  uncork(): void {
    this.#handling = false;
    this.flush();
  }

  /** Has the output written at the end of this turn, or of the read that is being handled. */
  later(): void {
    if (this.#handling || this.#scheduled || this.#owner.gone) return;
    this.#scheduled = true;
    flushLater(this, this.#owner.context.runtime.defer);
  }

  /** The result of a call of `send` whose frame is in the outbox. */
  queued(): SendResult {
    const { endpoint, transport } = this.#owner;
    if (!this.#handling) this.later();
    // The kernel trapped while the frame was built.
    if (endpoint.state !== "open") return "dropped";
    if (!transport.blocked && endpoint.outbox.bytes <= OUTBOX_HIGH_WATER_BYTES) return "sent";
    this.#wantsDrain = true;
    return "buffered";
  }

  /**
   * Whether the peer leaves more than `maxBackpressureBytes` unread. Output that the operating system was not offered
   * yet is offered first. A burst within one turn does not count: the peer could not have read it.
   * @param whole - whether a whole message is to be sent, which waits behind others of its kind while a fragmented one
   * is being sent. Other frames do not
   */
  overLimit(whole: boolean): boolean {
    const { backpressure, limits } = this.#owner.context.options;
    const limit = limits.maxBackpressureBytes;
    if (backpressure === "queue" || this.bufferedAmount - this.#burstBytes < limit) return false;
    this.#offer();
    const { waitingBytes } = this.#owner.endpoint.outbox;
    const ahead = this.bufferedAmount - this.#burstBytes - (whole ? 0 : waitingBytes);
    return ahead >= (this.#carries ? limit : BURST * limit);
  }

  /** Offers the transport all output at once, without waiting for the end of the turn. */
  flushNow(): void {
    if (!this.#owner.gone) this.#offer();
  }

  #offer(): void {
    const { endpoint, transport } = this.#owner;
    if (endpoint.outbox.bytes === 0 || transport.blocked) return;
    this.#write();
    if (this.#handling) endpoint.outbox.cork();
  }

  /**
   * Writes as much of the waiting output as the transport takes. Never throws: other sockets are flushed after this
   * one.
   */
  flush(): void {
    this.#scheduled = false;
    if (this.#owner.gone || !this.#write()) return;
    try {
      this.#wrote();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #wrote(): void {
    const owner = this.#owner;
    const { endpoint, transport } = owner;
    const { blocked } = transport;
    const empty = endpoint.outbox.bytes === 0;
    if (blocked || !empty || this.#carries) this.#carry(blocked || !empty, blocked);
    // Not both: a handler that fails the connection has a Close frame to be written before the end.
    if (endpoint.closeExpected) {
      if (empty) owner.finished();
    } else if (this.#wantsDrain && empty && !blocked) {
      this.#wantsDrain = false;
      owner.drainedOut();
    }
  }

  /**
   * Notes how many bytes are left. The bytes of a burst do not count as back-pressure as long as they become fewer.
   * @param behind - whether bytes are left, because the transport is blocked or messages wait for a fragmented one
   */
  #carry(behind: boolean, blocked: boolean): void {
    const { limits, timeouts } = this.#owner.context.options;
    const first = !this.#carries;
    const left = behind ? this.bufferedAmount : 0;
    this.#carries = left > 0;
    if (first && left >= limits.maxBackpressureBytes) this.#burstBytes = left;
    else if (left < this.#burstBytes) this.#burstBytes = left;
    if (!blocked || timeouts.writeMs === Number.POSITIVE_INFINITY) return;
    this.#stall ??= new Stall(this.#owner);
    this.#stall.watch();
  }

  /** Stops: no more output is written. */
  stop(): void {
    this.#stall?.stop();
  }

  /** @returns false if writing failed, which must not affect other sockets */
  #write(): boolean {
    const { endpoint, transport } = this.#owner;
    const { outbox } = endpoint;
    try {
      if (transport.blocked) {
        outbox.uncork();
        return true;
      }
      endpoint.settle();
      if (!this.#writeStaged()) {
        outbox.uncork();
        const chunks = outbox.take();
        writeChunks(transport, chunks);
      }
      return true;
    } catch (error) {
      this.#owner.broke(error);
      return false;
    }
  }

  /**
   * Writes the frames straight from the write window, if no other output waits and the transport can take them from
   * there.
   * @returns whether all output was written
   */
  #writeStaged(): boolean {
    const { endpoint, transport } = this.#owner;
    const { outbox } = endpoint;
    if (!transport.takesAtOnce || outbox.queuedBytes > 0 || transport.bufferedAmount > 0) return false;
    if (!outbox.lendable) return false;
    if (outbox.stagedBytes > 0) transport.write(outbox.staged());
    outbox.release(transport.bufferedAmount > 0 ? transport : undefined);
    return true;
  }
}

/** Bounds how long a peer may leave all output unread, even if it sends bytes. */
class Stall implements Expiring {
  readonly #owner: OutputOwner;
  readonly #deadline: Deadline;
  #sentBytes = 0;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
    this.#deadline = new Deadline(owner.context.runtime.deadlines, this);
  }

  /** Starts, unless it is pending already. */
  watch(): void {
    if (!this.#deadline.pending) this.#again();
  }

  stop(): void {
    this.#deadline.stop();
  }

  expired(): void {
    try {
      this.#expire();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #expire(): void {
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
