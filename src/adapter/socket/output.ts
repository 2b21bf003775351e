// The output of a session: bytes go from the endpoint's outbox to the transport, and `send` reports back-pressure.
import type { Endpoint } from "../../protocol/endpoint.js";
import type { PreparedEncoding } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { Transport } from "../transport.js";
import type { SharingOutput } from "./context.js";
import { type Flushable, flushLater } from "./flush.js";
import type { SendResult } from "./handlers.js";
import { NO_RUN, type RunMark, type SharedRun } from "./shared-run.js";
import { Stall, type StallOwner } from "./stall.js";
import { writeOutbox } from "./write-outbox.js";

/** More than this in the outbox counts as buffered, even while the transport takes all. */
const OUTBOX_HIGH_WATER_BYTES = 64 * 1024;

/**
 * A burst within one turn, which the peer had no chance to read yet, may be this many times the back-pressure limit.
 */
const BURST = 16;

/** The session of an {@link Output}, as seen from here. */
export interface OutputOwner extends StallOwner {
  readonly endpoint: Endpoint;
  /** Whether the transport is gone. */
  readonly gone: boolean;
  /** Everything that was reported as buffered has left. */
  drainedOut(): void;
  /** The output takes what is broadcast from now on out of the server's run. */
  follows(): void;
  /** It takes no more from there: each broadcast has to be sent on the socket. */
  strays(): void;
  /** The connection is over, and all of its output was written. */
  finished(): void;
  /** Output is no longer possible, because of a bug or a lack of memory: waiting bytes must be dropped. */
  broke(error: unknown): void;
}

/**
 * Writes the output of an endpoint. Output that is caused while a read is handled leaves in one write at the end of the
 * read; other output leaves at the end of the turn of the event loop.
 *
 * The socket of a server *follows* its broadcasts while nothing can keep a message from it or make one wait: then it
 * takes its share of them by itself, before anything else that it sends, and at the latest at the end of the turn.
 * At other times it strays, and each message is sent on it.
 */
export class Output implements Flushable, SharingOutput {
  readonly #owner: OutputOwner;
  readonly #transport: Transport;
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
  readonly run: SharedRun;
  /** Whether the socket follows the run. */
  #follows = false;
  /** Where the server's list of followers has this output, or its number among the strays. */
  place = -1;
  /** How far the socket has its share of the run. */
  #taken: RunMark;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
    this.#transport = owner.transport;
    this.run = owner.context.broadcasts?.runFor(owner.endpoint.extension) ?? NO_RUN;
    this.#taken = this.run.mark;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#ownBytes + this.run.end - this.#shareBegin();
  }

  /** As {@link bufferedAmount}, without a share of broadcasts that was not taken yet. */
  get #ownBytes(): number {
    const { endpoint, transport } = this.#owner;
    return endpoint.outbox.bytes + transport.bufferedAmount;
  }

  /** Gathers output until {@link uncork}. */
  cork(): void {
    this.settle();
    this.#handling = true;
    this.#owner.endpoint.outbox.cork();
  }

  /** Writes the gathered output. Never throws. */
  uncork(): void {
    this.#handling = false;
    this.flush();
  }

  // ---- Broadcasts ----

  /** The position from which on the run's bytes are still to be taken: its end if there are none. */
  #shareBegin(): number {
    const { begin, end } = this.run;
    return this.#follows ? Math.max(this.#taken.end, begin) : end;
  }

  /** Puts what was broadcast so far into the outbox: it comes before what is sent next. */
  settle(): void {
    const { begin, end } = this.run;
    if (begin !== end && this.#takeShare()) this.later();
  }

  /** @returns whether there was a share */
  #takeShare(): boolean {
    const begin = this.#shareBegin();
    if (begin === this.run.end) return false;
    const { outbox } = this.#owner.endpoint;
    outbox.append(this.run.since(begin));
    this.#passed();
    if (outbox.bytes > OUTBOX_HIGH_WATER_BYTES) this.#wantsDrain = true;
    return true;
  }

  /** Passes over what was broadcast so far. */
  skip(): void {
    this.#taken = this.run.mark;
  }

  /** The share is taken: the endpoint learns of the messages in it that were compressed. */
  #passed(): void {
    const before = this.#taken;
    this.skip();
    const compressed = this.run.compressedSince(before);
    if (compressed !== undefined) this.#owner.endpoint.sent(compressed);
  }

  /** As {@link SharingOutput.encoding}. */
  encoding(message: PreparedMessage): PreparedEncoding | undefined {
    return this.#owner.endpoint.encoding(message);
  }

  /** Takes the share in the middle of a turn, because the run has to end. */
  gather(): void {
    if (this.#follows) this.overLimit(true);
  }

  /**
   * Takes the share at the end of a turn, and writes it, unless it leaves with other output. Never throws. With a
   * thousand sockets each object that is touched costs a cache miss, so no more is read here than the write needs: a
   * follower that has not asked for a flush has nothing in its outbox.
   */
  flushShare(): void {
    const begin = this.#shareBegin();
    if (begin === this.run.end) return;
    const transport = this.#transport;
    if (this.#handling || this.#scheduled || transport.blocked) {
      this.settle();
      return;
    }
    try {
      const share = this.run.since(begin);
      this.#passed();
      transport.write(share);
      if (transport.blocked) this.#wrote();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  /** From now on each broadcast is sent on this socket. */
  stray(): void {
    if (!this.#follows) return;
    this.settle();
    this.#follows = false;
    this.#owner.strays();
  }

  /** Follows broadcasts again, if nothing can keep a message from the peer or make it wait. */
  #follow(): void {
    const { endpoint, transport, gone } = this.#owner;
    if (gone || endpoint.state !== "open") return;
    if (endpoint.fragmenting || endpoint.outbox.bytes > 0 || transport.blocked) return;
    this.#follows = true;
    this.skip();
    this.#owner.follows();
  }

  // ---- Output of this socket ----

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
   * Whether the peer leaves more than `maxBackpressureBytes` unread. Earlier broadcasts count. Output that the operating
   * system was not offered yet is offered first. A burst within one turn does not count: the peer could not have read it.
   * @param whole - whether a whole message is to be sent, which waits behind others of its kind while a fragmented one
   * is being sent. Other frames do not
   */
  overLimit(whole: boolean): boolean {
    const { backpressure, limits } = this.#owner.context.options;
    const limit = limits.maxBackpressureBytes;
    this.settle();
    if (backpressure === "queue" || this.#ownBytes - this.#burstBytes < limit) return false;
    this.#offer();
    const { waitingBytes } = this.#owner.endpoint.outbox;
    const ahead = this.#ownBytes - this.#burstBytes - (whole ? 0 : waitingBytes);
    return ahead >= (this.#carries ? limit : BURST * limit);
  }

  /** Offers the transport all output at once, without waiting for the end of the turn. */
  flushNow(): void {
    if (!this.#owner.gone) this.#offer();
  }

  #offer(): void {
    const { endpoint, transport } = this.#owner;
    this.settle();
    if (endpoint.outbox.bytes === 0 || transport.blocked) return;
    this.#write();
    if (transport.blocked) this.stray();
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
    if (blocked) this.stray();
    else if (!this.#follows && this.run !== NO_RUN) this.#follow();
    // Not both: a handler that fails the connection has a Close frame to be written before the end.
    if (endpoint.closeExpected) {
      if (empty) owner.finished();
    } else if (this.#wantsDrain && empty && !blocked) {
      this.#wantsDrain = false;
      owner.drainedOut();
    }
  }

  /** Drops all output that waits. */
  clear(): void {
    this.skip();
    this.#owner.endpoint.outbox.clear();
  }

  /**
   * Notes how many bytes are left. The bytes of a burst do not count as back-pressure as long as they become fewer.
   * @param behind - whether bytes are left, because the transport is blocked or messages wait for a fragmented one
   */
  #carry(behind: boolean, blocked: boolean): void {
    const { limits, timeouts } = this.#owner.context.options;
    const first = !this.#carries;
    const left = behind ? this.#ownBytes : 0;
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
      this.#takeShare();
      if (transport.blocked) {
        outbox.uncork();
        return true;
      }
      endpoint.settle();
      writeOutbox(outbox, transport);
      return true;
    } catch (error) {
      this.#owner.broke(error);
      return false;
    }
  }
}
