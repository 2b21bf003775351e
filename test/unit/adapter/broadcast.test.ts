// Broadcasts at the edges: transports that break while all sockets write, and limits that are reached within a turn.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AgreedPath } from "../../../src/adapter/compression.js";
import type { ServerCore } from "../../../src/adapter/server/server.js";
import { createCore } from "../../../src/adapter/server/transport-server.js";
import { Session } from "../../../src/adapter/socket/session.js";
import { Turns } from "../../../src/adapter/turn.js";
import { clientDeflate, serverDeflate } from "../../../src/deflate/index.js";
import { Connection } from "../../../src/index.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { parseFrames } from "../../support/frame.js";
import { hex } from "../../support/hex.js";
import { Random } from "../../support/reference-random.js";

vi.mock("../../../src/host/globals.js", () => import("../../support/global-timers.js"));

const deferred: (() => void)[] = [];

function endTurn(): void {
  while (deferred.length > 0) for (const callback of deferred.splice(0)) callback();
}

function makeServer(sockets: number, onError: () => void = () => {}, agreed: readonly AgreedPath[] = []) {
  const defer = (callback: () => void): void => void deferred.push(callback);
  const limits = { maxBackpressureBytes: 256 * 1024 };
  const core = createCore(
    { ...nodeRuntime, defer, turns: new Turns(defer) },
    { backpressure: "drop", limits },
    { error: onError },
  );
  const transports = Array.from({ length: sockets }, () => openSession(core, agreed));
  return { core, transports };
}

function openSession(core: ServerCore, extensions: readonly AgreedPath[]): FakeTransport {
  const transport = new FakeTransport();
  const about = { role: "server", protocol: "", data: undefined } as const;
  const session = new Session(core, { ...about, transport, extensions });
  core.socketOpened(session.socket);
  session.open(undefined, new Uint8Array(0));
  return transport;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  endTurn();
  vi.useRealTimers();
});

test("the messages of a turn reach each socket in one write", () => {
  const { core, transports } = makeServer(3);
  for (const message of ["a", "b", "c"]) expect(core.broadcast(message)).toBe(3);
  expect(transports.map(({ written }) => written)).toEqual([[], [], []]);
  endTurn();
  const all = ["81 01 61 81 01 62 81 01 63"];
  expect(transports.map(({ written }) => written)).toEqual([all, all, all]);
});

describe("to sockets with compression", () => {
  const text = "what is said again and again, again and again";

  /** What clients with windows of so many bits are answered. */
  function agreedOn(bits: string): readonly AgreedPath[] {
    const parameters = [{ name: "server_max_window_bits", value: bits }];
    const answer = serverDeflate({ threshold: 20 }).accept(parameters);
    return answer === undefined ? [] : [{ name: "permessage-deflate", ...answer }];
  }

  /** The texts that a client makes of frames. */
  function read(client: Connection, written: readonly string[]): unknown[] {
    const events = written.flatMap((bytes) => [...client.receive(hex(bytes))]);
    return events.map((event) => (event.type === "text" ? event.text : event.type));
  }

  test("all messages of a turn leave in one write, compressed once for each way in which both sides agreed", () => {
    const agreed = ["12", "12", "9"].map(agreedOn);
    const { core, transports } = makeServer(0);
    for (const extensions of [...agreed, []]) transports.push(openSession(core, extensions));
    const sends = [...core.connections.values()].map((socket) => vi.spyOn(socket, "send"));
    for (const each of ["short", text, `${text}!`]) expect(core.broadcast(each)).toBe(4);
    expect(core.broadcast(text, { compress: false })).toBe(4);
    endTurn();
    for (const send of sends) expect(send).not.toHaveBeenCalled();
    for (const { written } of transports) expect(written.length).toBe(1);
    const [one, other, small, plain] = transports;
    expect(other?.written).toEqual(one?.written);
    const lengths = [one, small, plain].map((each) => parseFrames(hex(each?.written[0] ?? "")));
    const rsv = lengths.map((frames) => frames.map((each) => each.rsv));
    expect(rsv).toEqual([
      [0, 4, 4, 0],
      [0, 4, 4, 0],
      [0, 0, 0, 0],
    ]);
    const [first] = core.connections.values();
    const compressed = (lengths[0] ?? []).filter((each) => each.rsv === 4);
    expect(first?.compression?.sent).toEqual({
      payloadBytes: 2 * text.length + 1,
      wireBytes: compressed.reduce((sum, { payload }) => sum + payload.length, 0),
    });
  });

  test("what a socket sends by itself may refer to what it has sent before, in the windows of both sides", () => {
    const agreed = agreedOn("12");
    const { core, transports } = makeServer(3, undefined, agreed);
    const offer = clientDeflate().accept(agreed[0]?.parameters ?? []);
    const clients = transports.map(() => new Connection({ role: "client", extension: offer?.agreed }));
    const sockets = [...core.connections.values()];
    const expected = sockets.map((): string[] => []);
    const random = new Random(5);
    for (let turn = 0; turn < 40; turn++) {
      for (let step = random.below(6); step >= 0; step--) {
        const message = `${turn}.${step} ${text.slice(random.below(9)).repeat(random.pick([1, 1, 1, 9, 90]))}`;
        const at = random.below(5);
        const socket = sockets[at];
        if (socket === undefined) core.broadcast(message, { except: sockets[at - 3] });
        else socket.send(message);
        for (const [i, list] of expected.entries()) {
          if (socket === undefined ? i !== at - 3 : i === at) list.push(message);
        }
      }
      endTurn();
    }
    for (const [i, client] of clients.entries()) {
      expect(read(client, transports[i]?.written ?? [])).toEqual(expected[i]);
      expect(sockets[i]?.compression?.sent).toEqual(client.compression?.received);
      client.end();
    }
  });
});

test("what an error handler broadcasts, while all sockets write, reaches those that have written", () => {
  const { core, transports } = makeServer(4, () => void core.broadcast("b"));
  const broken = transports[1];
  if (broken !== undefined) broken.failure = new Error("broken");
  core.broadcast("a");
  endTurn();
  const others = transports.filter((transport) => transport !== broken);
  for (const { written } of others) expect(written.join(" ")).toBe("81 01 61 81 01 62");
  expect(broken?.destroyed).toBe(true);
});

test("a socket whose transport blocks in the middle of a turn is over its limit at the same message as with send", () => {
  const { core, transports } = makeServer(2);
  const [first] = core.connections.values();
  const [blocks] = transports;
  if (blocks === undefined) throw new Error("no transport");
  core.broadcast("a");
  blocks.write = (bytes) => {
    blocks.bufferedAmount += bytes.length;
    blocks.blocked = true;
  };
  first?.flush();
  // A burst within a turn may be 16 times the limit, and what waits when a message is sent decides.
  const message = new Uint8Array(8 * 1024 - 4);
  const counts = Array.from({ length: 600 }, () => core.broadcast(message));
  expect(counts.lastIndexOf(2)).toBe(511);
  expect(counts.indexOf(1)).toBe(512);
});

test("a prepared message whose memory was transferred fails the connections, as with send", () => {
  const { core, transports } = makeServer(2);
  const message = new PreparedMessage("gone");
  structuredClone(message.serverFrame, { transfer: [message.serverFrame.buffer] });
  core.broadcast(message);
  endTurn();
  for (const { written } of transports) expect(written.join(" ")).toBe("88 02 03 f3");
});

test("a socket that blocks when the run of a turn is full gets the message that had no room", () => {
  const { core, transports } = makeServer(2);
  const [blocks] = transports;
  if (blocks === undefined) throw new Error("no transport");
  let taken = 0;
  blocks.write = (bytes) => {
    taken += bytes.length;
    blocks.blocked = true;
  };
  const payload = new Uint8Array(8 * 1024 - 4);
  for (let sent = 0; sent < 100; sent++) expect(core.broadcast(payload)).toBe(2);
  const [socket] = core.connections.values();
  expect(taken).toBeGreaterThan(0);
  expect(taken + (socket?.bufferedAmount ?? 0)).toBe(100 * 8 * 1024);
});

test("a socket that is left out gets what an error handler broadcasts while room is made", () => {
  const { core, transports } = makeServer(3, () => void core.broadcast("b"));
  const [, broken, excepted] = transports;
  if (excepted === undefined || broken === undefined) throw new Error("no transports");
  broken.failure = new Error("broken");
  const [, , except] = core.connections.values();
  const message = new Uint8Array(8 * 1024 - 4);
  for (let sent = 0; sent < 100; sent++) core.broadcast(message, { except });
  endTurn();
  expect(broken.destroyed).toBe(true);
  expect(excepted.written.join(" ")).toBe("81 01 62");
});

test("sockets that block in any order move no others, and get what comes later by themselves", () => {
  const { core, transports } = makeServer(100);
  for (const transport of transports) {
    transport.write = () => {
      transport.blocked = true;
    };
  }
  const splice = vi.spyOn(Array.prototype, "splice");
  core.broadcast("a");
  core.publisher.groupFor(undefined).flush();
  expect(splice).not.toHaveBeenCalled();
  splice.mockRestore();
  expect(core.broadcast("b")).toBe(100);
  for (const socket of core.connections.values()) expect(socket.bufferedAmount).toBe(3);
});
