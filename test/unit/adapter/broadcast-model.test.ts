// Broadcasts and topics in random histories: every socket gets, byte for byte, what it would get if each message were sent
// on each socket by itself. `WSIMD_HISTORIES` is the number of histories for each group of options: 60 by default.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deadlines } from "../../../src/adapter/deadline.js";
import type { ServerCore } from "../../../src/adapter/server/server.js";
import { createCore } from "../../../src/adapter/server/transport-server.js";
import type { SocketContext } from "../../../src/adapter/socket/context.js";
import { EndpointChoices } from "../../../src/adapter/socket/endpoint-choices.js";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import type { SocketOptions } from "../../../src/adapter/socket/options.js";
import { Session } from "../../../src/adapter/socket/session.js";
import type { Transport } from "../../../src/adapter/transport.js";
import { Turns } from "../../../src/adapter/turn.js";
import { nodeRuntime } from "../../../src/node/host.js";
import type { Bytes } from "../../../src/protocol/arguments.js";
import { ResolvedEndpointOptions } from "../../../src/protocol/endpoint-options.js";
import type { MessagePath } from "../../../src/protocol/extensions/message-path.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import type { SendOptions } from "../../../src/protocol/send-options.js";
import { frame, KEY } from "../../support/frame.js";
import { Random } from "../../support/reference-random.js";
import { ToyExtension } from "../../support/toy-extension.js";

vi.mock("../../../src/host/globals.js", () => import("../../support/global-timers.js"));

/** A transport to a system that has room for so many bytes. */
class RoomTransport implements Transport {
  readonly remoteAddress = "";
  readonly readPath = "stream";
  readonly takesAtOnce: boolean;
  readonly taken: Buffer[] = [];
  #waiting = Buffer.alloc(0);
  room = Number.POSITIVE_INFINITY;
  sentBytes = 0;
  ended = false;
  destroyed = false;

  constructor(takesAtOnce: boolean) {
    this.takesAtOnce = takesAtOnce;
  }

  get bufferedAmount(): number {
    return this.#waiting.length;
  }
  get blocked(): boolean {
    return this.#waiting.length > 0;
  }
  write(bytes: Uint8Array): void {
    if (this.ended || this.destroyed) return;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.#take();
  }
  writeAll(chunks: readonly Uint8Array[]): void {
    this.write(Buffer.concat(chunks));
  }
  /** @returns whether the system has taken the rest */
  makeRoom(bytes: number): boolean {
    const { blocked } = this;
    this.room = bytes;
    this.#take();
    return blocked && !this.blocked;
  }
  #take(): void {
    const length = Math.min(this.room, this.#waiting.length);
    this.taken.push(this.#waiting.subarray(0, length));
    this.#waiting = this.#waiting.subarray(length);
    this.room -= length;
    this.sentBytes += length;
  }
  readInto(): void {}
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
    this.#waiting = Buffer.alloc(0);
  }
  pause(): void {}
  resume(): void {}
}

type Message = string | Bytes | PreparedMessage;
type Options = SendOptions & { except?: Socket };

/** What a history calls. */
interface Hub {
  broadcast(message: Message, options: Options): number;
  publish(topic: string, message: Message, options: Options): number;
  subscribe(seat: Seat, topic: string): boolean;
  unsubscribe(seat: Seat, topic: string): boolean;
}

/** What the calls mean. */
class NaiveHub implements Hub {
  readonly #core: ServerCore;
  readonly #topics = new Map<Socket, Set<string>>();

  constructor(core: ServerCore) {
    this.#core = core;
  }

  broadcast(message: Message, { type, except }: Options): number {
    return this.#sendEach(message, type, (socket) => socket !== except);
  }

  publish(topic: string, message: Message, { type, except }: Options): number {
    return this.#sendEach(message, type, (socket) => socket !== except && this.#of(socket).has(topic));
  }

  #sendEach(message: Message, type: SendOptions["type"], wants: (socket: Socket) => boolean): number {
    const prepared = message instanceof PreparedMessage ? message : new PreparedMessage(message, { type });
    let count = 0;
    for (const socket of [...this.#core.connections.values()].filter(wants)) {
      if (socket.send(prepared) !== "dropped") count++;
    }
    return count;
  }

  #of(socket: Socket): Set<string> {
    const topics = this.#topics.get(socket) ?? new Set();
    this.#topics.set(socket, topics);
    return topics;
  }

  subscribe({ session }: Seat, topic: string): boolean {
    const topics = this.#of(session.socket);
    if (session.gone || topics.has(topic)) return false;
    topics.add(topic);
    return true;
  }

  unsubscribe({ session }: Seat, topic: string): boolean {
    return this.#of(session.socket).delete(topic);
  }
}

/** The calls themselves. */
class ServerHub implements Hub {
  readonly #core: ServerCore;

  constructor(core: ServerCore) {
    this.#core = core;
  }

  broadcast(message: Message, options: Options): number {
    return this.#core.broadcast(message, options);
  }
  publish(topic: string, message: Message, options: Options): number {
    return this.#core.publish(topic, message, options);
  }
  subscribe({ session }: Seat, topic: string): boolean {
    return session.socket.subscribe(topic);
  }
  unsubscribe({ session }: Seat, topic: string): boolean {
    return session.socket.unsubscribe(topic);
  }
}

type MakeHub = (core: ServerCore) => Hub;
const oneByOne: MakeHub = (core) => new NaiveHub(core);
const together: MakeHub = (core) => new ServerHub(core);

const TOPICS = ["a", "b", "c"];

const SETTINGS: Record<string, SocketOptions> = {
  "with the default limit": {},
  "with the policy drop and frames of 200 bytes": { backpressure: "drop", maxFrameBytes: 200 },
  "with a limit of 64 KiB": { backpressure: "drop", limits: { maxBackpressureBytes: 64 * 1024 } },
  "with a limit of 1,000 bytes": { limits: { maxBackpressureBytes: 1_000 } },
  "without a limit": { backpressure: "queue", limits: { maxBackpressureBytes: 1_000 } },
};

/** A socket, and what was seen of it. */
interface Seat {
  readonly session: Session;
  readonly transport: RoomTransport;
  readonly seen: string[];
}

/** One run of a history. */
class World {
  readonly core: ServerCore;
  readonly seats: Seat[] = [];
  readonly results: unknown[] = [];
  readonly #random: Random;
  /** Those that sockets may have. */
  readonly #extensions = [0, 50].map((threshold) =>
    payloadPath(new ToyExtension({ threshold, shrinks: true })),
  );
  readonly #hub: Hub;
  #deferred: (() => void)[] = [];
  #turns: (() => void)[] = [];
  #sent = 0;
  #depth = 0;

  constructor(seed: number, options: SocketOptions, makeHub: MakeHub) {
    this.#random = new Random(seed);
    const runtime = {
      ...nodeRuntime,
      deadlines: new Deadlines(),
      turns: new Turns((callback) => this.#turns.push(callback)),
      defer: (callback: () => void) => void this.#deferred.push(callback),
    };
    const timeouts = { pingIntervalMs: 1_000, pingTimeoutMs: 10_000, closeMs: 5_000 };
    this.core = createCore(
      runtime,
      { timeouts, ...options },
      {
        open: () => this.#maybe(3),
        message: (socket, data) => {
          this.#seatOf(socket).seen.push(`message ${String(data.length)}`);
          this.#maybe(2);
          if (this.#random.oneIn(40)) throw new Error("a handler's own");
        },
        ping: () => this.#maybe(3),
        drain: (socket) => void this.#seatOf(socket).seen.push("drain"),
        close: (socket, { code, wasClean, unsentBytes }) =>
          void this.#seatOf(socket).seen.push(`close ${code} ${wasClean} ${unsentBytes}`),
        error() {},
      },
    );
    this.#hub = makeHub(this.core);
  }

  #seatOf(socket: Socket): Seat {
    const seat = this.seats.find(({ session }) => session.socket === socket);
    if (seat === undefined) throw new Error("no seat");
    return seat;
  }

  open(): void {
    const transport = new RoomTransport(this.#random.oneIn(2));
    const { core } = this;
    const extension = this.#extensions[this.#random.below(4)];
    const context: SocketContext = {
      runtime: core.runtime,
      handlers: core.handlers,
      options: core.options,
      endpoints: extension === undefined ? core.endpoints : new ExtendedChoices(core, extension),
      publisher: core.publisher,
      socketClosed: (socket) => core.socketClosed(socket),
    };
    const session = new Session(context, { role: "server", transport, protocol: "", data: undefined });
    this.seats.push({ session, transport, seen: [] });
    core.socketOpened(session.socket);
    session.open(Buffer.from("head"), new Uint8Array(0));
  }

  /** A step from inside of a handler. */
  #maybe(n: number): void {
    if (this.#depth > 3 || !this.#random.oneIn(n)) return;
    this.#depth++;
    this.step();
    this.#depth--;
  }

  #message(): [Message, SendOptions] {
    const random = this.#random;
    const length = random.pick([0, 1, 20, 100, 100, 126, 1_000, 3_000, 20_000, 70_000]);
    const fill = String.fromCharCode(97 + (this.#sent++ % 26));
    const text = fill.repeat(length);
    switch (random.below(4)) {
      case 0:
        return [text, {}];
      case 1:
        return [Buffer.from(text), {}];
      case 2:
        return [Buffer.from(text), { type: "text" }];
      default:
        return [new PreparedMessage(text), {}];
    }
  }

  #toAll(message: Message, options: SendOptions): void {
    const random = this.#random;
    const except = random.oneIn(3) ? random.pick(this.seats).session.socket : undefined;
    const all = except === undefined ? options : { ...options, except };
    this.results.push(
      random.oneIn(2)
        ? this.#hub.broadcast(message, all)
        : this.#hub.publish(random.pick(TOPICS), message, all),
    );
    // The bytes were copied.
    if (message instanceof Uint8Array) message.fill(0x21);
  }

  #changeTopic(seat: Seat): void {
    const topic = this.#random.pick(TOPICS);
    const change = this.#random.oneIn(3) ? "unsubscribe" : "subscribe";
    this.results.push(this.#hub[change](seat, topic));
  }

  step(): void {
    const random = this.#random;
    const seat = random.pick(this.seats);
    const { session, transport, seen } = seat;
    const { socket } = session;
    switch (random.below(28)) {
      case 0:
        if (this.seats.length < 9) this.open();
        break;
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        this.#toAll(...this.#message());
        break;
      case 7:
        for (let i = random.below(150); i > 0; i--) this.#toAll(random.pick(["x".repeat(999), "short"]), {});
        break;
      case 8:
      case 9: {
        const [message, options] = this.#message();
        seen.push(socket.send(message, options));
        break;
      }
      case 10:
        attempt(() => socket.sendFragment("part", random.oneIn(2)));
        break;
      case 11:
        socket.ping("p");
        break;
      case 12:
        socket.flush();
        break;
      case 13:
        if (random.oneIn(4)) attempt(() => socket.close(random.oneIn(4) ? 5 : 1000));
        break;
      case 14:
        if (random.oneIn(8)) socket.terminate();
        break;
      case 15:
        transport.makeRoom(random.pick([0, 50, 5_000]));
        break;
      case 16:
        if (this.#depth === 0) this.#makeRoom(seat, random.pick([100, 10_000, Number.POSITIVE_INFINITY]));
        break;
      case 17:
      case 18:
        this.#read(seat);
        break;
      case 19:
        seen.push(String(socket.bufferedAmount));
        break;
      case 20:
        if (this.#depth === 0) this.endTurn();
        break;
      case 21:
        if (this.#depth === 0 && random.oneIn(4)) vi.advanceTimersByTime(700);
        break;
      case 22:
        if (random.oneIn(3)) void socket.sendStream(parts()).catch(() => {});
        break;
      case 23:
      case 24:
      case 25:
      case 26:
        this.#changeTopic(seat);
        break;
      default:
        if (this.#depth > 0 || !random.oneIn(6)) break;
        if (random.oneIn(2)) session.ended();
        else session.closed();
    }
  }

  #makeRoom({ transport, session }: Seat, bytes: number): void {
    if (transport.makeRoom(bytes)) session.drained();
  }

  #read({ session, transport }: Seat): void {
    const random = this.#random;
    if (session.endpoint.receiving || transport.destroyed || session.gone) return;
    const bytes: Uint8Array[] = [];
    for (let i = random.below(6); i >= 0; i--) {
      const opcode = random.pick([1, 1, 1, 2, 9, 9]);
      bytes.push(frame({ fin: true, opcode, payload: Buffer.from("hello"), mask: KEY }));
    }
    // A Close frame, or one that is not masked.
    const last = random.below(12);
    if (last === 0) bytes.push(frame({ fin: true, opcode: 8, payload: new Uint8Array(0), mask: KEY }));
    else if (last === 1) bytes.push(Uint8Array.of(0x81, 0));
    session.received(Buffer.concat(bytes));
  }

  endTurn(): void {
    for (const callback of this.#deferred.splice(0)) callback();
    for (const callback of this.#turns.splice(0)) callback();
  }

  /** Everything that can still leave leaves. */
  async finish(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.endTurn();
      for (const seat of this.seats) this.#makeRoom(seat, Number.POSITIVE_INFINITY);
      await microtasks();
    }
  }

  get outcome(): unknown {
    const seats = this.seats.map(({ session, transport, seen }) => ({
      bytes: Buffer.concat(transport.taken).toString("latin1"),
      ended: transport.ended,
      destroyed: transport.destroyed,
      state: session.state,
      seen,
    }));
    return { seats, results: this.results };
  }
}

/** Endpoints with an extension. */
class ExtendedChoices extends EndpointChoices {
  readonly #options: ResolvedEndpointOptions;

  constructor({ options, runtime }: ServerCore, extension: MessagePath) {
    super(options, "server", runtime.host);
    this.#options = new ResolvedEndpointOptions({ role: "server", host: runtime.host, extension });
  }

  override of(): ResolvedEndpointOptions {
    return this.#options;
  }
}

async function* parts(): AsyncGenerator<string> {
  yield "first";
  yield "second";
}

async function microtasks(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // Another message is being sent in parts, the socket is closed, or the code makes no sense.
  }
}

async function outcomeOf(seed: number, options: SocketOptions, makeHub: MakeHub): Promise<unknown> {
  const world = new World(seed, options, makeHub);
  for (let i = 0; i < 3; i++) world.open();
  for (let i = 0; i < 60; i++) {
    world.step();
    await microtasks();
  }
  await world.finish();
  const { outcome } = world;
  // Nothing of this world happens in the next one: the end of a turn and the clock are the thread's.
  vi.clearAllTimers();
  world.endTurn();
  return outcome;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { WSIMD_HISTORIES = "60" } = process.env;
const HISTORIES = Number(WSIMD_HISTORIES);
const BATCHES = [1, 2];

describe.each(Object.entries(SETTINGS))("broadcasts and topics %s", (_, options) => {
  test.each(BATCHES)(
    "give each socket what sends would, batch %i",
    { timeout: HISTORIES * 1_000 },
    async (batch) => {
      const first = batch * 1_000_000;
      for (let seed = first; seed < first + HISTORIES / BATCHES.length; seed++) {
        const expected = await outcomeOf(seed, options, oneByOne);
        expect({ seed, outcome: await outcomeOf(seed, options, together) }).toEqual({
          seed,
          outcome: expected,
        });
      }
    },
  );
});
