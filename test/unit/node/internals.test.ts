// What is done where a private part of Node's is missing.
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { BufferClass, findBufferClass } from "../../../src/node/internals/buffer-class.js";
import { bytesTaken, hasHandle } from "../../../src/node/internals/handles.js";
import { NodeTransport } from "../../../src/node/node-transport.js";

describe.each([
  ["that Node has", BufferClass],
  ["that stands in for a missing one", findBufferClass(undefined)],
  ["that stands in for a wrong one", findBufferClass(Uint8Array)],
])("the class %s", (_, View) => {
  test("makes Buffers over memory", () => {
    const memory = Uint8Array.of(104, 105, 33).buffer;
    const view = new View(memory, 1, 2);
    expect(Buffer.isBuffer(view)).toBe(true);
    expect(view.toString()).toBe("i!");
    expect(view.buffer).toBe(memory);
  });

  test("makes Buffers of a length", () => {
    const view = new View(3);
    expect(view).toEqual(Buffer.alloc(3));
    expect(Buffer.isBuffer(view)).toBe(true);
  });
});

describe("a socket without a handle", () => {
  const socket = new Socket();

  test("has taken nothing that could be told", () => {
    expect(hasHandle(socket)).toBe(false);
    expect(bytesTaken(socket)).toBeUndefined();
  });

  test("may keep what is written, and its stream tells how much it took", async () => {
    const taken: Uint8Array[] = [];
    // A class of sockets that does the work of the handle itself.
    const own = Object.assign(new Socket(), {
      _write: (chunk: Uint8Array, _encoding: unknown, done: () => void): void => {
        taken.push(chunk);
        setImmediate(done);
      },
    });
    expect(own).toBeInstanceOf(Duplex);
    const transport = new NodeTransport(own, "auto");
    expect(transport.takesAtOnce).toBe(false);
    transport.write(Buffer.from("hello"));
    expect(transport.sentBytes).toBe(0);
    await expect.poll(() => transport.sentBytes).toBe(5);
    expect(Buffer.concat(taken).toString()).toBe("hello");
    own.destroy();
  });
});

test("a handle that counts one of its two numbers only tells nothing", () => {
  expect(bytesTaken({ _handle: { bytesWritten: 7 } })).toBeUndefined();
  expect(bytesTaken({ _handle: { bytesWritten: 7, writeQueueSize: 3 } })).toBe(4);
  expect(bytesTaken({ _handle: null })).toBeUndefined();
});
