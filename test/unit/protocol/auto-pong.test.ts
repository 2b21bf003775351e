// With `autoPong: false` pings are the application's to answer.
import { expect, test } from "vitest";
import { Connection, Endpoint, type Role } from "../../../src/index.js";
import { CodecStreams } from "../../../src/streams/index.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { describeEvents } from "../../support/run.js";

const ROLES: readonly Role[] = ["server", "client"];

const ping = (role: Role, payload: string | Uint8Array) =>
  frame({ opcode: 9, payload, mask: role === "server" ? KEY : undefined });

test.each(ROLES)("a %s's endpoint reports pings and answers none", (role) => {
  const sink = new RecordingSink();
  const endpoint = new Endpoint(sink, { role, autoPong: false });
  endpoint.receive(concat([ping(role, "a"), ping(role, "b")]));
  endpoint.settle();
  expect(sink.lines).toEqual(["ping 61", "ping 62"]);
  expect(endpoint.outbox.bytes).toBe(0);
});

test.each(ROLES)("a %s's loop answers pings itself, in its order", (role) => {
  const connection = new Connection({ role, autoPong: false, maskingKey: () => 0 });
  for (const event of connection.receive(concat([ping(role, "a"), ping(role, "b"), ping(role, "c")]))) {
    if (event.type === "ping" && event.payload[0] !== 0x62) connection.pong(event.payload);
  }
  const key = role === "client" ? [0, 0, 0, 0] : undefined;
  const pongs = [
    frame({ opcode: 10, payload: "a", mask: key }),
    frame({ opcode: 10, payload: "c", mask: key }),
  ];
  expect(toHex(concat(connection.takeOutput()))).toBe(toHex(concat(pongs)));
});

test("a flood of pings leaves nothing to be sent, nor anything kept", () => {
  const connection = new Connection({ role: "server", autoPong: false });
  const flood = concat(Array.from({ length: 1000 }, () => ping("server", new Uint8Array(125))));
  for (let i = 0; i < 10; i++) expect(connection.receive(flood)).toHaveLength(1000);
  expect(connection.takeOutput()).toEqual([]);
  // The peer's Close frame is answered all the same.
  connection.receive(frame({ opcode: 8, mask: KEY, payload: hex("03 e8") }));
  expect(toHex(concat(connection.takeOutput()))).toBe("88 02 03 e8");
});

test("streams answer none, either", async () => {
  const { decoder, encoder } = new CodecStreams({ role: "server", autoPong: false });
  const events = decoder.readable.getReader();
  const writer = encoder.writable.getWriter();
  decoder.writable.getWriter().write(ping("server", "a"));
  const { value } = await events.read();
  expect(value === undefined ? [] : describeEvents([value])).toEqual(["ping 61"]);
  const output = encoder.readable.getReader();
  writer.write("b");
  writer.write({ type: "pong", payload: "c" });
  const read = [await output.read(), await output.read()].map((each) => toHex(each.value ?? hex("")));
  expect(read).toEqual(["81 01 62", "8a 01 63"]);
});
