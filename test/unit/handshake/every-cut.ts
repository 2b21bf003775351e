// Heads in every cut, and the example that tests change.
import { expect } from "vitest";
import {
  checkUpgrade,
  HeadParser,
  type UpgradeRequest,
  type UpgradeRules,
} from "../../../src/handshake/index.js";
import type { HeadLimits } from "../../../src/http/head-limits.js";
import type { Refusal } from "../../../src/http/refusal.js";

/** What became of a head, in a form that `toEqual` compares. */
export interface Outcome {
  readonly start: readonly (string | number)[];
  readonly fields: readonly (readonly [string, string])[];
  readonly failure: string | undefined;
  readonly rest: string;
  readonly headBytes: number;
}

export type Kind = "request" | "response";

/** One byte for each character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Pushes chunks until the head is complete; what comes after that is rest. */
export function outcomeOf(kind: Kind, chunks: readonly Uint8Array[], limits?: HeadLimits): Outcome {
  const parser = new HeadParser(kind, limits);
  for (const [i, chunk] of chunks.entries()) {
    const result = parser.push(chunk);
    if (result.type === "more") continue;
    const { headBytes } = parser;
    if (result.type === "failed") {
      const failure = `${result.status} ${result.reason}`;
      return { start: [], fields: [], failure, rest: "", headBytes };
    }
    const { head } = result;
    const start = "method" in head ? [head.method, head.target] : [head.status, head.reason];
    const rest =
      text(result.rest) +
      chunks
        .slice(i + 1)
        .map(text)
        .join("");
    return { start, fields: [...head.headers], failure: undefined, rest, headBytes };
  }
  return { start: [], fields: [], failure: "more", rest: "", headBytes: parser.headBytes };
}

/** The one outcome of a head: whole, split at every byte, and byte by byte; without the splits if `WSIMD_SPLITS` is `few`. */
export function everyCut(kind: Kind, wire: string, limits?: HeadLimits): Outcome {
  const bytes = latin1(wire);
  const whole = outcomeOf(kind, [bytes], limits);
  const cuts = process.env.WSIMD_SPLITS === "few" ? 0 : bytes.length + 1;
  for (let cut = 0; cut < cuts; cut++) {
    expect(outcomeOf(kind, [bytes.subarray(0, cut), bytes.subarray(cut)], limits), `cut at ${cut}`).toEqual(
      whole,
    );
  }
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  expect(outcomeOf(kind, single, limits), "byte by byte").toEqual(whole);
  return whole;
}

/** Reads a request, in every cut, and checks it. @returns what a server makes of it; only the status if its head is bad */
export function serve(wire: string, options?: UpgradeRules): UpgradeRequest | Refusal {
  const { failure } = everyCut("request", wire);
  if (failure !== undefined) {
    return { type: "refusal", status: Number(failure.slice(0, 3)), reason: failure.slice(4), headers: {} };
  }
  const result = new HeadParser("request").push(latin1(wire));
  if (result.type !== "head") throw new Error(`the whole head gave ${result.type}`);
  return checkUpgrade(result.head, options);
}

/** As {@link serve}, for a request that is in order. */
export function accepted(wire: string, options?: UpgradeRules): UpgradeRequest {
  const result = serve(wire, options);
  if (result.type !== "upgrade") throw new Error(`refused: ${result.status} ${result.reason}`);
  return result;
}

/** As {@link serve}, for a request that is not. */
export function refused(wire: string, options?: UpgradeRules): Refusal {
  const result = serve(wire, options);
  if (result.type !== "refusal") throw new Error("accepted");
  return result;
}

/** The RFC's own request, section 1.3, with the key and the subprotocols of the example. */
export const EXAMPLE: readonly string[] = [
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
  "Origin: http://jima.in",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Sec-WebSocket-Version: 13",
];

export function wire(lines: readonly string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** The example, its line that begins with `start` replaced; without `lines`, removed. */
export function change(start: string, ...lines: string[]): string {
  const at = EXAMPLE.findIndex((line) => line.startsWith(start));
  if (at < 0) throw new Error(`there is no line ${start}`);
  return wire(EXAMPLE.toSpliced(at, 1, ...lines));
}

/** The example with more lines. */
export function add(...lines: string[]): string {
  return wire([...EXAMPLE, ...lines]);
}
