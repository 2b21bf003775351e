// Payloads that came in one read: whose memory they are in, and what else is there.
import { describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import { copyRuns, type RunMemory } from "../../../src/host/payload-runs.js";
import { Endpoint, type EndpointOptions } from "../../../src/index.js";
import { nodeHost } from "../../../src/node/host.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";

const memory = (leastBytes: number): RunMemory => ({
  View: Uint8Array,
  leastBytes,
  allocate: (bytes) => new Uint8Array(bytes),
});

const HOSTS = [
  ["Node's host", nodeHost],
  ["a host whose shortest payloads share, too", hostOf(memory(1))],
] as const;

function hostOf(runs: RunMemory): typeof portableHost {
  return { ...portableHost, copyRuns: (read, count, strings) => copyRuns(runs, read, count, strings) };
}

interface Received {
  readonly payloads: Uint8Array[];
  readonly endpoint: Endpoint;
}

/** An endpoint that keeps every payload. @param inside - is called with each before the next comes */
function receiver(options: EndpointOptions, inside: (payload: Uint8Array) => void = () => {}): Received {
  const payloads: Uint8Array[] = [];
  const take = (payload: Uint8Array | string) => {
    if (typeof payload === "string") return;
    payloads.push(payload);
    inside(payload);
  };
  const sink = { onText: take, onBinary: take, onFragment: take, onPing: take, onPong: take, onClose() {} };
  return { payloads, endpoint: new Endpoint(sink, options) };
}

/** A message that tells what it is of: a connection's number, and its own length. */
function message(tag: number, length: number, opcode = 2, fin = true): Uint8Array {
  return frame({ fin, opcode, mask: KEY, payload: new Uint8Array(length).fill(tag) });
}

/** The bytes in the memory of a payload, each once. */
function seenIn(payload: Uint8Array): number[] {
  return [...new Set(new Uint8Array(payload.buffer))].sort((a, b) => a - b);
}

const LENGTHS = [1, 20, 63, 64, 65, 66, 125, 126, 127, 1000, 4096, 32_767, 32_768, 32_769];

describeKernels("the memory of payloads", (kernel) => {
  describe.each(HOSTS)("of %s", (_, host) => {
    const server = (inside?: (payload: Uint8Array) => void, more: Partial<EndpointOptions> = {}) =>
      receiver({ role: "server", kernel, host, ...more }, inside);

    test.each(LENGTHS)("a single one of %i bytes is alone in it", (length) => {
      for (const tag of [1, 2, 3]) {
        const { payloads, endpoint } = server();
        endpoint.receive(message(tag, length));
        expect(payloads[0]?.buffer.byteLength).toBe(length);
        expect(payloads[0]?.byteOffset).toBe(0);
        expect(payloads[0]?.every((byte) => byte === tag)).toBe(true);
      }
    });

    test("those of one read are in it, each whole and at a multiple of 8, and nothing else", () => {
      const { payloads, endpoint } = server();
      endpoint.receive(concat(LENGTHS.map((length, i) => message(i + 1, length))));
      expect(payloads.map(({ length }) => length)).toEqual(LENGTHS);
      for (const [i, payload] of payloads.entries()) {
        expect(payload.every((byte) => byte === i + 1)).toBe(true);
        expect(payload.byteOffset % 8).toBe(0);
        expect(payload.buffer.byteLength).toBeLessThanOrEqual(65_536);
        expect(seenIn(payload).every((byte) => byte <= LENGTHS.length)).toBe(true);
      }
    });

    test("what is in it is complete before the first is handed out", () => {
      const seen: number[][] = [];
      const { endpoint } = server((payload) => {
        seen.push(seenIn(payload));
        throw new Error("enough");
      });
      const read = concat([message(1, 100), message(2, 99), message(3, 98)]);
      expect(() => endpoint.receive(read)).toThrow("enough");
      expect(seen).toEqual([[0, 1, 2, 3]]);
    });

    test.each<[string, Partial<EndpointOptions>, number]>([
      ["messages", {}, 2],
      ["text as bytes", { textType: "bytes" }, 1],
      ["fragments", { fragments: true }, 2],
      ["pings", {}, 9],
      ["pongs", {}, 10],
    ])("%s of one connection or read never share it with those of another", (_what, options, opcode) => {
      const connections = [1, 2, 3, 4].map((tag) => ({ tag, ...server(undefined, options) }));
      for (let read = 0; read < 3; read++) {
        for (const { tag, endpoint } of connections) {
          const mark = 10 * tag + read;
          endpoint.receive(
            concat([message(mark, 90, opcode), message(mark, 125, opcode), message(mark, 20, opcode)]),
          );
        }
      }
      for (const { tag, payloads } of connections) {
        expect(payloads).toHaveLength(9);
        for (const [i, payload] of payloads.entries()) {
          const mark = 10 * tag + Math.floor(i / 3);
          expect(seenIn(payload).filter((byte) => byte !== 0)).toEqual([mark]);
        }
      }
    });

    test("messages in fragments have it to themselves", () => {
      const { payloads, endpoint } = server();
      for (const tag of [1, 2]) {
        endpoint.receive(message(tag, 100, 2, false));
        endpoint.receive(
          concat([message(tag, 50, 0), message(tag + 4, 70, 2, false), message(tag + 4, 70, 0)]),
        );
      }
      expect(payloads.map(({ length }) => length)).toEqual([150, 140, 150, 140]);
      for (const payload of payloads) {
        expect(payload.buffer.byteLength).toBe(payload.length);
        expect(new Set(payload).size).toBe(1);
      }
    });

    test("a handler that feeds another connection mixes nothing", () => {
      const other = server();
      const one = server(() => {
        other.endpoint.receive(concat([message(7, 100), message(7, 200)]));
      });
      one.endpoint.receive(concat([message(1, 100), message(2, 200), message(3, 300)]));
      expect(one.payloads.map((payload) => [payload[0], payload.length])).toEqual([
        [1, 100],
        [2, 200],
        [3, 300],
      ]);
      for (const payload of one.payloads) expect(new Set(payload).size).toBe(1);
      for (const payload of other.payloads) expect(seenIn(payload).filter((byte) => byte > 0)).toEqual([7]);
    });

    test("one that is transferred takes nothing away from those that are still to come", () => {
      const lengths: number[] = [];
      const { payloads, endpoint } = server((payload) => {
        lengths.push(payload.length);
        try {
          structuredClone(null, { transfer: [payload.buffer].filter((each) => each instanceof ArrayBuffer) });
        } catch (error) {
          // Node refuses where others are in it.
          expect(String(error)).toContain("DataCloneError");
        }
      });
      endpoint.receive(concat([message(1, 100), message(2, 200), message(3, 300)]));
      expect(lengths).toEqual([100, 200, 300]);
      expect(payloads).toHaveLength(3);
    });

    test("text between them stays text", () => {
      const texts: string[] = [];
      const payloads: Uint8Array[] = [];
      const endpoint = new Endpoint(
        {
          onText: (text) => texts.push(String(text)),
          onBinary: (payload) => payloads.push(payload),
          onFragment() {},
          onPing() {},
          onPong() {},
          onClose() {},
        },
        { role: "server", kernel, host },
      );
      endpoint.receive(concat([message(1, 100), message(97, 200, 1), message(2, 100)]));
      expect(texts).toEqual(["a".repeat(200)]);
      for (const payload of payloads) expect(seenIn(payload)).not.toContain(97);
    });

    test("a short one that is kept keeps no more alive than its read brought", () => {
      const { payloads, endpoint } = server();
      endpoint.receive(concat([message(1, 70), message(2, 80)]));
      for (const payload of payloads) expect(payload.buffer.byteLength).toBeLessThanOrEqual(72 + 80);
    });
  });
});
