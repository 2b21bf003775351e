// No input may cost more than linear work. Work is counted, not timed: calls of the kernel and the bytes that they walk,
// the records that come back, calls of the host, and the bytes that those allocate and copy.
import { afterEach, describe, expect, test, vi } from "vitest";
import { Connection, Endpoint, type EndpointSink, type Role } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { CountingHost } from "../../support/counting-host.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";

const SIZES = [1024, 4096, 16_384, 65_536];
const LIMITS = { maxMessageBytes: 1 << 20, maxFragments: 1 << 17 };

/** The slope of log(cost) over log(size): 1 is linear, 2 quadratic. */
function slopeOf(costOf: (size: number) => number): number {
  const points = SIZES.map((size) => [Math.log(size), Math.log(costOf(size))] as const);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const rise = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return rise / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const many = (size: number, item: (i: number) => Uint8Array) =>
  Array.from({ length: size }, (_, i) => item(i));
const fragment = (i: number, payload: string, opcode = 1) =>
  frame({ fin: false, opcode: i === 0 ? opcode : 0, mask: KEY, payload });
const end = frame({ opcode: 0, mask: KEY });
const ping = frame({ opcode: 9, mask: KEY, payload: "ping" });

/** Name, and the chunks of an input of that many items. */
const INPUTS: [string, (size: number) => Uint8Array[]][] = [
  ["messages", (size) => [concat(many(size, () => frame({ opcode: 1, mask: KEY, payload: "Hello" })))]],
  [
    "messages, each its own chunk",
    (size) => many(size, () => frame({ opcode: 2, mask: KEY, payload: "Hello" })),
  ],
  ["pings", (size) => [concat(many(size, () => ping))]],
  [
    "pongs, each its own chunk",
    (size) => many(size, () => frame({ opcode: 10, mask: KEY, payload: "pong" })),
  ],
  ["fragments", (size) => [concat([...many(size, (i) => fragment(i, "é")), end])]],
  ["fragments, each its own chunk", (size) => [...many(size, (i) => fragment(i, "é")), end]],
  ["fragments that never end", (size) => many(size, (i) => fragment(i, "x", 2))],
  ["fragments with a ping behind each", (size) => many(size, (i) => concat([fragment(i, "x", 2), ping]))],
  ["empty fragments", (size) => [concat([...many(size, (i) => fragment(i, "")), end])]],
  ["empty fragments, each its own chunk", (size) => [...many(size, (i) => fragment(i, "")), end]],
  [
    "fragments cut before their last byte",
    (size) =>
      many(size / 2, (i) => fragment(i, "xy", 2)).flatMap((one) => [one.subarray(0, -1), one.subarray(-1)]),
  ],
  [
    "chunks of one byte, in one frame",
    (size) => {
      const whole = frame({ opcode: 2, mask: KEY, payload: new Uint8Array(size) });
      return Array.from(whole, (byte) => Uint8Array.of(byte));
    },
  ],
  [
    "chunks of one byte, in many messages",
    (size) => {
      const whole = concat(many(size / 8, () => frame({ opcode: 1, mask: KEY, payload: "é" })));
      return Array.from(whole, (byte) => Uint8Array.of(byte));
    },
  ],
];

const made = new Map<string, Uint8Array[]>();

/** The chunks of an input, made once for all kernels. */
function chunksOnce(name: string, size: number, make: (size: number) => Uint8Array[]): Uint8Array[] {
  const key = `${name} ${size}`;
  const chunks = made.get(key) ?? make(size);
  made.set(key, chunks);
  return chunks;
}

test("the slope of a quadratic cost is seen", () => {
  expect(slopeOf((size) => size)).toBeCloseTo(1);
  expect(slopeOf((size) => size * size)).toBeCloseTo(2);
  expect(slopeOf((size) => size * Math.log2(size))).toBeGreaterThan(1.1);
});

describeKernels("linear cost", (kernel) => {
  const { linear, readWindow } = sharedWorkspace(kernel);
  const real = linear.kernel;
  afterEach(() => {
    linear.use(real);
  });

  /** The work that `use` makes a new connection do. */
  function costOf(role: Role, fragments: boolean, use: (connection: Connection) => void): number {
    const host = new CountingHost();
    const connection = new Connection({ role, kernel, fragments, host, limits: LIMITS, maskingKey: () => 1 });
    let cost = 0;
    linear.use({
      ...real,
      decode: (start, end, ...rest) => {
        const result = real.decode(start, end, ...rest);
        const consumed = linear.words[(layout.STATE_PTR + layout.STATE_CONSUMED) / 4] ?? 0;
        cost += 1 + (consumed - start) + (result >>> layout.DECODED_COUNT_SHIFT);
        return result;
      },
      mask: (ptr, length, key) => {
        cost += 1 + length;
        return real.mask(ptr, length, key);
      },
      validateUtf8: (ptr, length, carry) => {
        cost += 1 + length;
        return real.validateUtf8(ptr, length, carry);
      },
    });
    use(connection);
    linear.use(real);
    expect(connection.state).toBe("open");
    for (const chunk of connection.takeOutput()) cost += 1 + chunk.length;
    return cost + host.calls + host.allocated + host.copied;
  }

  // Pieces are the protocol layer's, the same on each kernel.
  describe.each(kernel === "simd" ? [false, true] : [false])("receiving, fragments: %s", (fragments) => {
    test.each(INPUTS)("%s", (name, chunksOf) => {
      const slope = slopeOf((size) => {
        const chunks = chunksOnce(name, size, chunksOf);
        const cost = costOf("server", fragments, (connection) => {
          for (const chunk of chunks) connection.receive(chunk);
        });
        // What counts nothing proves nothing.
        expect(cost).toBeGreaterThan(size);
        return cost;
      });
      expect(slope).toBeLessThanOrEqual(1.1);
    });
  });

  test.each([1, 6, 40])("receiving inside of the handler of each message of %i bytes", (length) => {
    const payload = new Uint8Array(length);
    const message = frame({ opcode: 2, mask: KEY, payload });
    const slope = slopeOf((size) => {
      const inner = new Connection({ role: "server", kernel, maskingKey: () => 1 });
      const suspend = vi.spyOn(readWindow, "suspend");
      const outer = new Endpoint(
        inSink(() => inner.receive(message)),
        { role: "server", kernel },
      );
      outer.receive(concat(many(size, () => message)));
      expect(suspend).toHaveBeenCalledTimes(size);
      let copied = 0;
      for (const { value } of suspend.mock.results) copied += value.records.length + value.window.length;
      suspend.mockRestore();
      return copied;
    });
    expect(slope).toBeLessThanOrEqual(1.1);
  });

  test.each<[string, (connection: Connection, size: number) => void]>([
    ["messages", (c, size) => repeat(size, () => c.sendText("Hello"))],
    ["fragments", (c, size) => repeat(size, (i) => c.sendFragment("é", i === size - 1))],
    [
      "halves of surrogate pairs",
      (c, size) => repeat(size, (i) => c.sendFragment("💖".charAt(i & 1), i === size - 1)),
    ],
    ["pings", (c, size) => repeat(size, () => c.ping())],
    ["one long message", (c, size) => c.sendBinary(new Uint8Array(16 * size))],
    ["one long text", (c, size) => c.sendText("é".repeat(16 * size))],
  ])("sending %s", (_, send) => {
    for (const role of ["server", "client"] as const) {
      const slope = slopeOf((size) => costOf(role, false, (connection) => send(connection, size)));
      expect(slope).toBeLessThanOrEqual(1.1);
    }
  });
});

/** A sink that does this for each binary message. */
function inSink(act: () => void): EndpointSink {
  const ignore = (): void => {};
  return {
    onBinary: act,
    onText: ignore,
    onFragment: ignore,
    onPing: ignore,
    onPong: ignore,
    onClose: ignore,
  };
}

function repeat(size: number, act: (i: number) => void): void {
  for (let i = 0; i < size; i++) act(i);
}
