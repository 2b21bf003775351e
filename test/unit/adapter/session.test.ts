import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Handlers } from "../../../src/adapter/handlers.js";
import { resolveSocketOptions, type SocketOptions } from "../../../src/adapter/options.js";
import { Session } from "../../../src/adapter/socket/session.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { FakeTransport } from "../../support/fake-transport.js";

function openSocket(options: SocketOptions = {}, handlers: Handlers = {}) {
  const transport = new FakeTransport();
  const context = {
    runtime: { ...nodeRuntime, defer: (callback: () => void) => deferred.push(callback) },
    handlers,
    options: resolveSocketOptions(options),
    socketClosed() {},
  };
  const session = new Session(context, { role: "server", transport, protocol: "", data: undefined });
  session.open(undefined, new Uint8Array(0));
  return { session, socket: session.socket, transport };
}

let deferred: (() => void)[] = [];

function endTurn(): void {
  const all = deferred;
  deferred = [];
  for (const callback of all) callback();
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  endTurn();
  vi.useRealTimers();
});

describe("silence", () => {
  const timeouts = { idleMs: 1_000, graceMs: 1_000 };

  test("a ping after idleMs, the end after graceMs more", () => {
    const { transport } = openSocket({ timeouts });
    vi.advanceTimersByTime(1_100);
    expect(transport.written).toEqual(["89 00"]);
    expect(transport.destroyed).toBe(false);
    vi.advanceTimersByTime(1_100);
    expect(transport.destroyed).toBe(true);
  });

  test("a peer that takes a long message all the while is not silent", () => {
    const { transport } = openSocket({ timeouts });
    transport.blocked = true;
    transport.bufferedBytes = 1 << 24;
    for (let seconds = 0; seconds < 20; seconds++) {
      transport.sentBytes += 1;
      vi.advanceTimersByTime(1_000);
    }
    expect(transport.destroyed).toBe(false);
    // From here on it takes nothing more.
    vi.advanceTimersByTime(4_000);
    expect(transport.destroyed).toBe(true);
  });

  test("nor is its connection cut in the closing handshake while it does", () => {
    const { socket, transport } = openSocket({ timeouts: { ...timeouts, closeMs: 500 } });
    transport.blocked = true;
    transport.bufferedBytes = 1 << 24;
    socket.close(1000);
    for (let i = 0; i < 20; i++) {
      transport.sentBytes += 1;
      vi.advanceTimersByTime(500);
    }
    expect(transport.destroyed).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(transport.destroyed).toBe(true);
  });
});

test("a write that throws ends its own socket and no other", () => {
  const errors: unknown[] = [];
  const broken = openSocket({}, { error: (_, error) => errors.push(error) });
  const healthy = openSocket();
  broken.transport.failure = new RangeError("no memory");
  broken.socket.send("a");
  healthy.socket.send("b");
  endTurn();
  expect(errors).toEqual([broken.transport.failure]);
  expect(broken.transport.destroyed).toBe(true);
  expect(healthy.transport.written).toEqual(["81 01 62"]);
  healthy.socket.send("c");
  endTurn();
  expect(healthy.transport.written.at(-1)).toBe("81 01 63");
});

test("what waits behind a blocked transport is written before its end", () => {
  const { session, socket, transport } = openSocket();
  transport.blocked = true;
  socket.send("last words");
  session.ended();
  expect(transport.ended).toBe(false);
  transport.blocked = false;
  session.drained();
  expect(transport.written).toHaveLength(1);
  expect(transport.ended).toBe(true);
});
