// Memory that changes its length or its bytes while it is copied: nothing is written over the windows of others, and nothing goes out
// that was not checked.

import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { Connection, Endpoint, PreparedMessage } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace, Workspace } from "../../../src/memory/workspace.js";
import { BY_REFERENCE_BYTES } from "../../../src/protocol/encoder.js";
import { growableBuffer, resizableBuffer } from "../../support/buffers.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

const UNTOUCHED = 0xa5;

/**
 * Bytes that are more than their first `lies` readers of `length` are told, as if another thread let them grow in
 * between.
 */
class Growing extends Uint8Array<SharedArrayBuffer> {
  readonly #told: number;
  #lies: number;

  constructor(length: number, told: number, lies: number) {
    super(new SharedArrayBuffer(length));
    this.fill(1);
    this.#told = told;
    this.#lies = lies;
  }

  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  override get length(): number {
    return this.#lies-- > 0 ? this.#told : super.length;
  }
}

const LENGTHS = [0, 100, 5000, BY_REFERENCE_BYTES - 1, BY_REFERENCE_BYTES, 100_000];
const TOLD = [1, 2, 3];

describeKernels("memory that grows between two looks at its length", (kernel) => {
  const { linear } = sharedWorkspace(kernel);

  /** Runs something, and checks all of linear memory but for the windows that it may write to. */
  function untouchedBut(windows: readonly (readonly [number, number])[], run: () => void): void {
    const before = linear.memory.slice();
    run();
    const after = linear.memory;
    let at = layout.READ_WINDOW_PTR;
    for (const [start, end] of [...windows, [after.length, after.length] as const]) {
      expect(Buffer.compare(after.subarray(at, start), before.subarray(at, start))).toBe(0);
      at = end;
    }
  }

  const scratch = [
    layout.SCRATCH_WINDOW_PTR,
    layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH,
  ] as const;
  const write = [layout.WRITE_WINDOW_PTR, layout.WRITE_WINDOW_PTR + layout.WRITE_WINDOW_LENGTH] as const;
  const wide = [layout.WIDE_WINDOW_PTR, layout.WIDE_WINDOW_PTR + layout.WIDE_WINDOW_LENGTH] as const;

  const sends: readonly [string, (endpoint: Endpoint, payload: Uint8Array) => void][] = [
    ["a binary message", (endpoint, payload) => endpoint.sendBinary(payload)],
    ["text as bytes", (endpoint, payload) => endpoint.sendText(payload)],
    ["a fragment", (endpoint, payload) => endpoint.sendFragment(payload, true)],
    ["a prepared message", (endpoint, payload) => endpoint.sendPrepared(new PreparedMessage(payload))],
  ];

  test.each(sends)("%s", (_, send) => {
    for (const role of ["server", "client"] as const) {
      for (const corked of [false, true]) {
        for (const length of LENGTHS) {
          for (const lies of TOLD) {
            const endpoint = new Endpoint(new RecordingSink(), { role, kernel });
            if (corked) endpoint.outbox.cork();
            const payload = new Growing(600_000, length, lies);
            untouchedBut([write, scratch], () => send(endpoint, payload));
            // For every length that was seen, the output is a frame, and its payload consists of the caller's bytes.
            const frames = parseFrames(concat(endpoint.outbox.take()));
            endpoint.outbox.release();
            expect(frames).toHaveLength(1);
            expect(frames[0]?.payload.every((byte) => byte === 1)).toBe(true);
          }
        }
      }
    }
  });

  test.each(["ping", "pong"] as const)("a %s", (which) => {
    for (const length of [0, 1, 125]) {
      for (const lies of TOLD) {
        const endpoint = new Endpoint(new RecordingSink(), { role: "server", kernel });
        try {
          untouchedBut([scratch], () => endpoint[which](new Growing(600_000, length, lies)));
        } catch (error) {
          // It was seen to be too long in time.
          expect(error).toBeInstanceOf(RangeError);
          expect(endpoint.outbox.take()).toEqual([]);
          continue;
        }
        expect(parseFrames(concat(endpoint.outbox.take()))[0]?.payload).toHaveLength(length);
      }
    }
  });

  test("a chunk that is received", () => {
    const ping = frame({ opcode: 9, mask: KEY, payload: "p" });
    for (const lies of TOLD) {
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, { role: "server", kernel });
      const chunk = new Growing(600_000, ping.length, lies);
      chunk.set(ping);
      const window = [layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH] as const;
      untouchedBut([window, write, scratch, wide], () => endpoint.receive(chunk));
      expect(sink.lines[0]).toBe("ping 70");
    }
  });
});

describe("memory that another thread lets grow", () => {
  let worker: Worker | undefined;
  afterEach(async () => {
    await worker?.terminate();
    worker = undefined;
  });

  test("stays in its window", async () => {
    // Each round has a buffer of its own, which grows while it is sent.
    const ROUNDS = 300;
    const buffers = Array.from({ length: ROUNDS }, () => growableBuffer(20_000));
    const turn = new Int32Array(new SharedArrayBuffer(8));
    worker = new Worker(
      `const { workerData: { buffers, turn } } = require("node:worker_threads");
       for (let i = 0; i < buffers.length; i++) {
         while (Atomics.load(turn, 0) < i + 1);
         buffers[i].grow(40_000);
         Atomics.store(turn, 1, i + 1);
       }`,
      { eval: true, workerData: { buffers, turn } },
    );
    await new Promise((resolve) => worker?.once("online", resolve));
    const { linear } = sharedWorkspace();
    const behind = layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH;
    for (const [i, buffer] of buffers.entries()) {
      const connection = new Connection({ role: "server" });
      const payload = new Uint8Array(buffer);
      linear.memory.fill(UNTOUCHED, behind, behind + 32);
      Atomics.store(turn, 0, i + 1);
      connection.sendBinary(payload);
      while (Atomics.load(turn, 1) < i + 1);
      const [sent, ...others] = parseFrames(concat(connection.takeOutput()));
      expect([20_000, 40_000]).toContain(sent?.payload.length);
      expect(others).toEqual([]);
      expect(linear.memory.subarray(behind, behind + 32).every((byte) => byte === UNTOUCHED)).toBe(true);
    }
  });
});

describeKernels("text that changes behind the check", (kernel) => {
  test.each([
    ["short", 40],
    ["long", 200_000],
  ])("%s shared text is copied once, and the copy is checked", (_, length) => {
    const shared = new Uint8Array(new SharedArrayBuffer(length)).fill(97);
    const { linear } = sharedWorkspace(kernel);
    const { kernel: whole } = linear;
    // Another thread writes as soon as the check is over.
    linear.use({
      ...whole,
      validateUtf8(ptr, bytes, carry) {
        const result = whole.validateUtf8(ptr, bytes, carry);
        shared.fill(0xff);
        return result;
      },
    });
    try {
      const connection = new Connection({ role: "server", kernel });
      connection.sendText(shared);
      const [sent] = parseFrames(concat(connection.takeOutput()));
      expect(sent?.payload).toHaveLength(length);
      expect(sent?.payload.every((byte) => byte === 97)).toBe(true);
    } finally {
      linear.use(whole);
    }
  });

  test("what is no UTF-8 leaves nothing behind", () => {
    for (const length of [2, 40_000]) {
      const connection = new Connection({ role: "server", kernel });
      const bad = new Uint8Array(new SharedArrayBuffer(length)).fill(0xff);
      expect(() => connection.sendText(bad)).toThrow(TypeError);
      expect(() => connection.sendFragment(bad, false, { type: "text" })).toThrow(TypeError);
      expect(connection.takeOutput()).toEqual([]);
      connection.sendText("good");
      expect(parseFrames(concat(connection.takeOutput()))).toHaveLength(1);
    }
  });
});

test("a chunk that its handler makes shorter brings nothing that was not in it", () => {
  const message = frame({ opcode: 2, mask: KEY, payload: "first" });
  const length = layout.READ_WINDOW_LENGTH + 1000;
  const buffer = resizableBuffer(length);
  const chunk = new Uint8Array(buffer);
  for (let at = 0; at + message.length <= length; at += message.length) chunk.set(message, at);
  const sink = new RecordingSink();
  sink.inside = () => {
    Reflect.apply(Reflect.get(ArrayBuffer.prototype, "resize"), buffer, [layout.READ_WINDOW_LENGTH + 10]);
  };
  const endpoint = new Endpoint(sink, { role: "server" });
  expect(() => endpoint.receive(chunk)).toThrow(RangeError);
  expect(new Set(sink.lines.slice(0, -1)).size).toBe(1);
  expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL" });
});

test("a chunk that its handler makes longer is as long as it was given", () => {
  const message = frame({ opcode: 2, mask: KEY, payload: "first" });
  const buffer = resizableBuffer(message.length);
  new Uint8Array(buffer).set(message);
  const sink = new RecordingSink();
  sink.inside = () => {
    Reflect.apply(Reflect.get(ArrayBuffer.prototype, "resize"), buffer, [2 * message.length]);
    new Uint8Array(buffer).set(message, message.length);
  };
  const endpoint = new Endpoint(sink, { role: "server" });
  endpoint.receive(new Uint8Array(buffer));
  expect(sink.lines).toHaveLength(1);
});

test("nothing is copied where no window is", () => {
  const { linear } = new Workspace("js");
  const end = layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH;
  expect(() => linear.copyIn(end - 2, hex("01 02 03"), 3)).toThrow(RangeError);
  expect([...linear.memory.subarray(end - 2, end + 1)]).toEqual([0, 0, 0]);
});
