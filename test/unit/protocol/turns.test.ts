// Calls of `receive` that return although messages are left, and go on later: the option `turnMs`.
import { describe, expect, test } from "vitest";
import { Endpoint, type EndpointOptions, InvalidStateError } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

/** So short that each look at the clock ends the call. */
const TURN_MS = 1e-9;

function peer(options: Partial<EndpointOptions> = {}): { sink: RecordingSink; endpoint: Endpoint } {
  const sink = new RecordingSink();
  return { sink, endpoint: new Endpoint(sink, { role: "server", turnMs: TURN_MS, ...options }) };
}

function numbered(count: number, from = 0): Uint8Array {
  return concat(
    Array.from({ length: count }, (_, i) => {
      const payload = Uint8Array.of((from + i) & 0xff, (from + i) >>> 8);
      return frame({ opcode: 2, mask: KEY, payload });
    }),
  );
}

/** Resumes until nothing is left. @returns how often */
function finish(endpoint: Endpoint): number {
  let turns = 0;
  for (; endpoint.interrupted; turns++) endpoint.resume();
  return turns;
}

describeKernels("turns", (kernel) => {
  const whole = peer({ kernel, turnMs: Number.POSITIVE_INFINITY });
  whole.endpoint.receive(numbered(10_000));
  const expected = whole.sink.lines;

  test.each([false, true])("lose nothing and change no order (borrow: %s)", (borrow) => {
    const { sink, endpoint } = peer({ kernel, borrow });
    expect(endpoint.receive(numbered(10_000))).toBe(numbered(10_000).length);
    expect(endpoint.interrupted).toBe(true);
    expect(finish(endpoint)).toBeGreaterThan(100);
    expect(sink.lines).toEqual(expected);
  });

  test("from the window, with others' reads between them", () => {
    const { sink, endpoint } = peer({ kernel });
    const other = peer({ kernel, turnMs: Number.POSITIVE_INFINITY });
    const bytes = numbered(10_000);
    endpoint.readWindow.set(bytes);
    endpoint.receiveWindow(bytes.length);
    while (endpoint.interrupted) {
      other.endpoint.receive(numbered(40, 7));
      endpoint.resume();
    }
    expect(sink.lines).toEqual(expected);
  });

  test("of another connection's handler", () => {
    const { sink, endpoint } = peer({ kernel });
    const outer = peer({ kernel, turnMs: Number.POSITIVE_INFINITY });
    endpoint.receive(numbered(10_000));
    outer.sink.inside = () => endpoint.resume();
    outer.endpoint.receive(numbered(10_000));
    finish(endpoint);
    expect(outer.sink.lines).toEqual(expected);
    expect(sink.lines).toEqual(expected);
  });

  test("a chunk longer than the window: what was not taken is told", () => {
    const { sink, endpoint } = peer({ kernel });
    const bytes = numbered(60_000);
    let at = 0;
    let calls = 0;
    for (; at < bytes.length; calls++) {
      at += endpoint.receive(bytes.subarray(at));
      finish(endpoint);
    }
    expect(calls).toBe(Math.ceil(bytes.length / layout.READ_WINDOW_LENGTH));
    expect(sink.lines).toHaveLength(60_000);
  });

  test("up to 32 messages are one turn, whatever time they take", () => {
    const { sink, endpoint } = peer({ kernel });
    endpoint.receive(numbered(32));
    expect(endpoint.interrupted).toBe(false);
    expect(sink.lines).toHaveLength(32);
  });

  test("of long messages, of which few are put back at once, end in the same way", () => {
    const { sink, endpoint } = peer({ kernel });
    const long = frame({ opcode: 2, mask: KEY, payload: new Uint8Array(1500) });
    endpoint.receive(concat([numbered(32), ...Array.from({ length: 80 }, () => long)]));
    expect(sink.lines).toHaveLength(31);
    const handled: number[] = [];
    for (; endpoint.interrupted; handled.push(sink.lines.length)) endpoint.resume();
    expect(sink.lines).toHaveLength(112);
    // No look at the clock before 32 messages, and one whenever the next were put back.
    expect(
      handled.every((count, i) => i === handled.length - 1 || count - (handled[i - 1] ?? 31) >= 31),
    ).toBe(true);
    expect(handled.length).toBeGreaterThan(1);
  });

  test("nothing else may be received before, nor resumed from inside", () => {
    const { sink, endpoint } = peer({ kernel });
    endpoint.receive(numbered(100));
    expect(() => endpoint.receive(numbered(1))).toThrow(InvalidStateError);
    expect(() => endpoint.receiveWindow(1)).toThrow(InvalidStateError);
    sink.inside = () => expect(() => endpoint.resume()).toThrow(InvalidStateError);
    finish(endpoint);
    endpoint.resume();
    expect(sink.lines).toHaveLength(100);
  });

  test("a violation behind them is found in its place", () => {
    const { sink, endpoint } = peer({ kernel });
    const bytes = numbered(100);
    endpoint.receive(concat([bytes, frame({ opcode: 3, mask: KEY, payload: new Uint8Array(0) })]));
    finish(endpoint);
    expect(sink.lines).toHaveLength(101);
    expect(sink.lines.at(-1)).toContain("close 1006");
    expect(endpoint.state).toBe("closed");
  });

  test("are over when the connection is", () => {
    const { sink, endpoint } = peer({ kernel });
    endpoint.receive(numbered(100));
    endpoint.end();
    expect(endpoint.interrupted).toBe(false);
    endpoint.resume();
    expect(sink.lines.length).toBeLessThan(100);
  });

  test("what the sink throws fails the connection", () => {
    const { sink, endpoint } = peer({ kernel });
    endpoint.receive(numbered(100));
    sink.inside = () => {
      throw new Error("mine");
    };
    expect(() => endpoint.resume()).toThrow("mine");
    expect(endpoint.state).toBe("closed");
  });
});

describe("turnMs", () => {
  test.each([0, -1, Number.NaN, "1"])("of %s is refused", (turnMs) => {
    expect(() => peer(JSON.parse(JSON.stringify({ turnMs: Number.isNaN(turnMs) ? "NaN" : turnMs })))).toThrow(
      /turnMs/,
    );
  });
});
