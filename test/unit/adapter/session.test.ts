// A session over a fake transport and a fake clock: silence, time-outs and errors.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deadlines } from "../../../src/adapter/deadline.js";
import { EndpointChoices } from "../../../src/adapter/socket/endpoint-choices.js";
import type { Handlers } from "../../../src/adapter/socket/handlers.js";
import { resolveSocketOptions, type SocketOptions } from "../../../src/adapter/socket/options.js";
import { Session } from "../../../src/adapter/socket/session.js";
import { Turns } from "../../../src/adapter/turn.js";
import { nodeRuntime } from "../../../src/node/host.js";
import type { CloseEvent } from "../../../src/protocol/events.js";
import { masked } from "../../adapters/raw-peer.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { concat } from "../../support/hex.js";

vi.mock("../../../src/host/globals.js", () => import("../../support/global-timers.js"));

function openSocket(options: SocketOptions = {}, handlers: Handlers = {}) {
  const transport = new FakeTransport();
  const resolved = resolveSocketOptions(options);
  const context = {
    runtime: {
      ...nodeRuntime,
      deadlines: new Deadlines(),
      turns: new Turns((callback) => deferred.push(callback)),
      defer: (callback: () => void) => deferred.push(callback),
    },
    handlers,
    options: resolved,
    endpoints: new EndpointChoices(resolved, "server", nodeRuntime.host),
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
  const timeouts = { pingIntervalMs: 1_000, pingTimeoutMs: 1_000 };

  test("a ping after pingIntervalMs, the end after pingTimeoutMs more", () => {
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
    transport.bufferedAmount = 1 << 24;
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
    transport.bufferedAmount = 1 << 24;
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

describe("a peer that takes nothing", () => {
  const timeouts = { pingIntervalMs: 1_000, pingTimeoutMs: 1_000, writeMs: 3_000 };

  function stuck(options: SocketOptions = {}) {
    const closes: CloseEvent[] = [];
    const opened = openSocket({ timeouts, ...options }, { close: (_, event) => closes.push(event) });
    opened.transport.blocked = true;
    opened.transport.bufferedAmount = 1 << 20;
    opened.socket.send("waits");
    endTurn();
    return { ...opened, closes };
  }

  test("is given up after writeMs, whatever it sends meanwhile", () => {
    const { session, transport, closes } = stuck();
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(500);
      session.received(masked("8a 00 |"));
    }
    expect(transport.destroyed).toBe(false);
    for (let i = 0; i < 2; i++) {
      vi.advanceTimersByTime(500);
      session.received(masked("8a 00 |"));
    }
    expect(transport.destroyed).toBe(true);
    session.closed();
    expect(closes).toMatchObject([{ code: 1006, wasClean: false, cause: { code: "WRITE_TIMEOUT" } }]);
  });

  test("but for a byte now and then stays", () => {
    const { session, transport } = stuck();
    for (let i = 0; i < 40; i++) {
      transport.sentBytes += 1;
      vi.advanceTimersByTime(500);
      session.received(masked("8a 00 |"));
    }
    expect(transport.destroyed).toBe(false);
  });

  test("and then takes all has its time anew", () => {
    const { session, transport } = stuck();
    vi.advanceTimersByTime(2_000);
    transport.blocked = false;
    transport.bufferedAmount = 0;
    session.drained();
    transport.blocked = true;
    transport.bufferedAmount = 1 << 20;
    session.socket.send("waits");
    endTurn();
    transport.sentBytes += 1;
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(500);
      session.received(masked("8a 00 |"));
    }
    expect(transport.destroyed).toBe(false);
  });

  test("is waited for as long as it takes with writeMs: Infinity", () => {
    const { session, transport } = stuck({ timeouts: { ...timeouts, writeMs: Number.POSITIVE_INFINITY } });
    for (let i = 0; i < 200; i++) {
      vi.advanceTimersByTime(500);
      session.received(masked("8a 00 |"));
    }
    expect(transport.destroyed).toBe(false);
  });
});

describe("the cause of a close", () => {
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

  function ended(act: (session: Session) => void) {
    const closes: CloseEvent[] = [];
    const errors: unknown[] = [];
    const { session } = openSocket(
      { timeouts: { pingIntervalMs: 1_000, pingTimeoutMs: 1_000, closeMs: 500 } },
      { close: (_, event) => closes.push(event), error: (_, error) => errors.push(error) },
    );
    act(session);
    session.closed();
    expect(errors).toEqual([]);
    expect(closes).toHaveLength(1);
    return closes[0];
  }

  test("a reset in the middle: 1006, with the system's error, and none for the error handler", () => {
    const event = ended((session) => session.failed(reset));
    expect(event).toMatchObject({ code: 1006, wasClean: false, cause: reset });
  });

  test("a reset behind a clean closing handshake changes nothing", () => {
    const event = ended((session) => {
      session.received(masked("88 02 | 03 e8"));
      session.failed(reset);
    });
    expect(event).toEqual({ type: "close", code: 1000, reason: "", wasClean: true, unsentBytes: 0 });
  });

  test("a reset behind a violation: the failure tells why", () => {
    const event = ended((session) => {
      session.received(masked("83 00 |"));
      session.failed(reset);
    });
    expect(event).toMatchObject({ code: 1006, failure: { closeCode: 1002 } });
    expect(event).not.toHaveProperty("cause");
  });

  test("silence: the ping that was not answered", () => {
    const event = ended(() => vi.advanceTimersByTime(2_200));
    expect(event).toMatchObject({ code: 1006, cause: { code: "PING_TIMEOUT" } });
  });

  test("a closing handshake that does not end", () => {
    const event = ended((session) => {
      session.close(1000);
      vi.advanceTimersByTime(600);
    });
    expect(event).toMatchObject({ code: 1006, cause: { code: "CLOSE_TIMEOUT" } });
  });

  test("the application's own terminate() has none", () => {
    expect(ended((session) => session.terminate())).not.toHaveProperty("cause");
  });
});

describe("flush()", () => {
  test("writes at once what was sent, and once", () => {
    const { socket, transport } = openSocket();
    socket.send("a");
    socket.send("b");
    expect(transport.written).toEqual([]);
    socket.flush();
    expect(transport.written.join(" ")).toBe("81 01 61 81 01 62");
    endTurn();
    expect(transport.written.join(" ")).toBe("81 01 61 81 01 62");
  });

  test("in a handler, and what follows still leaves in one write", () => {
    const { session, transport } = openSocket(
      {},
      {
        message(socket, data) {
          socket.send(`${data}1`);
          socket.flush();
          expect(transport.written).toHaveLength(1);
          socket.send(`${data}2`);
          socket.send(`${data}3`);
        },
      },
    );
    session.received(masked("81 01 | 'x'"));
    expect(transport.written).toEqual(["81 02 78 31", "81 02 78 32 81 02 78 33"]);
  });

  test("does nothing while the transport is blocked, or when it is gone", () => {
    const { session, socket, transport } = openSocket();
    transport.blocked = true;
    socket.send("a");
    socket.flush();
    expect(transport.written).toEqual([]);
    session.closed();
    socket.flush();
    expect(transport.written).toEqual([]);
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

describe("whatever throws below or inside, nothing leaves a session", () => {
  const fault = new RangeError("no memory");
  const methods = ["write", "writeAll", "end", "destroy", "pause", "resume", "readInto"] as const;
  const steps: Record<string, (opened: ReturnType<typeof openSocket>) => void> = {
    "a read": ({ session }) => session.received(masked("81 01 | 'x'")),
    "a flood": ({ session }) =>
      session.received(concat(Array.from({ length: 20_000 }, () => masked("82 01 | 00")))),
    "a Close": ({ session }) => session.received(masked("88 02 | 03 e8")),
    "a violation": ({ session }) => session.received(masked("83 00 |")),
    "the peer's end": ({ session }) => session.ended(),
    "the end of the transport": ({ session }) => session.closed(),
    "an error below": ({ session }) => session.failed(fault),
    "room again": ({ session }) => session.drained(),
    silence: () => vi.advanceTimersByTime(10_000),
    "no progress of a write": ({ socket, transport }) => {
      transport.blocked = true;
      transport.bufferedAmount = 1 << 20;
      socket.send("waits");
      endTurn();
      // Not so long that silence ends the connection.
      vi.advanceTimersByTime(900);
    },
  };

  test.each(methods.flatMap((method) => Object.keys(steps).map((step) => ({ method, step }))))(
    "$method of the transport throws at $step",
    ({ method, step }) => {
      const errors: unknown[] = [];
      const opened = openSocket(
        { timeouts: { pingIntervalMs: 1_000, pingTimeoutMs: 1_000, closeMs: 500, writeMs: 600 } },
        { message: (socket, data) => void socket.send(data), error: (_, error) => errors.push(error) },
      );
      opened.transport[method] = () => {
        throw fault;
      };
      expect(() => {
        steps[step]?.(opened);
        endTurn();
        vi.advanceTimersByTime(5_000);
      }).not.toThrow();
      for (const error of errors) expect(error).toBe(fault);
    },
  );

  test.each(["cork", "append", "take", "release", "uncork", "staged"] as const)(
    "%s of the outbox throws: the connection ends, and another goes on",
    (method) => {
      const errors: unknown[] = [];
      const broken = openSocket(
        {},
        { message: (socket, data) => void socket.send(data), error: (_, error) => errors.push(error) },
      );
      const healthy = openSocket({}, { message: (socket, data) => void socket.send(data) });
      const { outbox } = broken.session.endpoint;
      Object.defineProperty(outbox, method, {
        value() {
          throw fault;
        },
      });
      broken.session.received(masked("81 01 | 'x'"));
      broken.socket.send("more");
      endTurn();
      for (const error of errors) expect(error).toBe(fault);
      healthy.session.received(masked("81 01 | 'y'"));
      endTurn();
      expect(healthy.transport.written).toEqual(["81 01 79"]);
    },
  );
});
