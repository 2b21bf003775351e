// `Connection`: chunks in, lists of events out.
import { expect, test } from "vitest";
import { Connection } from "../../../src/index.js";
import { frame } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { describeEvent } from "../../support/run.js";

describeKernels("connection", (kernel) => {
  test("tells who it is", () => {
    const connection = new Connection({ role: "client", kernel });
    expect([connection.role, connection.state, connection.kernel]).toEqual(["client", "open", kernel]);
  });

  test("events own their bytes: later reads and the caller's chunk don't change them", () => {
    for (const fragments of [false, true]) {
      const connection = new Connection({ role: "client", kernel, fragments });
      const make = (byte: number) =>
        concat([9, 10, 2].map((opcode) => frame({ opcode, payload: new Uint8Array(100).fill(byte) })));
      const chunk = make(1);
      const events = connection.receive(chunk);
      const before = events.map(describeEvent);
      chunk.fill(0xa5);
      connection.receive(make(2));
      new Connection({ role: "client", kernel }).receive(make(3));
      expect(events.map(describeEvent)).toEqual(before);
      // And each is alone with its memory.
      for (const event of events) if ("payload" in event) event.payload.fill(0x5a);
      expect(connection.receive(make(4)).map(describeEvent)).toEqual(
        before.map((line) => line.replaceAll("01", "04")),
      );
    }
  });

  test("fragments come as they arrive, the last one marked", () => {
    const connection = new Connection({ role: "client", kernel, fragments: true });
    const lines = (literal: string) => connection.receive(hex(literal)).map(describeEvent);
    expect(lines("01 05 'He'")).toEqual(["text fragment 48 65"]);
    expect(lines("'l'")).toEqual(["text fragment 6c"]);
    expect(lines("'lo'")).toEqual(["text fragment 6c 6f"]);
    expect(lines("00 00 89 00 00 01 c3")).toEqual(["ping", "text fragment c3"]);
    expect(lines("80 01")).toEqual([]);
    expect(lines("a9")).toEqual(["text fragment, the last a9"]);
    expect(lines("82 00")).toEqual(["binary fragment, the last"]);
    expect(lines("02 01 07 80 00")).toEqual(["binary fragment 07", "binary fragment, the last"]);
    expect(lines("81 04 'ab' ff 'c'")).toEqual(["text fragment 61 62", 'close 1006 "" unclean']);
  });

  test("an empty chunk brings nothing", () => {
    const connection = new Connection({ role: "client", kernel });
    expect(connection.receive(hex(""))).toEqual([]);
    expect(connection.receive(hex("81"))).toEqual([]);
    expect(connection.receive(hex(""))).toEqual([]);
    expect(connection.receive(hex("01 'a'")).map(describeEvent)).toEqual(['text "a"']);
  });
});

test("bufferedAmount is what takeOutput would return", () => {
  const connection = new Connection({ role: "server" });
  expect(connection.bufferedAmount).toBe(0);
  connection.sendText("hello");
  connection.sendBinary(new Uint8Array(40_000));
  const waiting = connection.bufferedAmount;
  const bytes = connection.takeOutput().reduce((sum, chunk) => sum + chunk.length, 0);
  expect(waiting).toBe(bytes);
  expect(connection.bufferedAmount).toBe(0);
});

test("a fragment must say whether it is the last", () => {
  const connection = new Connection({ role: "server" });
  expect(() => Reflect.apply(connection.sendFragment, connection, ["a"])).toThrow(
    "final must be true or false",
  );
  connection.sendText("b");
  expect(connection.takeOutput()).toHaveLength(1);
});
