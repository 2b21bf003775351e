// Time-outs for any number of connections, with one timer for each distinct duration.
//
// A ring of 22 slots belongs to each duration and turns by one slot every twentieth of it. Activity of a connection
// only notes the ring's position. When the ring comes to a slot, the time-outs in it that were active since move to a
// later slot, and the others expire. So a time-out fires between its duration and 5 % after it, plus up to 20 ms, since
// a timer waits for whole milliseconds.

import { clearInterval, setInterval } from "../host/globals.js";

const TICKS = 20;
const SLOTS = TICKS + 2;

/** A timer whose ticks are no longer than this goes on to its next tick when its last time-out is over. */
const MAX_LINGERING_MS = 2_000;

/** The longest that a timer waits. */
export const MAX_TIMER_MS = 0x7fffffff;

/**
 * The time-outs of one event loop, one for each distinct duration. Where the runtime ties a timer to the request that
 * set it, each connection has its own.
 */
export class Deadlines {
  readonly #rings = new Map<number, DeadlineRing>();
  readonly #outside: Outside;

  /** @param outside - calls back outside of every connection's asynchronous context, on runtimes with such contexts */
  constructor(outside: (callback: () => void) => void = (callback) => callback()) {
    this.#outside = outside;
  }

  /** How many distinct durations have a timer. */
  get pendingDurations(): number {
    return this.#rings.size;
  }

  /** @internal */
  ringOf(milliseconds: number): DeadlineRing {
    let ring = this.#rings.get(milliseconds);
    if (ring === undefined) {
      ring = new DeadlineRing(milliseconds, this.#rings, this.#outside);
      this.#rings.set(milliseconds, ring);
    }
    return ring;
  }
}

type Outside = (callback: () => void) => void;

/** A node of a ring's slot: the slot itself, or a time-out in it. The nodes of a slot form a doubly linked circle. */
class Link {
  /** @internal */
  next: Link = this;
  /** @internal */
  previous: Link = this;

  /** @internal */
  insertBefore(link: Link): void {
    this.next = link;
    this.previous = link.previous;
    link.previous.next = this;
    link.previous = this;
  }

  /** @internal */
  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}

/**
 * The owner of a {@link Deadline}, which is called when the time is up. It must not throw: other time-outs expire
 * behind it.
 */
export interface Expiring {
  expired(): void;
}

/** One time-out, which is pending or not. */
export class Deadline extends Link {
  /** @internal */
  ring: DeadlineRing | undefined;
  /** @internal The ring's position at the last activity. */
  seen = 0;
  readonly #deadlines: Deadlines;
  readonly #owner: Expiring;

  /** @param owner - is called when the time is up; nothing is pending then */
  constructor(deadlines: Deadlines, owner: Expiring) {
    super();
    this.#deadlines = deadlines;
    this.#owner = owner;
  }

  /** Whether it is pending. */
  get pending(): boolean {
    return this.ring !== undefined;
  }

  /** Starts, or starts again. `Infinity` means never. */
  start(milliseconds: number): void {
    this.stop();
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    this.#deadlines.ringOf(milliseconds).add(this);
  }

  /** Stops. Does nothing if it is not pending. */
  stop(): void {
    this.ring?.remove(this);
  }

  /** Puts the pending time-out off to its full duration from now. Does nothing if none is pending. */
  postpone(): void {
    const ring = this.ring;
    if (ring !== undefined) this.seen = ring.now;
  }

  /** @internal */
  expire(): void {
    this.#owner.expired();
  }
}

class DeadlineRing {
  now = 0;
  readonly #durationMs: number;
  readonly #tickMs: number;
  /** The registry, from which the ring removes itself when it is empty. */
  readonly #rings: Map<number, DeadlineRing>;
  /** The slots are made when they are needed: a ring may be for one time-out only. */
  readonly #slots: (Link | undefined)[] = Array.from({ length: SLOTS });
  readonly #outside: Outside;
  #size = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(durationMs: number, rings: Map<number, DeadlineRing>, outside: Outside) {
    this.#rings = rings;
    this.#outside = outside;
    this.#durationMs = durationMs;
    // Runtimes round down to whole milliseconds, and fire a timer at once if its delay exceeds their limit.
    this.#tickMs = Math.min(Math.ceil(durationMs / TICKS), MAX_TIMER_MS);
  }

  add(deadline: Deadline): void {
    deadline.ring = this;
    deadline.seen = this.now;
    this.#place(deadline, this.now + TICKS + 1);
    this.#size++;
    if (this.#timer !== undefined) return;
    this.#outside(() => this.#start());
  }

  #start(): void {
    this.#timer = setInterval(() => this.#turn(), this.#tickMs);
    // A time-out never keeps a process alive; the socket it guards does.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  remove(deadline: Deadline): void {
    deadline.unlink();
    deadline.ring = undefined;
    this.#size--;
    if (this.#size === 0 && !this.#lingers) this.#stop();
  }

  /**
   * Handshakes that come one after the other would need a new ring and a new timer each, if the timer did not go on for
   * a while. It may, because it keeps no process alive.
   */
  get #lingers(): boolean {
    return typeof this.#timer === "object" && this.#tickMs <= MAX_LINGERING_MS;
  }

  /** The next time-out of this duration makes a new ring: an application may use any number of durations. */
  #stop(): void {
    clearInterval(this.#timer);
    this.#rings.delete(this.#durationMs);
  }

  #place(deadline: Deadline, due: number): void {
    const slot = due % SLOTS;
    this.#slots[slot] ??= new Link();
    deadline.insertBefore(this.#slots[slot]);
  }

  #turn(): void {
    if (this.#size === 0) {
      this.#stop();
      return;
    }
    const now = ++this.now;
    const slot = this.#slots[now % SLOTS];
    if (slot === undefined) return;
    // A time-out that starts meanwhile never lands in this slot: its due position is less than a whole turn ahead.
    for (;;) {
      const deadline = slot.next;
      if (!(deadline instanceof Deadline)) return;
      const due = deadline.seen + TICKS + 1;
      if (due > now) {
        deadline.unlink();
        this.#place(deadline, due);
      } else {
        this.remove(deadline);
        deadline.expire();
      }
    }
  }
}
