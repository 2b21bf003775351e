// When a WebSocket writes, calls back and reports, over a transport that the test controls.
import { Buffer } from "node:buffer";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEAF, type SocketTransport, type TransportSink } from "../../../src/adapter/transport.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { type SocketOptions, WebSocket } from "../../../src/ws/websocket.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";

class Transport extends FakeTransport implements SocketTransport {
  sink: TransportSink = DEAF;
  paused = false;

  override pause(): void {
    this.paused = true;
  }
  override resume(): void {
    this.paused = false;
  }
  socket(): PassThrough {
    return new PassThrough();
  }
  /** The payloads of the frames of each write, as text. */
  get texts(): string[][] {
    return this.written.map((each) =>
      parseFrames(hex(each)).map(({ payload }) => Buffer.from(payload).toString()),
    );
  }
}

const OPTIONS = { autoPong: true, maxPendingAutoPongs: 60, closeTimeout: 30_000 };

function opened(options: SocketOptions & Partial<typeof OPTIONS> = {}) {
  const websocket = new WebSocket(null, undefined, { ...OPTIONS, ...options });
  const transport = new Transport();
  websocket.setTransport(transport, Buffer.alloc(0), options);
  const log: unknown[] = [];
  return { websocket, transport, log };
}

/** The end of a turn of the event loop. */
const turnEnd = () => new Promise<void>((resolve) => setImmediate(resolve));

const text = (payload: string, more: { fin?: boolean; opcode?: number } = {}) =>
  frame({ opcode: 1, payload, mask: KEY, ...more });

describe("writes", () => {
  test("the first frame of a turn at once, and the others together at its end", async () => {
    const { websocket, transport } = opened();
    websocket.send("a");
    expect(transport.texts).toEqual([["a"]]);
    websocket.send("b");
    websocket.ping("c");
    expect(transport.written).toHaveLength(1);
    await turnEnd();
    expect(transport.texts.flat()).toEqual(["a", "b", "c"]);
    websocket.send("d");
    expect(transport.texts.at(-1)).toEqual(["d"]);
  });

  test("the output of a read in one piece, and ahead of the next turn", () => {
    const { websocket, transport } = opened();
    websocket.on("message", (data, isBinary) => {
      websocket.send(data, { binary: isBinary });
      expect(transport.written).toHaveLength(0);
    });
    transport.sink.received(concat([text("a"), text("b")]));
    expect(transport.texts).toEqual([["a", "b"]]);
  });

  test("what was gathered before `close`, `terminate` and a look at `bufferedAmount` return", () => {
    for (const act of [
      (each: WebSocket) => each.close(),
      (each: WebSocket) => each.terminate(),
      (each: WebSocket) => expect(each.bufferedAmount).toBe(0),
    ]) {
      const { websocket, transport } = opened();
      websocket.send("a");
      websocket.send("b");
      act(websocket);
      expect(transport.texts.flat().slice(0, 2)).toEqual(["a", "b"]);
    }
  });

  test("gathered output early when it is long", () => {
    const { websocket, transport } = opened();
    websocket.send("a");
    const long = Buffer.alloc(70_000);
    websocket.send(long);
    expect(transport.written.length).toBeGreaterThan(1);
  });

  test("nothing to a transport that is blocked, and all of it when it drains", async () => {
    const { websocket, transport, log } = opened();
    websocket.on("drain", () => log.push("drain"));
    transport.blocked = true;
    expect(websocket.send("a")).toBe(false);
    const drained = websocket.waitForDrain().then(() => log.push("waited"));
    await turnEnd();
    expect(transport.written).toEqual([]);
    expect(websocket.bufferedAmount).toBe(3);
    transport.blocked = false;
    transport.sink.drained();
    expect(transport.texts).toEqual([["a"]]);
    await drained;
    expect(log).toEqual(["drain", "waited"]);
    expect(websocket.send("b")).toBe(true);
    await websocket.waitForDrain();
  });

  test("a prepared message, alone and as a part of another one", () => {
    const { websocket, transport } = opened();
    const news = new PreparedMessage("news");
    websocket.send(news);
    websocket.send("a", { fin: false });
    websocket.send(news);
    expect(websocket.bufferedAmount).toBe(0);
    const frames = parseFrames(concat(transport.written.map((each) => hex(each))));
    expect(frames.map(({ fin, opcode, payload }) => [fin, opcode, Buffer.from(payload).toString()])).toEqual([
      [true, 1, "news"],
      [false, 1, "a"],
      [true, 0, "news"],
    ]);
  });

  test("raw frames of `_sender`, in their order", () => {
    const { websocket, transport } = opened();
    websocket.send("a");
    websocket._sender?.sendFrame([Buffer.from([0x81, 1]), "b"]);
    expect(websocket.bufferedAmount).toBe(0);
    expect(transport.written.join(" ")).toBe("81 01 61 81 01 62");
  });
});

describe("callbacks", () => {
  test("come in order, after the call and after what it has written", async () => {
    const { websocket, transport, log } = opened();
    websocket.send("a", () => log.push("a"));
    websocket.send("b", () => log.push("b", transport.texts.flat()));
    expect(log).toEqual([]);
    await turnEnd();
    expect(log).toEqual(["a", "b", ["a", "b"]]);
  });

  test("wait until the system has taken the bytes", async () => {
    const { websocket, transport, log } = opened();
    transport.bufferedAmount = 10;
    websocket.send("a", () => log.push("a"));
    await turnEnd();
    expect(log).toEqual([]);
    transport.bufferedAmount = 0;
    transport.sink.drained();
    await turnEnd();
    expect(log).toEqual(["a"]);
  });

  test("get an error if the transport is gone, before 'close'", () => {
    const { websocket, transport, log } = opened();
    transport.blocked = true;
    websocket.on("close", (code) => log.push(code));
    websocket.send("a", (error) => log.push(error?.message));
    transport.sink.closed();
    expect(log).toEqual(["Cannot call write after a stream was destroyed", 1006]);
  });
});

describe("exceptions of listeners", () => {
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  let others: NodeJS.UncaughtExceptionListener[];

  beforeEach(() => {
    thrown.length = 0;
    others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", note);
  });

  afterEach(() => {
    process.off("uncaughtException", note);
    for (const each of others) process.on("uncaughtException", each);
  });

  test("reach the process, and neither the protocol nor other listeners' events", async () => {
    const { websocket, transport, log } = opened();
    const failures = { message: "m", ping: "p", pong: "o", close: "c" } as const;
    for (const [name, failure] of Object.entries(failures))
      websocket.once(name, () => {
        throw failure;
      });
    websocket.on("message", (data) => log.push(String(data)));
    const control = (opcode: number) => frame({ opcode, mask: KEY });
    transport.sink.received(concat([text("a"), control(9), control(10), text("b")]));
    transport.sink.closed();
    await turnEnd();
    expect(thrown).toEqual(["m", "p", "o", "c"]);
    expect(log).toEqual(["b"]);
  });

  test("of callbacks keep no other callback from its call", async () => {
    const { websocket, log } = opened();
    websocket.send("a", () => {
      throw "thrown";
    });
    websocket.send("b", () => log.push("b"));
    await turnEnd();
    await turnEnd();
    expect([log, thrown]).toEqual([["b"], ["thrown"]]);
  });

  test("of an 'error' event without a listener", async () => {
    const { websocket, transport, log } = opened();
    websocket.on("close", (code) => log.push(code));
    transport.sink.received(frame({ opcode: 5, mask: KEY }));
    await turnEnd();
    expect(thrown).toMatchObject([{ code: "WS_ERR_INVALID_OPCODE" }]);
    expect(transport.ended).toBe(true);
    transport.sink.closed();
    expect(log).toEqual([1006]);
  });
});

test("memory that is taken back before it was written fails the connection", () => {
  const { websocket, transport, log } = opened();
  websocket.on("error", (error) => log.push(error.message));
  transport.blocked = true;
  const data = new Uint8Array(40_000);
  websocket.send(data);
  structuredClone(data, { transfer: [data.buffer] });
  transport.blocked = false;
  transport.sink.drained();
  expect(log).toEqual(["the connection failed by an internal error"]);
  expect(transport.written).toEqual(["88 02 03 f3"]);
  expect(transport.ended).toBe(true);
});

describe("the end", () => {
  test("echoes code and reason, and ends this side behind the Close frame", () => {
    const { websocket, transport, log } = opened();
    websocket.on("close", (code, reason) => log.push(code, String(reason)));
    transport.sink.received(
      frame({ opcode: 8, mask: KEY, payload: concat([hex("0fa1"), Buffer.from("bye")]) }),
    );
    expect(transport.written).toEqual(["88 05 0f a1 62 79 65"]);
    expect([transport.ended, websocket.readyState]).toEqual([true, WebSocket.CLOSING]);
    transport.sink.closed();
    expect(log).toEqual([4001, "bye"]);
  });

  test("comes after the time of `closeTimeout`, if the peer does not answer", async () => {
    const { websocket, transport } = opened({ closeTimeout: 1 });
    websocket.close();
    expect(transport.destroyed).toBe(false);
    await vi.waitFor(() => expect(transport.destroyed).toBe(true));
  });

  test("is told to the owner before 'close'", () => {
    const { websocket, transport, log } = opened();
    websocket.owner = { left: (each) => log.push(each === websocket) };
    websocket.on("close", () => log.push("close"));
    transport.sink.closed();
    expect(log).toEqual([true, "close"]);
  });

  test("keeps messages behind `terminate` from listeners", () => {
    const { websocket, transport, log } = opened();
    websocket.on("message", (data) => {
      log.push(String(data));
      websocket.terminate();
    });
    transport.sink.received(concat([text("a"), text("b")]));
    expect([log, transport.destroyed]).toEqual([["a"], true]);
  });
});

test("`resume` in a listener undoes `pause` in it", () => {
  const { websocket, transport } = opened();
  websocket.on("message", () => {
    websocket.pause();
    expect(transport.paused).toBe(true);
    websocket.resume();
  });
  transport.sink.received(text("a"));
  expect(transport.paused).toBe(false);
});

describe("options that ws does not have, and one event a turn", () => {
  const heard = (websocket: WebSocket, log: unknown[]) =>
    websocket.on("message", (data, isBinary) =>
      log.push(typeof data === "string" ? data : [String(data), isBinary]),
    );

  test("`allowSynchronousEvents: false` emits one event a turn, and reads nothing meanwhile", async () => {
    const { websocket, transport, log } = opened({ allowSynchronousEvents: false });
    heard(websocket, log);
    transport.sink.received(concat([text("a"), text("b")]));
    transport.sink.received(text("c"));
    expect([log.length, transport.paused]).toEqual([1, true]);
    await turnEnd();
    expect(log).toHaveLength(2);
    await turnEnd();
    expect([log.length, transport.paused]).toEqual([3, true]);
    await turnEnd();
    expect(transport.paused).toBe(false);
  });

  test("an end of the transport waits for the events before it", async () => {
    const { websocket, transport, log } = opened({ allowSynchronousEvents: false });
    heard(websocket, log);
    websocket.on("close", () => log.push("close"));
    transport.sink.received(concat([text("a"), text("b")]));
    transport.sink.closed();
    expect(log).toHaveLength(1);
    await turnEnd();
    await turnEnd();
    expect(log.slice(1)).toEqual([["b", false], "close"]);
  });

  test("`sequential` waits for the promises of listeners", async () => {
    const { websocket, transport, log } = opened({ sequential: true });
    let go = () => {};
    websocket.on("message", async (data) => {
      log.push(`begin ${data}`);
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      log.push(`end ${data}`);
    });
    transport.sink.received(concat([text("a"), text("b")]));
    await turnEnd();
    expect(log).toEqual(["begin a"]);
    go();
    await turnEnd();
    expect(log).toEqual(["begin a", "end a", "begin b"]);
  });

  test('`text: "string"` gives strings', () => {
    const { websocket, transport, log } = opened({ text: "string" });
    heard(websocket, log);
    transport.sink.received(concat([text("ä"), text(""), frame({ opcode: 2, payload: "b", mask: KEY })]));
    expect(log).toEqual(["ä", "", ["b", true]]);
  });

  test("`holdMessages` reads nothing until there is a listener", async () => {
    const { websocket, transport, log } = opened({ holdMessages: true });
    expect(transport.paused).toBe(true);
    transport.sink.received(text("a"));
    heard(websocket, log);
    expect(log).toEqual([]);
    await turnEnd();
    expect([log, transport.paused]).toEqual([[["a", false]], false]);
    expect(websocket.listenerCount("newListener")).toBe(0);
  });

  test("`holdMessages` reads on by `start`, and by `close`", () => {
    for (const name of ["start", "close"] as const) {
      const { websocket, transport } = opened({ holdMessages: true });
      websocket[name]();
      expect(transport.paused).toBe(false);
    }
  });
});
