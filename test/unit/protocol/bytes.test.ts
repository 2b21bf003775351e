// Bytes of every kind, of this realm and another, wherever they are taken.
import { describe, expect, test, vi } from "vitest";
import { Connection, type ConnectionEvent, PreparedMessage } from "../../../src/index.js";
import { CodecStreams } from "../../../src/streams/index.js";
import { BYTES_OF_EVERY_KIND, PAYLOAD } from "../../support/bytes-of-every-kind.js";
import { toHex } from "../../support/hex.js";

/** What a server's connection sends when it does this. */
function sent(act: (connection: Connection) => void): string {
  const connection = new Connection({ role: "server" });
  act(connection);
  return toHex(Buffer.concat(connection.takeOutput()));
}

const frameOf = (first: number): string => toHex(Uint8Array.of(first, PAYLOAD.length, ...PAYLOAD));

describe.each(BYTES_OF_EVERY_KIND)("bytes of %s", (_, kinds) => {
  test.each(kinds)("can be sent: %s", (_title, bytes) => {
    expect(sent((connection) => connection.sendBinary(bytes))).toBe(frameOf(0x82));
    expect(sent((connection) => connection.sendText(bytes))).toBe(frameOf(0x81));
    expect(sent((connection) => connection.sendFragment(bytes, false))).toBe(frameOf(0x02));
    expect(sent((connection) => connection.sendFragment(bytes, true, { type: "text" }))).toBe(frameOf(0x81));
    expect(sent((connection) => connection.ping(bytes))).toBe(frameOf(0x89));
    expect(sent((connection) => connection.pong(bytes))).toBe(frameOf(0x8a));
    expect(toHex(new PreparedMessage(bytes).serverFrame)).toBe(frameOf(0x82));
    expect(toHex(new PreparedMessage(bytes, { type: "text" }).serverFrame)).toBe(frameOf(0x81));
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
        // Without a payload, a ping is empty.
        ...(value === undefined ? [] : [() => connection.ping(bytes), () => connection.pong(bytes)]),
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
