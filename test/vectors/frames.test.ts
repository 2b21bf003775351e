// The rows of frames.ts, cut in every way, on each kernel.
import { expect, test } from "vitest";
import { DEFAULT_LIMITS, type EndpointOptions, type KernelName, type Role } from "../../src/index.js";
import { permessageDeflate } from "../../src/protocol/deflate/index.js";
import { payloadPath } from "../../src/protocol/extensions/payload-path.js";
import { byteByByte, everyBytes, everyCut, everyTwoCuts } from "../support/cuts.js";
import { agreed, SETTINGS } from "../support/deflate-connection.js";
import { concat, hex, toHex } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import {
  describeOutcome,
  type Outcome,
  outcomeOf,
  sameOutcome,
  streamsOutcomeOf,
} from "../support/outcome.js";
import { referenceConnection } from "../support/reference-connection.js";
import { ReferenceInflater } from "../support/reference-inflate.js";
import { closeLine, run, type Transcript } from "../support/run.js";
import { keyFor, wire } from "../support/wire.js";
import { FRAME_VECTORS, type FrameVector, OVER_1_KIB } from "./frames.js";

const BOTH: readonly Role[] = ["server", "client"];
/** `all` takes the time for every split that there is time for at all, `few` for whole and byte by byte only. */
const SPLITS = process.env.WSIMD_SPLITS;
/** Up to here every way to cut twice is tried, and every way to cut once. One vector, of 64 KiB, is longer than all of the first. */
const TWICE_BYTES = SPLITS === "all" ? 1000 : 100;
const ONCE_BYTES = SPLITS === "all" ? 100_000 : 1000;
/** From either end of a longer one, every way to cut twice. */
const EDGE_BYTES = SPLITS === "all" ? 40 : 6;
/** That vector is decoded more than 100,000 times; and a machine may be busy. */
const PATIENCE_MS = SPLITS === "all" ? 1_800_000 : 120_000;

/** With permessage-deflate, RSV1 has a meaning in the first frame of a message. */
const DIFFERENT_WITH_DEFLATE = [
  "first byte c1: RSV 100, opcode 1",
  "first byte c2: RSV 100, opcode 2",
  "the first byte alone fails, before the length arrives",
  "a header's error wins over its payload's",
];

describeKernels("frames", (kernel) => {
  // The answers to messages, and the endpoint's own among them: the same bytes, however they come in.
  test.each(BOTH)(
    "each vector, echoed by a %s, through every door",
    { timeout: PATIENCE_MS },
    async (role) => {
      for (const { name, roles, raw, frames, limits } of FRAME_VECTORS) {
        if (roles?.includes(role) === false) continue;
        const { bytes } = wire(frames, raw === true ? undefined : keyFor(role));
        const expected = referenceConnection(bytes, role, { ...DEFAULT_LIMITS, ...limits }, true);
        const options = { role, kernel, ...(limits && { limits }) };
        for (const cuts of [
          [],
          [bytes.length >> 1],
          ...(bytes.length < 2000 ? [byteByByte(bytes.length)] : []),
        ]) {
          const expectSame = (door: string, found: Outcome) => {
            if (sameOutcome(found, expected)) return;
            const where = `${name}, by ${door}, cut at ${cuts.slice(0, 5)}`;
            expect([where, ...describeOutcome(found)]).toEqual([where, ...describeOutcome(expected)]);
          };
          for (const door of ["connection", "receive", "window"] as const) {
            for (const form of [{}, { fragments: true }, { textType: "bytes" }] as const)
              expectSame(door, outcomeOf(bytes, cuts, { ...options, ...form }, door, true));
          }
          // Their reader takes each pong at once, so all are in their place.
          if (name !== OVER_1_KIB) expectSame("streams", await streamsOutcomeOf(bytes, cuts, options, true));
        }
      }
    },
  );

  if (kernel !== "js") {
    test.each(BOTH)(
      "each vector, for a %s that has agreed on permessage-deflate",
      { timeout: PATIENCE_MS },
      (role) => {
        const differing = FRAME_VECTORS.filter((vector) => !expectDeflated(vector, role, kernel));
        expect(differing.map(({ name }) => name)).toEqual(DIFFERENT_WITH_DEFLATE);
      },
    );
  }

  for (const vector of FRAME_VECTORS) {
    for (const role of vector.roles ?? BOTH) {
      const name = `${vector.section}, ${role}: ${vector.name}`;
      test(name, { timeout: PATIENCE_MS }, () => expectVector(vector, role, kernel));
    }
  }

  test.each(BOTH)("7.4, %s: each status code from 0 to 5100 in a Close", { timeout: PATIENCE_MS }, (role) => {
    for (let code = 0; code <= 5100; code++) {
      const status = toHex(Uint8Array.of(code >> 8, code));
      const frames = [`88 04 | ^${status} 'ok'`];
      const vector: FrameVector = isAllowed(code)
        ? {
            name: `code ${code}`,
            section: "7.4",
            frames,
            events: [closeLine(code, "ok", true)],
            replies: [`88 02 | ${status}`],
          }
        : {
            name: `code ${code}`,
            section: "7.4",
            frames,
            failure: { code: "CLOSE_CODE", closeCode: 1002, section: "7.4" },
          };
      expectVector(vector, role, kernel, fewCuts, fewCuts);
    }
  });
});

/**
 * Expects what the naive decoder says of a connection with permessage-deflate.
 * @returns whether that is what happens without it
 */
function expectDeflated(vector: FrameVector, role: Role, kernel: KernelName): boolean {
  const { roles = BOTH, raw, frames, limits } = vector;
  if (!roles.includes(role)) return true;
  const { bytes } = wire(frames, raw === true ? undefined : keyFor(role));
  const all = { ...DEFAULT_LIMITS, ...limits };
  const expected = referenceConnection(bytes, role, all, false, new ReferenceInflater(15, true));
  const extension = payloadPath(permessageDeflate(role, agreed(15, true), SETTINGS));
  const options = { role, kernel, extension, ...(limits && { limits }) };
  const cutsOf = bytes.length <= ONCE_BYTES ? [...fewCuts(bytes.length), ...everyCut(bytes.length)] : [[]];
  for (const cuts of cutsOf) {
    for (const form of [{}, { fragments: true }, { textType: "bytes" }] as const) {
      const found = outcomeOf(bytes, cuts, { ...options, ...form }, "connection");
      if (sameOutcome(found, expected)) continue;
      const where = `${vector.name}, cut at ${cuts.slice(0, 5)}`;
      expect([where, ...describeOutcome(found)]).toEqual([where, ...describeOutcome(expected)]);
    }
  }
  return sameOutcome(expected, referenceConnection(bytes, role, all));
}

/** Ways to cut a stream of this length. */
type CutsOf = (length: number) => Iterable<readonly number[]>;

/** The rule of section 7.4 in the words of the IANA registry: what may be on the wire. */
function isAllowed(code: number): boolean {
  if ([1000, 1001, 1002, 1003].includes(code)) return true;
  if ([1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code)) return true;
  return code >= 3000 && code < 5000;
}

function expectVector(
  vector: FrameVector,
  role: Role,
  kernel: KernelName,
  cutsOf: CutsOf = allCuts,
  cutsOfLonger: CutsOf = onceCut,
): void {
  const { bytes, marked } = wire(vector.frames, vector.raw === true ? undefined : keyFor(role));
  const expected = expectedTranscript(vector, role, marked);
  const options = { role, kernel, ...(vector.limits && { limits: vector.limits }) };
  expect(run(bytes, options)).toEqual(expected);
  const whole = outcomeOf(bytes, [], options, "connection");
  const text = expected.events.some((line) => line.startsWith("text ")) || vector.failure?.closeCode === 1007;
  const forms: readonly Pick<EndpointOptions, "fragments" | "textType">[] = [
    {},
    { fragments: true },
    ...(text ? [{ textType: "bytes" } as const] : []),
  ];
  const expectSame = (stream: Uint8Array, cuts: readonly number[]): void => {
    for (const form of forms) {
      const found = outcomeOf(stream, cuts, { ...options, ...form }, "connection");
      if (sameOutcome(found, whole)) continue;
      expect({ cuts, form, found: describeOutcome(found) }).toEqual({
        cuts,
        form,
        found: describeOutcome(whole),
      });
    }
  };
  for (const cuts of cutsOf(bytes.length)) expectSame(bytes, cuts);
  // After the end of a connection nothing may matter any more.
  if (expected.events.at(-1)?.startsWith("close") !== true) return;
  const longer = concat([bytes, hex("89 80 00 00 00 00 ff 00")]);
  for (const cuts of cutsOfLonger(longer.length)) expectSame(longer, cuts);
}

function expectedTranscript(vector: FrameVector, role: Role, marked: number): Transcript {
  const { failure } = vector;
  const closing = failure && `88 02 | ${toHex(Uint8Array.of(failure.closeCode >> 8, failure.closeCode))}`;
  const replies = [...(vector.replies ?? []), ...(closing === undefined ? [] : [closing])];
  return {
    events: [...(vector.events ?? []), ...(failure === undefined ? [] : [closeLine(1006, "", false)])],
    output: toHex(wire(replies, role === "client" ? [0, 0, 0, 0] : undefined).bytes),
    failure: failure && { ...failure, offset: marked },
  };
}

/** Whole, byte by byte, and each way to cut once or twice; of long ones, where it matters most. */
function* allCuts(length: number): Generator<readonly number[]> {
  yield* onceCut(length);
  if (SPLITS === "few") return;
  if (length <= TWICE_BYTES) yield* everyTwoCuts(length);
  else {
    const near = Array.from({ length: EDGE_BYTES }, (_, i) => i + 1);
    const edges = [...near, 9, 10, 13, 14, 15, length >> 1, ...near.map((i) => length - i)];
    for (const first of edges) for (const second of edges) if (first < second) yield [first, second];
  }
}

function* onceCut(length: number): Generator<readonly number[]> {
  yield* fewCuts(length);
  if (SPLITS === "few") return;
  if (length <= ONCE_BYTES) yield* everyCut(length);
  else {
    for (let at = 1; at < 32; at++)
      yield* [[at], [length - at], [65_536 - at], everyBytes(length, 4096 + at)];
  }
}

function fewCuts(length: number): readonly (readonly number[])[] {
  return [[], byteByByte(length)];
}
