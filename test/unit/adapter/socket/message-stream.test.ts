// A message that is received as a stream by itself: its pieces, its readers and its end.
import { expect, test } from "vitest";
import { IncomingMessage } from "../../../../src/adapter/socket/message-stream.js";
import type { MessageType } from "../../../../src/protocol/events.js";

const CLOSED = { type: "close", code: 1006, reason: "", wasClean: false } as const;

function incoming(type: MessageType = "binary"): { message: IncomingMessage; progress: () => number } {
  let calls = 0;
  const owner = {
    allocate: (length: number) => new Uint8Array(length),
    progressed: () => void calls++,
  };
  return { message: new IncomingMessage(owner, type), progress: () => calls };
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

test("pieces that wait are counted with their memory, and no more once they are taken", async () => {
  const { message, progress } = incoming();
  message.push(bytes(1, 2), false);
  message.push(bytes(), false);
  message.push(bytes(3), false);
  expect(message.heldBytes).toBe(3 + 2 * 256);
  const pieces = message[Symbol.asyncIterator]();
  expect(await pieces.next()).toEqual({ done: false, value: bytes(1, 2) });
  expect(message.heldBytes).toBe(1 + 256);
  expect(progress()).toBe(1);
  expect(await pieces.next()).toEqual({ done: false, value: bytes(3) });
  expect(message.heldBytes).toBe(0);
});

test("calls that wait get the pieces in their order, and the end", async () => {
  const { message } = incoming();
  const pieces = message[Symbol.asyncIterator]();
  const three = [pieces.next(), pieces.next(), pieces.next()];
  message.push(bytes(1), false);
  message.push(bytes(2), true);
  expect((await Promise.all(three)).map(({ value }) => value)).toEqual([bytes(1), bytes(2), undefined]);
  expect(message.over).toBe(true);
  expect(await pieces.next()).toEqual({ done: true, value: undefined });
});

test("it is over when its reader has seen the end, not when the last piece was taken", async () => {
  const { message } = incoming();
  message.push(bytes(1), true);
  const pieces = message[Symbol.asyncIterator]();
  await pieces.next();
  expect(message.over).toBe(false);
  await pieces.next();
  expect(message.over).toBe(true);
});

test("it is over with its last piece if the handler has returned then", async () => {
  const { message } = incoming();
  message.push(bytes(1), true);
  await message[Symbol.asyncIterator]().next();
  message.handled();
  expect(message.over).toBe(true);
});

test.each([
  ["one piece is not copied", [bytes(1, 2)]],
  ["no piece is no bytes", []],
  ["several are joined", [bytes(1), bytes(2), bytes(3)]],
])("bytes(): %s", async (_, pieces) => {
  const { message } = incoming();
  for (const piece of pieces) message.push(piece, false);
  message.push(bytes(), true);
  const whole = await message.bytes();
  expect([...whole]).toEqual(pieces.flatMap((piece) => [...piece]));
  if (pieces.length === 1) expect(whole).toBe(pieces[0]);
});

test("text() joins characters that were cut, keeps a byte order mark, and refuses what is not UTF-8", async () => {
  const text = "\ufeffa\u00e9\u{1f600}";
  const { message } = incoming("text");
  for (const byte of new TextEncoder().encode(text)) message.push(bytes(byte), false);
  message.push(bytes(), true);
  expect(await message.text()).toBe(text);
  for (const wrong of [bytes(0xff), bytes(0xc3)]) {
    const binary = incoming().message;
    binary.push(wrong, true);
    await expect(binary.text()).rejects.toThrow(TypeError);
    expect(binary.over).toBe(true);
  }
});

test("a message that is cut gives its pieces, and then the error, to each kind of reader", async () => {
  const kinds = [
    (message: IncomingMessage) => message.text(),
    (message: IncomingMessage) => message.bytes(),
    async (message: IncomingMessage) => {
      const seen: Uint8Array[] = [];
      for await (const piece of message.readable) seen.push(piece);
    },
  ];
  for (const read of kinds) {
    const { message } = incoming("text");
    message.push(bytes(65), false);
    message.cut(CLOSED);
    await expect(read(message)).rejects.toMatchObject({ name: "IncompleteMessageError", cause: CLOSED });
    expect(message.over).toBe(true);
  }
  const { message } = incoming();
  const pieces = message[Symbol.asyncIterator]();
  const waiting = pieces.next();
  message.cut(CLOSED);
  await expect(waiting).rejects.toThrow("the connection ended before the message");
});

test("a message that is whole is not cut", async () => {
  const { message } = incoming();
  message.push(bytes(1), true);
  message.cut(CLOSED);
  expect(await message.bytes()).toEqual(bytes(1));
});

test("what is discarded takes no memory, and what comes later is dropped", async () => {
  const { message, progress } = incoming();
  message.push(new Uint8Array(1000), false);
  const pieces = message[Symbol.asyncIterator]();
  await pieces.return?.();
  expect(progress()).toBe(1);
  message.push(new Uint8Array(1000), false);
  message.push(new Uint8Array(1000), true);
  expect(message.heldBytes).toBe(0);
  expect(message.over).toBe(true);
});

test("there is one reader", async () => {
  const readers: readonly ((message: IncomingMessage) => unknown)[] = [
    (message) => message[Symbol.asyncIterator](),
    (message) => message.readable,
    (message) => message.text(),
    (message) => message.bytes(),
  ];
  for (const first of readers) {
    for (const second of readers) {
      if (first === second && first === readers[1]) continue;
      const { message } = incoming();
      message.push(bytes(1), true);
      first(message);
      await expect((async () => second(message))()).rejects.toThrow("the message has another reader");
    }
  }
  const { message } = incoming();
  expect(message.readable).toBe(message.readable);
});
