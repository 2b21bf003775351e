// Bytes of every kind, of this realm and another, wherever they are taken.
import { createContext, runInContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { type Bytes, Connection, type ConnectionEvent, PreparedMessage } from "../../../src/index.js";
import { CodecStreams } from "../../../src/streams/index.js";
import { toHex } from "../../support/hex.js";

const PAYLOAD = Uint8Array.of(0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x79, 0x6f);

/** The payload as bytes of each kind, at the start of its memory and inside of it. */
const MAKE = `(kinds => {
  const filled = (memory, offset) => {
    new Uint8Array(memory, offset, 8).set([0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x79, 0x6f]);
    return memory;
  };
  const found = [];
  for (const [memoryName, memoryOf] of [["ArrayBuffer", (n) => new ArrayBuffer(n)], ["SharedArrayBuffer", (n) => new SharedArrayBuffer(n)]]) {
    found.push([memoryName, filled(memoryOf(8), 0)]);
    for (const kind of kinds) {
      const View = globalThis[kind];
      const count = 8 / (View.BYTES_PER_ELEMENT ?? 1);
      found.push([kind + " of all of it, " + memoryName, new View(filled(memoryOf(8), 0))]);
      found.push([kind + " inside of it, " + memoryName, new View(filled(memoryOf(32), 16), 16, count)]);
    }
  }
  return found;
})`;
const KINDS = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DataView"],
];

type Kinds = readonly (readonly [title: string, bytes: Bytes])[];

const realms: readonly (readonly [title: string, kinds: Kinds])[] = [
  ["this realm", [["a Buffer", Buffer.from(PAYLOAD)], ...indirectly(MAKE)(KINDS)]],
  ["another realm", runInContext(MAKE, createContext())(KINDS)],
];

function indirectly(code: string): (kinds: readonly string[]) => Kinds {
  // biome-ignore lint/security/noGlobalEval: the same code makes them in both realms.
  return globalThis.eval(code);
}

/** What a server's connection sends when it does this. */
function sent(act: (connection: Connection) => void): string {
  const connection = new Connection({ role: "server" });
  act(connection);
  return toHex(Buffer.concat(connection.takeOutput()));
}

const frameOf = (first: number): string => toHex(Uint8Array.of(first, PAYLOAD.length, ...PAYLOAD));

describe.each(realms)("bytes of %s", (_, kinds) => {
  test.each(kinds)("can be sent: %s", (_title, bytes) => {
    expect(sent((connection) => connection.sendBinary(bytes))).toBe(frameOf(0x82));
    expect(sent((connection) => connection.sendText(bytes))).toBe(frameOf(0x81));
    expect(sent((connection) => connection.sendFragment(bytes, false))).toBe(frameOf(0x02));
    expect(sent((connection) => connection.sendFragment(bytes, true, "text"))).toBe(frameOf(0x81));
    expect(sent((connection) => connection.ping(bytes))).toBe(frameOf(0x89));
    expect(sent((connection) => connection.pong(bytes))).toBe(frameOf(0x8a));
    expect(toHex(new PreparedMessage(bytes).serverFrame)).toBe(frameOf(0x82));
    expect(toHex(new PreparedMessage(bytes, "text").serverFrame)).toBe(frameOf(0x81));
  });

  test.each(kinds)("can be received: %s", (_title, bytes) => {
    const client = new Connection({ role: "client" });
    const start = Uint8Array.of(0x82, 8);
    const events: ConnectionEvent[] = [...client.receive(start), ...client.receive(bytes)];
    expect(events).toEqual([{ type: "binary", payload: PAYLOAD }]);
  });

  test("can be written to streams", async () => {
    for (const [title, bytes] of kinds) {
      const { encoder } = new CodecStreams({ role: "server" });
      const reading = encoder.readable.getReader().read();
      await encoder.writable.getWriter().write(bytes);
      expect(toHex((await reading).value ?? new Uint8Array(0)), title).toBe(frameOf(0x82));
    }
  });
});

describe("what is no bytes", () => {
  class Fake {
    readonly byteLength = 8;
    readonly length = 8;
    readonly [Symbol.toStringTag] = "ArrayBuffer";
  }
  const nothing: readonly unknown[] = [
    undefined,
    null,
    5,
    true,
    [1, 2],
    { length: 2 },
    new Fake(),
    () => {},
    Symbol(),
  ];

  test.each(nothing.map((each) => [String(typeof each), each]))(
    "is refused before anything changes: %s",
    (_, value) => {
      const bytes: Uint8Array = JSON.parse("null") ?? value;
      const connection = new Connection({ role: "server" });
      const calls = [
        () => connection.sendBinary(bytes),
        () => connection.sendText(bytes),
        () => connection.sendFragment(bytes, true),
        () => connection.receive(bytes),
        () => new PreparedMessage(bytes),
      ];
      for (const call of calls) expect(call).toThrow(TypeError);
      expect(connection.takeOutput()).toEqual([]);
      expect(connection.state).toBe("open");
    },
  );
});

describe("a PreparedMessage of another copy of the package", () => {
  test("is as good as one of this", async () => {
    vi.resetModules();
    const other = await import("../../../src/protocol/prepared-message.js");
    expect(other.PreparedMessage).not.toBe(PreparedMessage);
    const message = new other.PreparedMessage("Hello yo");
    expect(message instanceof PreparedMessage).toBe(true);
    expect(sent((connection) => connection.sendPrepared(message))).toBe(frameOf(0x81));
    expect(new PreparedMessage("mine") instanceof other.PreparedMessage).toBe(true);
  });

  test("is not anything that looks like one", () => {
    const { opcode, payload, serverFrame } = new PreparedMessage("x");
    for (const value of [{ opcode, payload, serverFrame }, "x", undefined, null, new Uint8Array(1)]) {
      expect(value instanceof PreparedMessage).toBe(false);
    }
  });
});
