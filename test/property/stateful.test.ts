// A client and a server over a network that cuts and delays: whatever both do, in any order, the rules hold.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, type ConnectionEvent, type KernelName, type Role } from "../../src/index.js";
import { concat } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { bytesLine, describeEvents, textLine } from "../support/run.js";

/** One end, what it has put on its way, and what came out of it. */
interface Side {
  readonly connection: Connection;
  /** Bytes on their way to this side. */
  inbound: Uint8Array;
  /** Lines of what the other side sent and this side must get, in order. */
  readonly expected: string[];
  readonly events: ConnectionEvent[];
  /** The text that is being sent in fragments. */
  open: string | undefined;
  /** The transport to this side was cut: nothing is lost but what was on its way. */
  cut: boolean;
}

type Sides = Record<Role, Side>;

/** What the model knows: nothing that the real ones don't tell. */
type Model = Record<string, never>;

const other = (role: Role): Role => (role === "client" ? "server" : "client");

function makeSides(kernel: KernelName, pieces: boolean): Sides {
  const side = (role: Role): Side => ({
    connection: new Connection({ role, kernel, pieces }),
    inbound: new Uint8Array(0),
    expected: [],
    events: [],
    open: undefined,
    cut: false,
  });
  return { client: side("client"), server: side("server") };
}

/** Moves what a side wants to write onto the wire. */
function flush(sides: Sides, role: Role): void {
  const to = sides[other(role)];
  to.inbound = concat([to.inbound, ...sides[role].connection.takeOutput()]);
}

/** Gives a side up to `count` bytes of what is on its way, and checks what it says. */
function deliver(sides: Sides, role: Role, count: number): void {
  const side = sides[role];
  if (side.cut) return;
  const before = side.connection.state;
  const events = side.connection.receive(side.inbound.subarray(0, count));
  side.inbound = side.inbound.slice(count);
  if (before === "closed") expect(events).toEqual([]);
  side.events.push(...events);
  checkSide(side);
}

function checkSide({ events, expected, connection }: Side): void {
  const closes = events.filter(({ type }) => type === "close").length;
  expect(closes).toBe(connection.state === "closed" ? 1 : 0);
  if (closes > 0) expect(events.at(-1)?.type).toBe("close");
  const lines = describeEvents(events).filter((line) => line.startsWith("text") || line.startsWith("binary"));
  expect(lines).toEqual(expected.slice(0, lines.length));
}

class Action implements fc.Command<Model, Sides> {
  readonly name: string;
  readonly role: Role;
  readonly act: (side: Side, sides: Sides) => void;
  readonly possible: (side: Side) => boolean;

  constructor(name: string, role: Role, act: Action["act"], possible: Action["possible"] = () => true) {
    this.name = name;
    this.role = role;
    this.act = act;
    this.possible = possible;
  }
  check(): boolean {
    return true;
  }
  run(_: Model, sides: Sides): void {
    const side = sides[this.role];
    if (this.possible(side)) this.act(side, sides);
    flush(sides, this.role);
    checkSide(side);
  }
  toString(): string {
    return `${this.role}: ${this.name}`;
  }
}

const roles = fc.constantFrom<Role>("client", "server");
const isOpen = ({ connection }: Side): boolean => connection.state === "open";
const isFree = (side: Side): boolean => isOpen(side) && side.open === undefined;
const texts = fc.constantFrom("", "a", "Hello", "💖é", "\u0000\uffff", "long ".repeat(60));
const sizes = fc.constantFrom(0, 1, 125, 126, 300, 33_000, 65_536);

const living = [
  fc.tuple(roles, texts).map(
    ([role, text]) =>
      new Action(
        `sendText(${text.length})`,
        role,
        ({ connection }, sides) => {
          connection.sendText(text);
          sides[other(role)].expected.push(textLine(text));
        },
        isFree,
      ),
  ),
  fc.tuple(roles, sizes, fc.integer({ min: 0, max: 255 })).map(
    ([role, size, byte]) =>
      new Action(
        `sendBinary(${size})`,
        role,
        ({ connection }, sides) => {
          const payload = new Uint8Array(size).fill(byte);
          connection.sendBinary(payload);
          sides[other(role)].expected.push(bytesLine("binary", payload));
        },
        isFree,
      ),
  ),
  fc.tuple(roles, texts, fc.boolean()).map(
    ([role, text, final]) =>
      new Action(
        `sendFragment(${text.length}, ${final})`,
        role,
        (side, sides) => {
          side.connection.sendFragment(text, final);
          side.open = (side.open ?? "") + text;
          if (!final) return;
          sides[other(role)].expected.push(textLine(side.open));
          side.open = undefined;
        },
        isOpen,
      ),
  ),
  fc
    .tuple(roles, fc.uint8Array({ maxLength: 125 }))
    .map(([role, payload]) => new Action("ping", role, ({ connection }) => connection.ping(payload), isOpen)),
  fc
    .tuple(roles, fc.nat(400))
    .map(([role, count]) => new Action(`receive ${count}`, role, (_, sides) => deliver(sides, role, count))),
  roles.map(
    (role) => new Action("receive all", role, (_, sides) => deliver(sides, role, Number.MAX_SAFE_INTEGER)),
  ),
];

const ending = [
  fc
    .tuple(roles, fc.constantFrom(1000, 4000, undefined))
    .map(([role, code]) => new Action(`close(${code})`, role, ({ connection }) => connection.close(code))),
  roles.map(
    (role) => new Action("fail(1011)", role, (side) => side.events.push(...side.connection.fail(1011))),
  ),
  roles.map(
    (role) =>
      new Action("end()", role, (side) => {
        side.cut = true;
        side.events.push(...side.connection.end());
      }),
  ),
];

/** Most commands leave the connection open, so that there is something to lose when one does not. */
const commands = [...Array.from({ length: 6 }, () => living).flat(), ...ending];

/** Delivers all that is on its way, until nothing moves any more. */
function drain(sides: Sides): void {
  for (let i = 0; i < 4; i++) {
    for (const role of ["client", "server"] as const) {
      flush(sides, role);
      deliver(sides, other(role), Number.MAX_SAFE_INTEGER);
    }
  }
}

function checkEnd(sides: Sides): void {
  const wereOpen = sides.client.connection.state === "open" && sides.server.connection.state === "open";
  for (const role of ["client", "server"] as const) {
    const side = sides[role];
    const lines = describeEvents(side.events).filter(
      (line) => line.startsWith("text") || line.startsWith("binary"),
    );
    // A side that lived on, or was closed by the other's Close, got every message that was accepted for it.
    const close = side.events.find((event) => event.type === "close");
    const clean = close === undefined || (close.type === "close" && close.wasClean);
    if (clean && !side.cut) expect(lines).toEqual(side.expected);
    if (wereOpen) expect(side.connection.state).toBe("open");
    side.events.push(...side.connection.end());
    checkSide(side);
    expect(side.connection.state).toBe("closed");
  }
}

describeKernels("a client and a server", (kernel) => {
  test.each([false, true])("do anything, in any order; pieces: %s", (pieces) => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 40 }), (all) => {
        const sides = makeSides(kernel, pieces);
        fc.modelRun(() => ({ model: {}, real: sides }), all);
        drain(sides);
        checkEnd(sides);
      }),
      { seed: 20_269, numRuns: 200 },
    );
  });
});
