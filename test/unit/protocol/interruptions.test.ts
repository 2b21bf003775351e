// Calls of `receive` that a handler interrupts, and that go on later: the method `interrupt`.
import { describe, expect, test, vi } from "vitest";
import { Endpoint, type EndpointOptions } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { ReadWindow } from "../../../src/memory/read-window.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

function peer(options: Partial<EndpointOptions> = {}): { sink: RecordingSink; endpoint: Endpoint } {
  const sink = new RecordingSink();
  return { sink, endpoint: new Endpoint(sink, { role: "server", ...options }) };
}

/** Interrupts behind every event. */
function interrupting(options: Partial<EndpointOptions> = {}): { sink: RecordingSink; endpoint: Endpoint } {
  const made = peer(options);
  made.sink.inside = () => made.endpoint.interrupt();
  return made;
}

/** Messages of many lengths, text and binary, whole and in fragments, with pings between them. */
function mixed(count: number): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const payload = new Uint8Array((i * 37) % 3000).fill(97 + (i % 26));
    if (i % 7 === 0) frames.push(frame({ opcode: 9, mask: KEY, payload: payload.subarray(0, 100) }));
    if (i % 5 === 0) {
      const half = payload.length >> 1;
      frames.push(frame({ opcode: 1, mask: KEY, fin: false, payload: payload.subarray(0, half) }));
      frames.push(frame({ opcode: 0, mask: KEY, payload: payload.subarray(half) }));
    } else frames.push(frame({ opcode: 1 + (i % 2), mask: KEY, payload }));
  }
  return concat(frames);
}

function small(count: number): Uint8Array {
  const one = frame({ opcode: 2, mask: KEY, payload: Uint8Array.of(1) });
  return concat(Array.from({ length: count }, () => one));
}

describeKernels("interruptions", (kernel) => {
  test.each([{}, { borrow: true }, { fragments: true }, { textType: "bytes" }, { turnMs: 1e-9 }] as const)(
    "behind every event lose nothing and change no order: %o",
    (options) => {
      const bytes = mixed(400);
      const plain = peer({ ...options, kernel, turnMs: Number.POSITIVE_INFINITY });
      for (let at = 0; at < bytes.length; at += 100_000)
        plain.endpoint.receive(bytes.subarray(at, at + 100_000));
      const { sink, endpoint } = interrupting({ ...options, kernel });
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, (Math.floor(at / 100_000) + 1) * 100_000);
        at += endpoint.receive(bytes.subarray(at, end));
        while (endpoint.interrupted) endpoint.resume();
      }
      expect(sink.lines).toEqual(plain.sink.lines);
    },
  );

  test("hand over one event each, with the reads of others between them", () => {
    const { sink, endpoint } = interrupting({ kernel });
    const other = peer({ kernel });
    const bytes = small(10_000);
    endpoint.readWindow.set(bytes);
    endpoint.receiveWindow(bytes.length);
    let calls = 1;
    for (; endpoint.interrupted; calls++) {
      expect(sink.lines).toHaveLength(calls);
      if (calls % 50 === 0) other.endpoint.receive(mixed(20));
      endpoint.resume();
    }
    expect(sink.lines).toHaveLength(10_000);
  });

  test("in a chunk longer than the window stop at its end: what was not taken is told", () => {
    const { sink, endpoint } = interrupting({ kernel });
    const message = frame({ opcode: 2, mask: KEY, payload: new Uint8Array(layout.READ_WINDOW_LENGTH - 14) });
    const bytes = concat([message, message]);
    const taken = endpoint.receive(bytes);
    expect(taken).toBe(layout.READ_WINDOW_LENGTH);
    expect(sink.lines).toHaveLength(1);
    endpoint.receive(bytes.subarray(taken));
    expect(sink.lines).toHaveLength(2);
  });

  test("near the end of a full table of records, and at it, leave the rest for later", () => {
    for (let at = layout.MAX_RECORDS - 3; at <= layout.MAX_RECORDS; at++) {
      const { sink, endpoint } = peer({ kernel });
      sink.inside = () => {
        if (sink.lines.length === at - 1) endpoint.interrupt();
      };
      endpoint.receive(small(2 * layout.MAX_RECORDS));
      expect(endpoint.interrupted).toBe(true);
      expect(sink.lines).toHaveLength(at);
      peer({ kernel }).endpoint.receive(mixed(20));
      endpoint.resume();
      expect(endpoint.interrupted).toBe(false);
      expect(sink.lines).toHaveLength(2 * layout.MAX_RECORDS);
      expect(sink.closed).toBeUndefined();
    }
  });

  test("outside of a handler change nothing", () => {
    const { sink, endpoint } = peer({ kernel });
    endpoint.interrupt();
    endpoint.receive(small(3));
    expect(endpoint.interrupted).toBe(false);
    expect(sink.lines).toHaveLength(3);
  });

  test("at the last event of a read leave nothing to resume", () => {
    const { sink, endpoint } = interrupting({ kernel });
    endpoint.receive(small(1));
    expect(endpoint.interrupted).toBe(false);
    endpoint.receive(small(1));
    expect(sink.lines).toHaveLength(2);
  });

  test("are over when the connection is", () => {
    const { sink, endpoint } = interrupting({ kernel });
    endpoint.receive(small(10));
    endpoint.fail(1011);
    expect(endpoint.interrupted).toBe(false);
    endpoint.resume();
    expect(sink.lines).toHaveLength(2);
  });

  test("find a violation in its place", () => {
    const { sink, endpoint } = interrupting({ kernel });
    endpoint.receive(concat([small(70), frame({ opcode: 3, mask: KEY, payload: new Uint8Array(0) })]));
    while (endpoint.interrupted) endpoint.resume();
    expect(sink.lines).toHaveLength(71);
    expect(sink.closed?.failure).toMatchObject({ code: "RESERVED_OPCODE", offset: 70 * 7 });
  });
});

describe("the cost of interruptions", () => {
  test.each([1, 1_000, 20_000])("behind messages of %i bytes is in proportion to the bytes", (length) => {
    const { endpoint } = interrupting();
    const one = frame({ opcode: 2, mask: KEY, payload: new Uint8Array(length) });
    const bytes = concat(Array.from({ length: Math.floor(250_000 / one.length) }, () => one));
    let records = 0;
    const put = ReadWindow.prototype.putRest;
    const spy = vi.spyOn(ReadWindow.prototype, "putRest").mockImplementation(function (
      this: ReadWindow,
      rest,
    ) {
      const count = put.call(this, rest);
      records += count;
      return count;
    });
    endpoint.receive(bytes);
    let resumes = 0;
    for (; endpoint.interrupted; resumes++) endpoint.resume();
    spy.mockRestore();
    expect(resumes).toBeGreaterThan(10);
    expect(records).toBeLessThanOrEqual(64 * (resumes + 1));
    expect(records * length).toBeLessThanOrEqual((16 * 1024 + 2 * length) * (resumes + 1));
  });
});
