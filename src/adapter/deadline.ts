// Time-outs for any number of connections with one timer for each distinct duration that is pending. A ring of slots turns by a twentieth of the
// duration at a time; activity only notes the ring's position, and who turns out to have been active when its slot comes
// up moves to a later one. A time-out fires between its duration and 5 % after; a tick lasts whole milliseconds, so it
// may be 20 ms more.

import { clearInterval, setInterval } from "../host/globals.js";

const TICKS = 20;
const SLOTS = TICKS + 2;

/** The longest that a timer waits. */
export const MAX_TIMER_MS = 0x7fffffff;

/**
 * The time-outs of one event loop, one for each distinct duration. Where the runtime ties a timer to the request that set it, each
 * connection has its own.
 */
export class Deadlines {
  readonly #rings = new Map<number, DeadlineRing>();
  readonly #outside: Outside;

  /** @param outside - calls back in no connection's asynchronous context, where the runtime has such */
  constructor(outside: Outside = (callback) => callback()) {
    this.#outside = outside;
  }

  /** How many distinct durations are pending. */
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

/** A place in a ring's slot: the slot itself, or one of those that wait in it. They are linked both ways, in a circle. */
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

/** Something that has at most one time-out pending. */
export abstract class Deadline extends Link {
  /** @internal */
  ring: DeadlineRing | undefined;
  /** @internal The ring's position when this was last active. */
  seen = 0;

  protected abstract get deadlines(): Deadlines;

  /** Called when the time is up; nothing is pending then. */
  protected abstract expired(): void;

  /** Starts, or starts again, a time-out. `Infinity` means none. */
  protected expireAfter(milliseconds: number): void {
    this.neverExpire();
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    this.deadlines.ringOf(milliseconds).add(this);
  }

  protected neverExpire(): void {
    this.ring?.remove(this);
  }

  /** Puts the pending time-out off to its full duration from now. */
  protected postpone(): void {
    const ring = this.ring;
    if (ring !== undefined) this.seen = ring.now;
  }

  /** @internal */
  expire(): void {
    this.expired();
  }
}

class DeadlineRing {
  now = 0;
  readonly #durationMs: number;
  readonly #tickMs: number;
  /** Where it is known, as long as somebody waits. */
  readonly #rings: Map<number, DeadlineRing>;
  /** Made when they are needed: a ring may be for one time-out only. */
  readonly #slots: (Link | undefined)[] = Array.from({ length: SLOTS });
  readonly #outside: Outside;
  #size = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(durationMs: number, rings: Map<number, DeadlineRing>, outside: Outside) {
    this.#rings = rings;
    this.#outside = outside;
    this.#durationMs = durationMs;
    // Runtimes cut fractions of milliseconds off, and fire at once what is beyond their longest.
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
    if (this.#size > 0) return;
    // Nobody adds to it any more: the next one makes a new ring. Durations may be any number of different ones.
    clearInterval(this.#timer);
    this.#rings.delete(this.#durationMs);
  }

  #place(deadline: Deadline, due: number): void {
    const slot = due % SLOTS;
    this.#slots[slot] ??= new Link();
    deadline.insertBefore(this.#slots[slot]);
  }

  #turn(): void {
    const now = ++this.now;
    const slot = this.#slots[now % SLOTS];
    if (slot === undefined) return;
    // Whoever is placed in the meantime is placed elsewhere: no slot is as far ahead as this one's next turn.
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
