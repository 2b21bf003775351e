// Topics in random histories against a naive hub: each receiver gets the same bytes in the same order.
// `WSIMD_HISTORIES` is the number of histories: 3,000 by default.
import { expect, test } from "vitest";
import { Deadlines } from "../../../src/adapter/deadline.js";
import type { Audience, Receiver } from "../../../src/adapter/topics/audience.js";
import { Group } from "../../../src/adapter/topics/group.js";
import type { Share } from "../../../src/adapter/topics/shared-run.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { Random } from "../../support/reference-random.js";

/** Messages of one to three digits, so that each says what it is. Some are too long for the run. */
const MESSAGES = Array.from(
  { length: 200 },
  (_, i) => new PreparedMessage(i % 50 === 49 ? String(i).repeat(40) : String(i)),
);
const LONG_BYTES = 100;
const TOPICS = Array.from({ length: 40 }, (_, i) => `topic ${i}`);

/** A receiver that writes down what it gets. What the naive hub would have sent stands beside it. */
class Seat implements Receiver {
  readonly #group: Group;
  readonly id: number;
  follows = false;
  place = -1;
  topics: Map<Audience, number> | undefined;
  meetings = 0;
  met: Audience | undefined;
  got = "";
  #taken = 0;
  readonly names = new Set<string>();
  due = "";
  gone = false;

  constructor(id: number, group: Group) {
    this.id = id;
    this.#group = group;
    group.join(this);
  }

  #begin(): number {
    const { begin, end } = this.#group.run;
    return this.follows ? Math.max(begin, this.#taken) : end;
  }

  #take(share: Share | undefined): void {
    if (share !== undefined) this.got += text(share.bytes);
    this.skip();
  }

  settle(): void {
    const begin = this.#begin();
    if (begin !== this.#group.run.end) this.#take(this.#group.share(this, begin));
  }
  skip(): void {
    this.#taken = this.#group.run.end;
  }
  gather(): void {
    this.settle();
  }
  flushShare(share: Share | undefined): void {
    if (share !== undefined && this.#begin() === this.#group.run.begin) this.#take(share);
    else this.settle();
  }
  encoding(): undefined {}
  receive(message: PreparedMessage): boolean {
    this.send(message);
    return true;
  }

  send(message: PreparedMessage): void {
    this.settle();
    this.got += text(message.serverFrame);
  }
  turn(): void {
    if (this.follows) this.settle();
    else this.skip();
    this.#group.turn(this, !this.follows);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function play(seed: number): void {
  const random = new Random(seed);
  const ends: (() => void)[] = [];
  const runtime = {
    ...nodeRuntime,
    deadlines: new Deadlines(),
    defer: (end: () => void) => void ends.push(end),
  };
  const maxSharedBytes = LONG_BYTES;
  const group = new Group(undefined, runtime, { maxSharedBytes, maxTopics: Infinity, skipsSlow: false });
  const seats: Seat[] = [];
  const topics = TOPICS.slice(0, random.pick([1, 3, 40]));
  const endTurn = (): void => {
    for (const end of ends.splice(0)) end();
    for (const { got, due, id } of seats) expect({ seed, id, got }).toEqual({ seed, id, got: due });
  };
  const publish = (): void => {
    const message = random.pick(MESSAGES);
    const except = random.oneIn(3) ? random.pick(seats) : undefined;
    const topic = random.oneIn(5) ? undefined : random.pick(topics);
    const meant = seats.filter(
      (seat) => !seat.gone && seat !== except && (topic === undefined || seat.names.has(topic)),
    );
    for (const seat of meant) seat.due += text(message.serverFrame);
    const publication = { message, options: undefined, except, withinMs: 0 };
    const count = topic === undefined ? group.broadcast(publication) : group.publish(topic, publication);
    expect({ seed, count }).toEqual({ seed, count: meant.length });
  };
  for (let step = 0; step < 40; step++) {
    if (seats.length === 0 || (seats.length < 6 && random.oneIn(6))) seats.push(new Seat(step, group));
    const seat = random.pick(seats);
    const topic = random.pick(topics);
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        if (group.subscribe(seat, topic)) seat.names.add(topic);
        break;
      case 3:
        expect(group.unsubscribe(seat, topic)).toBe(seat.names.delete(topic));
        break;
      case 4: {
        if (seat.gone) break;
        const message = random.pick(MESSAGES);
        seat.send(message);
        seat.due += text(message.serverFrame);
        break;
      }
      case 5:
      case 6:
        if (!seat.gone) seat.turn();
        break;
      case 7:
        endTurn();
        break;
      case 8:
        if (!random.oneIn(6)) break;
        seat.settle();
        group.leave(seat);
        seat.gone = true;
        break;
      default:
        publish();
    }
    expect(group.subscriberCount(topic)).toBe(
      seats.filter(({ gone, names }) => !gone && names.has(topic)).length,
    );
  }
  endTurn();
}

const { WSIMD_HISTORIES = "3000" } = process.env;
const HISTORIES = Number(WSIMD_HISTORIES);

test(`each receiver gets what a naive hub sends, in ${HISTORIES} histories`, {
  timeout: 60_000 + HISTORIES * 20,
}, () => {
  for (let seed = 1; seed <= HISTORIES; seed++) play(seed);
});
