// The messages of a connection that are received as streams: when the peer has to wait, and for what.
import { expect, test } from "vitest";
import { IncomingStreams } from "../../../../src/adapter/socket/incoming-streams.js";
import type { MessageStream } from "../../../../src/adapter/socket/message-stream.js";
import { Owner } from "./parts.js";

class StreamsProbe extends Owner {
  readonly messages: MessageStream[] = [];
  readonly handled: (() => void)[] = [];
  readonly streams = new IncomingStreams(this);

  streamCame(message: MessageStream, handled: () => void): void {
    this.messages.push(message);
    this.handled.push(handled);
  }

  piece(length: number, final = false): void {
    this.streams.fragment(new Uint8Array(length), "binary", final);
  }

  reader(index: number): AsyncIterator<Uint8Array, undefined> {
    const message = this.messages[index];
    if (message === undefined) throw new Error("no such message");
    return message[Symbol.asyncIterator]();
  }
}

/** Lets what waits for the end of the current call happen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await undefined;
}

test("64 KiB that are not read hold the peer back, until 32 KiB are left", async () => {
  const probe = new StreamsProbe();
  for (let i = 0; i < 6; i++) probe.piece(9 * 1024);
  expect(probe.told).toEqual([]);
  probe.piece(9 * 1024);
  expect(probe.told).toEqual(["held"]);
  const reader = probe.reader(0);
  for (let i = 0; i < 3; i++) await reader.next();
  await settled();
  expect(probe.told).toEqual(["held"]);
  await reader.next();
  await settled();
  expect(probe.told).toEqual(["held", "released"]);
});

test("pieces of a byte hold the peer back when 256 of them wait", () => {
  const probe = new StreamsProbe();
  for (let i = 0; i < 255; i++) probe.piece(1);
  expect(probe.told).toEqual([]);
  probe.piece(1);
  expect(probe.told).toEqual(["held"]);
});

test("behind the last piece everything waits for the reader and for the handler", async () => {
  for (const order of ["reader first", "handler first"]) {
    const probe = new StreamsProbe();
    probe.piece(1, true);
    expect(probe.told).toEqual(["held"]);
    const reader = probe.reader(0);
    await reader.next();
    if (order === "reader first") await reader.next();
    else probe.handled[0]?.();
    await settled();
    expect(probe.told).toEqual(order === "reader first" ? ["held"] : ["held", "released"]);
    if (order === "reader first") probe.handled[0]?.();
    else await reader.next();
    await settled();
    expect(probe.told).toEqual(["held", "released"]);
    probe.piece(1, true);
    expect(probe.messages).toHaveLength(2);
  }
});

test("a message that nothing reads is discarded when its handler has returned, and the rest of it passes by", async () => {
  const probe = new StreamsProbe();
  probe.piece(100_000);
  expect(probe.told).toEqual(["held"]);
  probe.handled[0]?.();
  await settled();
  expect(probe.told).toEqual(["held", "released"]);
  for (let i = 0; i < 10; i++) probe.piece(100_000);
  probe.piece(0, true);
  expect(probe.told).toEqual(["held", "released"]);
  expect(probe.messages).toHaveLength(1);
});

test("the end of the connection waits for the handler, and for nothing else", async () => {
  const probe = new StreamsProbe();
  probe.piece(100_000);
  probe.streams.closed({ type: "close", code: 1006, reason: "", wasClean: false });
  expect(probe.told).toEqual(["held"]);
  probe.handled[0]?.();
  await settled();
  expect(probe.told).toEqual(["held", "released"]);
});
