// The reports of a stream that was asked to report each write, and those of one that was not.
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { DEAF } from "../../../src/adapter/transport.js";
import { DuplexTransport } from "../../../src/node/duplex-transport.js";

/** A stream whose writes end when the test says so. */
function slowStream() {
  const pending: (() => void)[] = [];
  const stream = new Duplex({
    read() {},
    write: (_chunk, _encoding, callback) => void pending.push(callback),
  });
  const transport = new DuplexTransport(stream);
  let reports = 0;
  transport.sink = { ...DEAF, drained: () => reports++ };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const taken = async () => {
    pending.shift()?.();
    await turn();
  };
  return { stream, transport, taken, reports: () => reports };
}

test("a short write is reported when the stream has taken all, if that was asked for", async () => {
  const { transport, taken, reports } = slowStream();
  transport.write(Buffer.from("a"));
  await taken();
  expect(reports()).toBe(0);
  transport.reportWrites();
  transport.write(Buffer.from("b"));
  transport.write(Buffer.from("c"));
  expect(transport.blocked).toBe(false);
  await taken();
  expect(reports()).toBe(0);
  await taken();
  expect(reports()).toBe(1);
});

test("a write that fills the stream is reported, too", async () => {
  const { stream, transport, taken, reports } = slowStream();
  transport.reportWrites();
  transport.write(Buffer.alloc(stream.writableHighWaterMark));
  expect(transport.blocked).toBe(true);
  await taken();
  expect(reports()).toBeGreaterThan(0);
  expect(transport.blocked).toBe(false);
});
