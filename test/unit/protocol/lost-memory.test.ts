// Long payloads of a server go out as they are. What becomes of the connection when their memory is gone before they were written.
import { describe, expect, test } from "vitest";
import { Connection, PreparedMessage } from "../../../src/index.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";

const LONG = 100_000;
const INTERNAL = [0x03, 0xf3];
const LOST = {
  type: "close",
  code: 1006,
  reason: "",
  wasClean: false,
  failure: expect.objectContaining({ code: "INTERNAL", closeCode: 1011, cause: expect.any(TypeError) }),
};

type Lose = (payload: Uint8Array) => void;

const transfers: [string, Lose][] = [
  [
    "transferred to another thread",
    ({ buffer }) => void structuredClone(null, { transfer: transferable(buffer) }),
  ],
  [
    "transferred by a message port",
    ({ buffer }) => {
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(null, transferable(buffer));
      port1.close();
      port2.close();
    },
  ],
];
if ("transfer" in ArrayBuffer.prototype)
  transfers.push([
    "detached by transfer()",
    ({ buffer }) => {
      Reflect.apply(Reflect.get(ArrayBuffer.prototype, "transfer"), buffer, []);
    },
  ]);

function transferable(buffer: ArrayBufferLike): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

/** Memory of WebAssembly, whose buffer is detached when it grows. */
function growingMemory(): { payload: Uint8Array; lose: () => void } {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 3 });
  return { payload: new Uint8Array(memory.buffer, 8, LONG), lose: () => void memory.grow(1) };
}

function server(): Connection {
  return new Connection({ role: "server" });
}

/** What a peer makes of the output. */
function frames(connection: Connection): { opcode: number; payload: number[] }[] {
  return parseFrames(concat(connection.takeOutput())).map(({ opcode, payload }) => ({
    opcode,
    payload: [...payload],
  }));
}

const CLOSE = { opcode: 8, payload: INTERNAL };

describe.each(transfers)("memory that was %s", (_, lose) => {
  test("is noticed: a Close frame takes the place of its frame and of all behind it", () => {
    const connection = server();
    const payload = new Uint8Array(LONG);
    connection.sendBinary(hex("01"));
    connection.sendBinary(payload);
    connection.sendBinary(hex("02"));
    lose(payload);
    expect(frames(connection)).toEqual([{ opcode: 2, payload: [1] }, CLOSE]);
    expect(connection.closeExpected).toBe(true);
    expect(connection.receive(frame({ opcode: 2, mask: KEY, payload: "x" }))).toEqual([LOST]);
    expect(connection.takeOutput()).toEqual([]);
  });

  test.each<[string, (connection: Connection, payload: Uint8Array) => void]>([
    ["text as bytes", (connection, payload) => connection.sendText(payload.fill(97))],
    ["a fragment", (connection, payload) => connection.sendFragment(payload, false)],
    [
      "the last fragment",
      (connection, payload) => {
        connection.sendFragment(hex("01"), false);
        connection.takeOutput();
        connection.sendFragment(payload, true);
      },
    ],
    ["a part of the memory", (connection, payload) => connection.sendBinary(payload.subarray(7, 7 + 40_000))],
  ])("of %s", (_what, send) => {
    const connection = server();
    const payload = new Uint8Array(LONG);
    send(connection, payload);
    lose(payload);
    expect(frames(connection)).toEqual([CLOSE]);
    expect(connection.end()).toEqual([LOST]);
  });

  test("of a prepared message, which has its header in the same memory", () => {
    const connection = server();
    const message = new PreparedMessage(new Uint8Array(10));
    connection.ping(hex("00 00 00 00 00 00 00 00"));
    connection.sendPrepared(message);
    lose(message.serverFrame);
    expect(frames(connection)).toEqual([{ opcode: 9, payload: Array(8).fill(0) }, CLOSE]);
  });

  test("behind a long payload that is still there", () => {
    const connection = server();
    const there = new Uint8Array(LONG).fill(5);
    const gone = new Uint8Array(LONG);
    connection.sendBinary(there);
    connection.sendBinary(gone);
    lose(gone);
    expect(frames(connection)).toEqual([{ opcode: 2, payload: [...there] }, CLOSE]);
  });

  test("when the closing handshake has begun: the Close behind it was dropped, too", () => {
    const connection = server();
    const payload = new Uint8Array(LONG);
    connection.sendBinary(payload);
    connection.close(1000);
    lose(payload);
    expect(frames(connection)).toEqual([CLOSE]);
    expect(connection.end()).toEqual([LOST]);
  });

  test("when the connection is over: nothing false leaves", () => {
    const connection = server();
    const payload = new Uint8Array(LONG);
    connection.sendBinary(hex("01"));
    connection.sendBinary(payload);
    expect(connection.receive(frame({ opcode: 8, mask: KEY }))).toHaveLength(1);
    lose(payload);
    expect(frames(connection)).toEqual([{ opcode: 2, payload: [1] }]);
    expect(connection.end()).toEqual([]);
  });

  test("of a client, which masks a copy, is not missed", () => {
    const connection = new Connection({ role: "client" });
    const payload = new Uint8Array(LONG).fill(7);
    connection.sendBinary(payload);
    lose(payload);
    expect(frames(connection)).toEqual([{ opcode: 2, payload: Array(LONG).fill(7) }]);
    expect(connection.state).toBe("open");
  });
});

test("memory of WebAssembly that has grown is noticed", () => {
  const connection = server();
  const { payload, lose } = growingMemory();
  connection.sendBinary(payload);
  connection.sendText("behind");
  lose();
  expect(frames(connection)).toEqual([CLOSE]);
});

test("memory that only became shorter was copied", () => {
  const connection = server();
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [LONG, { maxByteLength: LONG }]);
  connection.sendBinary(new Uint8Array(buffer).fill(3));
  connection.sendText("behind");
  Reflect.apply(Reflect.get(ArrayBuffer.prototype, "resize"), buffer, [0]);
  expect(frames(connection).map(({ payload }) => payload.length)).toEqual([LONG, 6]);
});
