// Informational answers in front of the one that counts.
import { describe, expect, test } from "vitest";
import { FinalHeadParser } from "../../../src/handshake/index.js";
import type { HeadLimits } from "../../../src/http/head-limits.js";
import { latin1 } from "../handshake/every-cut.js";

const FINAL = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
const EARLY = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nLink: </b>\r\n\r\n";
const BEFORE: readonly (readonly [title: string, heads: string])[] = [
  ["none", ""],
  ["a 100 without fields", "HTTP/1.1 100 Continue\r\n\r\n"],
  ["a 102", "HTTP/1.1 102 Processing\r\nX: 1\r\n\r\n"],
  ["a 103", EARLY],
  ["one that has no name", "HTTP/1.1 199\r\n\r\n"],
  ["one in HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\n"],
  ["several", `HTTP/1.1 100 Continue\r\n\r\n${EARLY}${EARLY}HTTP/1.1 102 \r\n\r\n`],
];

/** What becomes of the chunks: status and what is behind the head, or what is wrong. */
function outcome(chunks: readonly Uint8Array[], limits?: HeadLimits): string {
  const parser = new FinalHeadParser(limits);
  for (const [i, chunk] of chunks.entries()) {
    const result = parser.push(chunk);
    if (result.type === "failed") return `${result.status} ${result.reason}`;
    if (result.type !== "head") continue;
    const behind = [result.rest, ...chunks.slice(i + 1)];
    return `${result.head.status} ${behind.map((bytes) => Buffer.from(bytes).toString("latin1")).join("")}`;
  }
  return "more";
}

/** The one outcome, whole, at every cut and byte by byte. */
function everyCut(wire: string, limits?: HeadLimits): string {
  const bytes = latin1(wire);
  const whole = outcome([bytes], limits);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(outcome([bytes.subarray(0, cut), bytes.subarray(cut)], limits), `cut at ${cut}`).toBe(whole);
  }
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(outcome(single, limits), "byte by byte").toBe(whole);
  return whole;
}

describe("FinalHeadParser", () => {
  test.each(BEFORE)("passes over what comes before the final head: %s", (_, heads) => {
    expect(everyCut(`${heads}${FINAL}\x81\x02Hi`)).toBe("101 \x81\x02Hi");
    expect(everyCut(`${heads}HTTP/1.1 503 Busy\r\n\r\nlater`)).toBe("503 later");
    expect(everyCut(heads)).toBe("more");
  });

  test("does not pass over a 101, which is final", () => {
    expect(everyCut(`HTTP/1.1 101 S\r\n\r\n${FINAL}`)).toBe(`101 ${FINAL}`);
  });

  test.each([
    "HTTP/1.1 099 No\r\n\r\n",
    `${EARLY}HTTP/1.1 1000 No\r\n\r\n`,
    `${EARLY}\r\n${FINAL}`,
    `${EARLY}X: 1\r\n\r\n`,
  ])("is as strict as ever: %j", (wire) => {
    expect(everyCut(wire)).toMatch(/^400 /);
  });

  const TOO_LONG = "431 the heads of the answer are over the limits, together";

  test("counts the bytes of all heads together", () => {
    const all = `${EARLY}${EARLY}${FINAL}`;
    expect(everyCut(all, { maxHeadBytes: all.length })).toBe("101 ");
    for (const maxHeadBytes of [all.length - 1, 2 * EARLY.length + 1, 2 * EARLY.length, EARLY.length]) {
      expect(everyCut(all, { maxHeadBytes }), `${maxHeadBytes}`).toBe(TOO_LONG);
    }
    expect(everyCut(all, { maxHeadBytes: EARLY.length - 1 })).toBe(
      `431 the head is over ${EARLY.length - 1} bytes`,
    );
  });

  test("counts the lines of all heads together", () => {
    const all = `${EARLY}${EARLY}${FINAL}`;
    expect(everyCut(all, { maxHeaderLines: 5 })).toBe("101 ");
    for (const maxHeaderLines of [4, 3, 2]) {
      expect(everyCut(all, { maxHeaderLines }), `${maxHeaderLines}`).toBe(TOO_LONG);
    }
    expect(everyCut(all, { maxHeaderLines: 1 })).toBe("431 there are more than 1 header lines");
  });

  test("is not held up by informational answers without end", () => {
    const endless = "HTTP/1.1 100\r\n\r\n".repeat(2_000);
    expect(outcome([latin1(endless)])).toBe(TOO_LONG);
  });
});
