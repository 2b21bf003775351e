// The codec against two others: the npm package ws, and a naive decoder of whole streams.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FailureCode, Role } from "../../src/index.js";
import { cutsOf, fractions, mutatedStreams, streams } from "../support/arbitraries.js";
import { cutAt } from "../support/cuts.js";
import { hex, toHex } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { referenceTranscript } from "../support/reference-connection.js";
import { run, type Transcript } from "../support/run.js";
import { runWs, type WsTranscript } from "../support/ws-receiver.js";

const ROLES: readonly Role[] = ["server", "client"];
const LIMITS = { maxMessageBytes: 200, maxFragments: 5 };
const WS_LIMITS = { maxPayload: 200, maxFragments: 5 };

describeKernels("against the naive decoder", (kernel) => {
  describe.each(ROLES)("as a %s", (role) => {
    test.each([
      ["mostly valid", streams, 20_262],
      ["mutated", mutatedStreams, 20_263],
    ] as const)("%s streams", (_, make, seed) => {
      fc.assert(
        fc.property(make(role), fractions, fc.boolean(), (stream, cuts, pieces) => {
          const found = run(stream, { role, kernel, pieces, limits: LIMITS }, cutsOf(cuts, stream.length));
          const expected = referenceTranscript(stream, role, LIMITS);
          expect(found.events).toEqual(expected.events);
          expect(describeFailure(found)).toBe(expected.failure);
        }),
        { seed, numRuns: 1500 },
      );
    });
  });
});

function describeFailure({ failure }: Transcript): string | undefined {
  if (failure === undefined) return undefined;
  // The naive decoder does not say where a Close payload breaks a rule.
  if (failure.code === "CLOSE_CODE" || failure.code === "CLOSE_REASON") return failure.code;
  return `${failure.code} at ${failure.offset}`;
}

/** Where the two differ on purpose. */
interface Difference {
  readonly reason: string;
  readonly applies: (ours: Transcript, theirs: WsTranscript, stream: Uint8Array) => boolean;
}

const failedWith =
  (...codes: FailureCode[]) =>
  (ours: Transcript) =>
    ours.failure !== undefined && codes.includes(ours.failure.code);

const DIFFERENCES: readonly Difference[] = [
  {
    reason: "ws takes lengths that are not in their shortest form, which section 5.2 forbids",
    applies: failedWith("LENGTH_NOT_MINIMAL"),
  },
  {
    reason: "ws validates text when its message is complete; we fail at the first bad byte",
    applies: failedWith("INVALID_UTF8"),
  },
  {
    reason: "ws calls a 64-bit length with the top bit set too long, 1009; we call it malformed, 1002",
    applies: (ours, theirs) => failedWith("LENGTH_TOP_BIT")(ours) && theirs.closeCode === 1009,
  },
  {
    reason: "ws waits for two bytes of a header; the first one may be enough for us",
    applies: (ours, _, stream) => ours.failure !== undefined && ours.failure.offset === stream.length - 1,
  },
  {
    reason: "ws counts fragments when their payload is there; we count them from the header",
    applies: failedWith("TOO_MANY_FRAGMENTS"),
  },
];

/** Our events without the close event of a failure. */
function delivered({ events, failure }: Transcript): readonly string[] {
  return failure === undefined ? events : events.slice(0, -1);
}

/** @returns the known difference that had to be allowed for, if one had */
async function expectLikeWs(
  stream: Uint8Array,
  cuts: readonly number[],
  role: Role,
): Promise<Difference | undefined> {
  const ours = run(stream, { role, limits: LIMITS }, cuts);
  const theirs = await runWs(cutAt(stream, cuts), { role, ...WS_LIMITS });
  const events = delivered(ours);
  const alike =
    ours.failure?.closeCode === theirs.closeCode &&
    events.length === theirs.events.length &&
    events.every((line, i) => line === theirs.events[i]);
  if (alike) return undefined;
  const difference = DIFFERENCES.find(({ applies }) => applies(ours, theirs, stream));
  const context = { stream: toHex(stream), cuts, failure: ours.failure };
  if (difference === undefined) {
    expect({ ...context, events, closeCode: ours.failure?.closeCode }).toEqual({ ...context, ...theirs });
  }
  // Whatever the difference, ws has delivered what we have before.
  expect({ ...context, events: theirs.events.slice(0, events.length) }).toEqual({ ...context, events });
  return difference;
}

describe.each(ROLES)("against ws, as a %s", (role) => {
  test.each([
    ["mostly valid", streams, 20_264],
    ["mutated", mutatedStreams, 20_265],
  ] as const)("%s streams", async (_, make, seed) => {
    let different = 0;
    await fc.assert(
      fc.asyncProperty(make(role), fractions, async (stream, cuts) => {
        if ((await expectLikeWs(stream, cutsOf(cuts, stream.length), role)) !== undefined) different++;
      }),
      { seed, numRuns: 2000 },
    );
    // A list of differences that excuses everything compares nothing.
    expect(different).toBeLessThan(1000);
  });
});

describe("each known difference is one", () => {
  const key = "00 00 00 00";
  test.each([
    [0, `82 fe 00 01 ${key} 07 89 80 ${key}`],
    [1, `01 81 ${key} ff 89 80 ${key}`],
    [2, `82 ff 80 00 00 00 00 00 00 00 ${key}`],
    [3, "83"],
    [4, `01 80 ${key} 00 80 ${key} 00 80 ${key} 00 80 ${key} 00 80 ${key} 00 82 ${key} 61`],
  ])("number %i", async (index, stream) => {
    expect((await expectLikeWs(hex(stream), [], "server"))?.reason).toBe(DIFFERENCES[index]?.reason);
  });
});
