// The output of a session: bytes go from the endpoint's outbox to the transport, and `send` reports back-pressure.
import type { Endpoint } from "../../protocol/endpoint.js";
import type { PreparedEncoding } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import { type Flushable, flushLater } from "../flush.js";
import type { Audience, Receiver } from "../topics/audience.js";
import type { Group } from "../topics/group.js";
import { NO_RUN, type Share, type SharedRun } from "../topics/shared-run.js";
import type { Transport } from "../transport.js";
import type { SendResult, Socket } from "./handlers.js";
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
  /** The `id` of the socket. */
  readonly id: number;
  readonly socket: Pick<Socket, "send">;
  /** Whether the transport is gone. */
  readonly gone: boolean;
  /** Everything that was reported as buffered has left. */
  drainedOut(): void;
  /** Messages of these topics were not queued, because the peer was slow. It can be sent to again. */
  missed(topics: ReadonlySet<string>): void;
  /** The connection is over, and all of its output was written. */
  finished(): void;
  /** Output is no longer possible, because of a bug or a lack of memory: waiting bytes must be dropped. */
  broke(error: unknown): void;
}

/**
 * Writes the output of an endpoint. Output that is caused while a read is handled leaves in one write at the end of the
 * read; other output leaves at the end of the turn of the event loop.
 *
 * The output of a server's socket is a receiver of what the server publishes.
 */
export class Output implements Flushable, Receiver {
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
  /** The sockets of the server that get the same bytes for the same message. Undefined on a client. */
  readonly group: Group | undefined;
  readonly #run: SharedRun;
  /** The position in the run up to which the socket has its share. */
  #taken = 0;
  /** Topics of which messages were left out, because the transport was blocked. */
  #missed: Set<string> | undefined;

  // ---- As a receiver ----
  readonly id: number;
  follows = false;
  place = -1;
  topics: Map<Audience, number> | undefined;
  meetings = 0;
  met: Audience | undefined;

  constructor(owner: OutputOwner) {
    this.#owner = owner;
    this.#transport = owner.transport;
    this.group = owner.context.publisher?.groupFor(owner.endpoint.extension);
    this.#run = this.group?.run ?? NO_RUN;
    this.id = owner.id;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.#ownBytes + this.#shareLength;
  }

  get #shareLength(): number {
    const begin = this.#shareBegin();
    return begin === this.#run.end ? 0 : (this.group?.shareLength(this, begin) ?? 0);
  }

  /** As {@link bufferedAmount}, without a share of what was published that was not taken yet. */
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

  // ---- What the server publishes ----

  /** The position from which on the run's bytes are still to be taken: its end if there are none. */
  #shareBegin(): number {
    const { begin, end } = this.#run;
    return this.follows ? Math.max(this.#taken, begin) : end;
  }

  /** Puts what was published so far into the outbox: it comes before what is sent next. */
  settle(): void {
    const { begin, end } = this.#run;
    if (begin !== end && this.#takeShare()) this.later();
  }

  /** @returns whether there was a share */
  #takeShare(): boolean {
    const begin = this.#shareBegin();
    if (begin === this.#run.end) return false;
    const share = this.group?.share(this, begin);
    this.skip();
    if (share === undefined) return false;
    const { endpoint } = this.#owner;
    const { outbox } = endpoint;
    outbox.append(share.bytes);
    if (share.compressed !== undefined) endpoint.sent(share.compressed);
    if (outbox.bytes > OUTBOX_HIGH_WATER_BYTES) this.#wantsDrain = true;
    return true;
  }

  /** Passes over what was published so far. */
  skip(): void {
    this.#taken = this.#run.end;
  }

  /** Takes the share in the middle of a turn, because the run has to end. */
  gather(): void {
    if (this.follows) this.overLimit(true);
  }

  /**
   * As {@link Receiver.flushShare}. With a thousand sockets each object that is touched costs a cache miss, so no more is
   * read here than the write needs: a follower that has not asked for a flush has nothing in its outbox.
   */
  flushShare(share: Share | undefined): void {
    const transport = this.#transport;
    if (this.#handling || this.#scheduled || transport.blocked) {
      this.settle();
      return;
    }
    const begin = this.#shareBegin();
    const own = begin === this.#run.begin ? share : undefined;
    const taken = own ?? this.group?.share(this, begin);
    this.skip();
    if (taken === undefined) return;
    try {
      if (taken.compressed !== undefined) this.#owner.endpoint.sent(taken.compressed);
      transport.write(taken.bytes);
      if (transport.blocked) this.#wrote();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  /** As {@link Receiver.encoding}. */
  encoding(message: PreparedMessage): PreparedEncoding | undefined {
    return this.#owner.endpoint.encoding(message);
  }

  receive(message: PreparedMessage, options: SendOptions | undefined, topic: string | undefined): boolean {
    if (topic !== undefined && this.group?.skipsSlow === true && this.#transport.blocked) {
      this.#missed ??= new Set();
      this.#missed.add(topic);
      return false;
    }
    return this.#owner.socket.send(message, options) !== "dropped";
  }

  /** From now on each message that the server publishes is sent on this socket. */
  stray(): void {
    if (!this.follows) return;
    this.settle();
    this.group?.turn(this, false);
  }

  /** Follows what is published, if nothing can keep a message from the peer or make it wait. */
  #follow(): void {
    const { endpoint, transport, gone } = this.#owner;
    if (gone || endpoint.state !== "open") return;
    if (endpoint.fragmenting || endpoint.outbox.bytes > 0 || transport.blocked) return;
    this.skip();
    this.group?.turn(this, true);
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
    else if (!this.follows && this.#run !== NO_RUN) this.#follow();
    if (!blocked && this.#missed !== undefined) this.#tellMissed(this.#missed);
    // Not both: a handler that fails the connection has a Close frame to be written before the end.
    if (endpoint.closeExpected) {
      if (empty) owner.finished();
    } else if (this.#wantsDrain && empty && !blocked) {
      this.#wantsDrain = false;
      owner.drainedOut();
    }
  }

  #tellMissed(topics: ReadonlySet<string>): void {
    this.#missed = undefined;
    this.#owner.missed(topics);
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
