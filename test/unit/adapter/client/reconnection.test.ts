// A client that connects again, with a clock and connections that the tests move.
import { describe, expect, test } from "vitest";
import type { ClientHandlers } from "../../../../src/adapter/client/client-handlers.js";
import { type ReconnectOptions, reconnectPlan } from "../../../../src/adapter/client/reconnect-option.js";
import {
  type Attempt,
  type Clock,
  hostClock,
  Reconnection,
} from "../../../../src/adapter/client/reconnection.js";
import { createRuntime } from "../../../../src/adapter/portable-runtime.js";
import { EndpointChoices } from "../../../../src/adapter/socket/endpoint-choices.js";
import type { Socket } from "../../../../src/adapter/socket/handlers.js";
import { resolveSocketOptions } from "../../../../src/adapter/socket/options.js";
import { Session } from "../../../../src/adapter/socket/session.js";
import type { CloseEvent } from "../../../../src/protocol/events.js";
import { FakeTransport } from "../../../support/fake-transport.js";

const LOST = 1006;

class FakeClock implements Clock {
  time = 0;
  chance = 0;
  waiting: { readonly milliseconds: number; readonly callback: () => void } | undefined;

  now(): number {
    return this.time;
  }
  wait(milliseconds: number, callback: () => void): () => void {
    expect(this.waiting).toBe(undefined);
    this.waiting = { milliseconds, callback };
    return () => {
      this.waiting = undefined;
    };
  }
  random(): number {
    return this.chance;
  }
  /** Lets the wait end. @returns how long it was */
  async pass(): Promise<number> {
    const { waiting } = this;
    if (waiting === undefined) throw new Error("nothing waits");
    this.waiting = undefined;
    this.time += waiting.milliseconds;
    waiting.callback();
    await settled();
    return waiting.milliseconds;
  }
}

/** Lets promises that are resolved take their effect. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface Pending extends Attempt {
  resolve(socket: Socket): void;
  reject(error: unknown): void;
}

const runtime = createRuntime();
const resolved = resolveSocketOptions({});

class Stage {
  readonly clock = new FakeClock();
  readonly attempts: Pending[] = [];
  readonly log: string[] = [];
  readonly control = new AbortController();
  readonly result: Promise<string>;

  constructor(reconnect: true | ReconnectOptions, more: ClientHandlers = {}) {
    const plan = reconnectPlan(reconnect);
    if (plan === undefined) throw new Error("no plan");
    const { log } = this;
    const handlers: ClientHandlers = {
      open: (socket, { attempt }) => {
        log.push(`open ${attempt}`);
        return more.open?.(socket, { attempt });
      },
      close: (socket, event) => {
        log.push(`close ${event.code}`);
        return more.close?.(socket, event);
      },
      reconnecting: (event) => {
        log.push(`reconnecting ${event.attempt} in ${event.delayMs}`);
        return more.reconnecting?.(event);
      },
      reconnectFailed: (error) => {
        log.push(`failed ${String(error)}`);
        return more.reconnectFailed?.(error);
      },
      error: (socket, error) => void log.push(`error ${socket?.id ?? ""}${String(error)}`),
    };
    const reconnection = new Reconnection({
      plan,
      clock: this.clock,
      handlers,
      signal: this.control.signal,
      connect: (attempt) =>
        new Promise((resolve, reject) => {
          attempt.signal.addEventListener("abort", () => reject(attempt.signal.reason));
          this.attempts.push({ ...attempt, resolve, reject });
        }),
    });
    this.result = reconnection.first().then(
      (socket) => `connected to ${socket.protocol}`,
      (error: unknown) => `rejected ${String(error)}`,
    );
  }

  get #last(): Pending {
    const last = this.attempts.at(-1);
    if (last === undefined) throw new Error("no attempt");
    return last;
  }

  async opens(protocol = ""): Promise<Session> {
    const { handlers, resolve, endRequested } = this.#last;
    const transport = new FakeTransport();
    const context = {
      runtime,
      handlers,
      options: resolved,
      endpoints: new EndpointChoices(resolved, "client", runtime.host),
      socketClosed() {},
      endRequested,
    };
    const session = new Session(context, { role: "client", transport, protocol, data: undefined });
    session.open(undefined, new Uint8Array(0));
    resolve(session.socket);
    await settled();
    return session;
  }

  async fails(error: unknown): Promise<void> {
    this.#last.reject(error);
    await settled();
  }
}

async function ends(session: Session): Promise<void> {
  session.closed();
  await settled();
}

const refused = (): Error => Object.assign(new Error("refused"), { code: "ECONNREFUSED" });

describe("a client with reconnect", () => {
  test("opens a new socket after each end, with the number of the attempt", async () => {
    const stage = new Stage(true);
    const first = await stage.opens("one");
    expect(await stage.result).toBe("connected to one");
    await ends(first);
    expect(await stage.clock.pass()).toBe(500);
    const second = await stage.opens();
    expect(second.socket).not.toBe(first.socket);
    await ends(second);
    stage.clock.chance = 1;
    await stage.clock.pass();
    await stage.opens();
    expect(stage.log).toEqual([
      "open 0",
      "close 1006",
      "reconnecting 1 in 500",
      "open 1",
      "close 1006",
      "reconnecting 2 in 500",
      "open 2",
    ]);
  });

  test("tries again if the first attempt fails, and resolves with the first socket that opens", async () => {
    const stage = new Stage(true);
    await stage.fails(refused());
    await stage.clock.pass();
    await stage.fails(refused());
    await stage.clock.pass();
    await stage.opens("late");
    expect(await stage.result).toBe("connected to late");
    expect(stage.log).toEqual(["reconnecting 1 in 500", "reconnecting 2 in 500", "open 2"]);
  });

  test("rejects with the last error if the first attempts run out, and tells it nowhere else", async () => {
    const stage = new Stage({ maxAttempts: 2 });
    for (const name of ["one", "two"]) {
      await stage.fails(new Error(name));
      await stage.clock.pass();
    }
    await stage.fails(new Error("three"));
    expect(await stage.result).toBe("rejected Error: three");
    expect(stage.log.filter((line) => line.startsWith("failed"))).toEqual([]);
    expect(stage.attempts.length).toBe(3);
  });

  test("rejects at once for a mistake in the options", async () => {
    const stage = new Stage(true);
    await stage.fails(new TypeError("no Unix sockets here"));
    expect(await stage.result).toBe("rejected TypeError: no Unix sockets here");
    expect(stage.log).toEqual([]);
  });

  test("tells reconnectFailed when the attempts after a connection run out", async () => {
    const stage = new Stage({ maxAttempts: 1 });
    await ends(await stage.opens());
    await stage.clock.pass();
    await stage.fails(refused());
    expect(stage.log).toEqual(["open 0", "close 1006", "reconnecting 1 in 500", "failed Error: refused"]);
    expect(stage.clock.waiting).toBe(undefined);
  });

  test("starts the count again after a connection that lasted maxDelayMs, and not before", async () => {
    const stage = new Stage({ minDelayMs: 10, maxDelayMs: 1000, maxAttempts: 2 });
    const short = await stage.opens();
    stage.clock.time += 999;
    await ends(short);
    await stage.clock.pass();
    const long = await stage.opens();
    stage.clock.time += 1000;
    await ends(long);
    await stage.clock.pass();
    await ends(await stage.opens());
    await stage.clock.pass();
    await ends(await stage.opens());
    expect(stage.log).toEqual([
      ...["open 0", "close 1006", "reconnecting 1 in 10"],
      ...["open 1", "close 1006", "reconnecting 1 in 10"],
      ...["open 1", "close 1006", "reconnecting 2 in 10"],
      ...["open 2", "close 1006", "failed Error: the connection has ended with 1006"],
    ]);
  });

  test.each(["close", "terminate"] as const)("stops after the application's own %s", async (method) => {
    const stage = new Stage(true);
    const session = await stage.opens();
    session.socket[method]();
    await ends(session);
    expect(stage.log).toEqual(["open 0", "close 1006"]);
    expect(stage.clock.waiting).toBe(undefined);
  });

  test.each(["close", "terminate"] as const)("stops if the close handler calls %s", async (method) => {
    const stage = new Stage(true, { close: (socket) => socket[method]() });
    await ends(await stage.opens());
    expect(stage.log).toEqual(["open 0", "close 1006"]);
  });

  test("stops its wait when the socket that has ended is closed", async () => {
    const stage = new Stage(true);
    const session = await stage.opens();
    await ends(session);
    expect(stage.clock.waiting).not.toBe(undefined);
    session.socket.close();
    await settled();
    expect(stage.clock.waiting).toBe(undefined);
    expect(stage.log).toEqual(["open 0", "close 1006", "reconnecting 1 in 500"]);
  });

  test("gives up the attempt that is under way when the socket that has ended is closed", async () => {
    const stage = new Stage(true);
    const session = await stage.opens();
    await ends(session);
    await stage.clock.pass();
    session.socket.terminate();
    await settled();
    expect(stage.attempts.at(-1)?.signal.aborted).toBe(true);
    expect(stage.log).toEqual(["open 0", "close 1006", "reconnecting 1 in 500"]);
  });

  test("goes on when an older socket is closed", async () => {
    const stage = new Stage(true);
    const old = await stage.opens();
    await ends(old);
    await stage.clock.pass();
    const newer = await stage.opens();
    old.socket.close();
    await ends(newer);
    expect(stage.clock.waiting).not.toBe(undefined);
  });
});

describe("the signal of a client with reconnect", () => {
  test("rejects with its reason while the first attempt waits for the next", async () => {
    const stage = new Stage(true);
    await stage.fails(refused());
    stage.control.abort(new Error("enough"));
    expect(await stage.result).toBe("rejected Error: enough");
    expect(stage.clock.waiting).toBe(undefined);
  });

  test("rejects with its reason during an attempt", async () => {
    const stage = new Stage(true);
    stage.control.abort(new Error("enough"));
    expect(await stage.result).toBe("rejected Error: enough");
    expect(stage.log).toEqual([]);
  });

  test("ends a later wait, and calls no handler", async () => {
    const stage = new Stage(true);
    await ends(await stage.opens());
    stage.control.abort();
    await settled();
    expect(stage.clock.waiting).toBe(undefined);
    expect(stage.log).toEqual(["open 0", "close 1006", "reconnecting 1 in 500"]);
  });

  test("ends a later attempt, and calls no handler", async () => {
    const stage = new Stage(true);
    await ends(await stage.opens());
    await stage.clock.pass();
    stage.control.abort();
    await settled();
    expect(stage.attempts.at(-1)?.signal.aborted).toBe(true);
    expect(stage.log).toEqual(["open 0", "close 1006", "reconnecting 1 in 500"]);
  });

  test("leaves an open connection alone, and no other follows it", async () => {
    const stage = new Stage(true);
    const session = await stage.opens();
    stage.control.abort();
    await settled();
    expect(session.state).toBe("open");
    await ends(session);
    expect(stage.log).toEqual(["open 0", "close 1006"]);
  });

  test("has no listener while a connection is open", async () => {
    const listeners = new Set<unknown>();
    const stage = new Stage(true);
    const { signal } = stage.control;
    const { addEventListener, removeEventListener } = signal;
    Object.assign(signal, {
      addEventListener(...args: unknown[]) {
        listeners.add(args[1]);
        return Reflect.apply(addEventListener, signal, args);
      },
      removeEventListener(...args: unknown[]) {
        listeners.delete(args[1]);
        return Reflect.apply(removeEventListener, signal, args);
      },
    });
    await ends(await stage.opens());
    expect(listeners.size).toBe(1);
    await stage.clock.pass();
    await stage.opens();
    expect(listeners.size).toBe(0);
  });
});

describe("when", () => {
  test("decides, and is told the cause and the usual answer", async () => {
    const asked: [code: number | undefined, error: unknown, usual: boolean][] = [];
    const error = refused();
    const stage = new Stage({
      when: ({ closeEvent, error: why }, usual) => asked.push([closeEvent?.code, why, usual]) < 3,
    });
    await ends(await stage.opens());
    await stage.clock.pass();
    await stage.fails(error);
    await stage.clock.pass();
    await ends(await stage.opens());
    expect(asked).toEqual([
      [LOST, undefined, true],
      [undefined, error, true],
      [LOST, undefined, true],
    ]);
    expect(stage.log.at(-1)).toBe("failed Error: the connection has ended with 1006");
  });

  test("that throws is told to the error handler, and ends the attempts", async () => {
    const stage = new Stage({
      when() {
        throw new Error("mine");
      },
    });
    await stage.fails(refused());
    expect(await stage.result).toBe("rejected Error: refused");
    expect(stage.log).toEqual(["error Error: mine"]);
  });
});

describe("handlers that fail", () => {
  const mine = (): never => {
    throw new Error("mine");
  };
  const later = async (): Promise<never> => mine();

  test.each([
    ["throws", mine],
    ["rejects", later],
  ])(
    "a reconnecting that %s is told to the error handler, and the attempt goes on",
    async (_, reconnecting) => {
      const stage = new Stage(true, { reconnecting });
      await ends(await stage.opens());
      expect(stage.log.at(-1)).toBe("error Error: mine");
      await stage.clock.pass();
      await stage.opens();
      expect(stage.log.at(-1)).toBe("open 1");
    },
  );

  test.each([
    ["throws", mine],
    ["rejects", later],
  ])("a reconnectFailed that %s is told to the error handler", async (_, reconnectFailed) => {
    const stage = new Stage({ when: () => false }, { reconnectFailed });
    await ends(await stage.opens());
    expect(stage.log.slice(-2)).toEqual([
      "failed Error: the connection has ended with 1006",
      "error Error: mine",
    ]);
  });

  test("a close that throws does not keep the client from connecting again", async () => {
    const stage = new Stage(true, { close: mine });
    await ends(await stage.opens());
    expect(stage.clock.waiting).not.toBe(undefined);
    expect(stage.log.some((line) => line.endsWith("Error: mine"))).toBe(true);
  });
});

test("the error of a connection that ended has the close event as its cause", async () => {
  const causes: unknown[] = [];
  const closes: CloseEvent[] = [];
  const stage = new Stage(
    { when: () => false },
    {
      close: (_, event) => void closes.push(event),
      reconnectFailed: (error) => void causes.push(error instanceof Error ? error.cause : undefined),
    },
  );
  await ends(await stage.opens());
  expect(causes).toEqual(closes);
  expect(closes.length).toBe(1);
});

describe("the clock of the host", () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

  test("keeps the process alive while it waits, and until the wait is cancelled", () => {
    const before = timers();
    const cancel = hostClock.wait(60_000, () => {});
    expect(timers()).toBe(before + 1);
    cancel();
    expect(timers()).toBe(before);
  });

  test("calls back after the time", async () => {
    const start = hostClock.now();
    await new Promise<void>((resolve) => void hostClock.wait(5, resolve));
    expect(hostClock.now() - start).toBeGreaterThan(3);
  });
});
