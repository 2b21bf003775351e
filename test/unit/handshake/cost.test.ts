import { describe, expect, test } from "vitest";
import { HeadParser, parseExtensions, parseSubprotocols } from "../../../src/handshake/index.js";
import { add, latin1 } from "./every-cut.js";

const MOST = 65_536;
const SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, MOST];
const LIMITS = { maxHeadBytes: 1 << 24, maxHeaderLines: 1 << 17 };

/** Prepares an input of `size` items, numbered from `first` on. @returns what is to be timed */
type Make = (size: number, first: number) => () => unknown;

/**
 * Milliseconds for an input of `size` items. All sizes handle the same items, in more inputs if they are smaller, and
 * keep all results, so that caches and the garbage collector weigh on all of them alike.
 */
function timeOf(make: Make, size: number): number {
  const runs = Array.from({ length: MOST / size }, (_, i) => make(size, i * size));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const results = runs.map((run) => run());
    best = Math.min(best, performance.now() - start);
    expect(results.length).toBe(runs.length);
  }
  return best / runs.length;
}

/** The slope of log(time) over log(size): 1 is linear, 2 quadratic. A busy machine gets further tries. */
function slopeOf(make: Make): number {
  timeOf(make, MOST);
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 8 && best > 1.1; attempt++) {
    best = Math.min(best, slope(SIZES.map((size) => [Math.log(size), Math.log(timeOf(make, size))])));
  }
  return best;
}

function slope(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const rise = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return rise / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function lines(size: number, line: (i: number) => string): string[] {
  return Array.from({ length: size }, (_, i) => line(i));
}

function parse(bytes: Uint8Array) {
  const result = new HeadParser("request", LIMITS).push(bytes);
  if (result.type !== "head") throw new Error(result.type);
  return result.head.headers;
}

function subprotocols(value: string): () => unknown {
  const bytes = latin1(add(`Sec-WebSocket-Protocol: ${value}`));
  return () => parseSubprotocols(parse(bytes));
}

function extensions(value: string): () => unknown {
  const bytes = latin1(add(`Sec-WebSocket-Extensions: ${value}`));
  return () => parseExtensions(parse(bytes).getAll("sec-websocket-extensions"));
}

describe("cost of a handshake", () => {
  test.each<[string, Make]>([
    [
      "header lines",
      (size, first) => {
        const bytes = latin1(add(...lines(size, (i) => `X-${first + i}: y`)));
        return () => parse(bytes).toObject();
      },
    ],
    [
      "one header repeated",
      (size) => {
        const bytes = latin1(add(...lines(size, () => "X: y")));
        return () => parse(bytes).get("x");
      },
    ],
    [
      "repeated subprotocol headers",
      (size, first) => {
        const bytes = latin1(add(...lines(size, (i) => `Sec-WebSocket-Protocol: a${first + i}`)));
        return () => parseSubprotocols(parse(bytes));
      },
    ],
    [
      "chunks of one byte",
      (size) => {
        const bytes = latin1(`GET /${"x".repeat(size)}`);
        return () => {
          const parser = new HeadParser("request", LIMITS);
          for (let i = 0; i < bytes.length; i++) parser.push(bytes.subarray(i, i + 1));
          return parser;
        };
      },
    ],
    ["spaces in a value", (size) => subprotocols(`a${" ".repeat(size)}b`)],
    ["spaces behind a value", (size) => subprotocols(`a${" ".repeat(size)}`)],
    ["subprotocols", (size, first) => subprotocols(lines(size, (i) => `a${first + i}`).join(","))],
    ["commas", (size) => subprotocols(",".repeat(size))],
    ["extensions", (size) => extensions(`a${",a".repeat(size)}`)],
    ["parameters", (size) => extensions(`a${";b=1".repeat(size)}`)],
    ["escapes", (size) => extensions(`a; b="${"\\c".repeat(size)}"`)],
    ["escapes without an end", (size) => extensions(`a; b="${"\\c".repeat(size)}`)],
    ["open quotes", (size) => extensions('a;b="'.repeat(size))],
  ])("%s cost linear time: the slope from 1 Ki to 64 Ki is at most 1.1", (_, make) => {
    expect(slopeOf(make)).toBeLessThanOrEqual(1.1);
  });
});
