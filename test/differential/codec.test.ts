// The codec against two others: the npm package ws, and a naive decoder of whole streams.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Role } from "../../src/index.js";
import { permessageDeflate } from "../../src/protocol/deflate/index.js";
import { payloadPath } from "../../src/protocol/extensions/payload-path.js";
import { cutsOf, fractions, mutatedStreams, streams } from "../support/arbitraries.js";
import { cutAt } from "../support/cuts.js";
import { agreed, SETTINGS } from "../support/deflate-connection.js";
import { hex, toHex } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { describeOutcome, outcomeOf, sameOutcome } from "../support/outcome.js";
import { referenceConnection } from "../support/reference-connection.js";
import { ReferenceInflater } from "../support/reference-inflate.js";
import { compareWithWs, DIFFERENCES, type Difference } from "../support/ws-differences.js";
import { ZlibStream } from "../support/zlib-deflate.js";

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
        fc.property(make(role), fractions, fc.boolean(), (stream, cuts, fragments) => {
          const options = { role, kernel, fragments, limits: LIMITS };
          const found = outcomeOf(stream, cutsOf(cuts, stream.length), options, "connection");
          const expected = referenceConnection(stream, role, LIMITS);
          if (!sameOutcome(found, expected))
            expect(describeOutcome(found)).toEqual(describeOutcome(expected));
        }),
        { seed, numRuns: 1500 },
      );
    });
  });
});

/** The kernel decodes a match, of up to 6 bytes, when all of it is there. */
const LOOKAHEADS = [0, 1, 2, 3, 4, 5, 6];
/** 8 bits are for the decoder only: zlib deflates with 9, so some messages refer to bytes beyond the window. */
const AGREED = [
  [15, true],
  [15, false],
  [9, true],
  [8, true],
] as const;

describeKernels("against the naive decoder, with permessage-deflate", (kernel) => {
  if (kernel === "js") return;
  describe.each(ROLES)("as a %s", (role) => {
    describe.each(AGREED)("with windows of %i bits, takeover %s", (bits, takeover) => {
      const deflate = () => new ZlibStream(!takeover, Math.max(bits, 9));
      const extension = payloadPath(permessageDeflate(role, agreed(bits, takeover), SETTINGS));

      test.each([
        ["mostly valid", streams, 20_266, []],
        ["mutated", mutatedStreams, 20_267, ["EXTENSION_DATA"]],
      ] as const)("%s streams", (_, make, seed, codes) => {
        let messages = 0;
        const failures = new Set<string | undefined>();
        fc.assert(
          fc.property(make(role, deflate), fractions, fc.boolean(), (stream, cuts, fragments) => {
            const options = { role, kernel, fragments, limits: LIMITS, extension };
            const found = outcomeOf(stream, cutsOf(cuts, stream.length), options, "connection");
            const expected = (lookahead: number) =>
              referenceConnection(
                stream,
                role,
                LIMITS,
                false,
                new ReferenceInflater(bits, takeover, lookahead),
              );
            if (!LOOKAHEADS.some((lookahead) => sameOutcome(found, expected(lookahead))))
              expect(describeOutcome(found)).toEqual(describeOutcome(expected(0)));
            for (const event of found.events) {
              if (event.type === "text" || event.type === "binary") messages++;
              if (event.type === "close") failures.add(event.failure?.code);
            }
          }),
          { seed, numRuns: 400 },
        );
        expect(messages).toBeGreaterThan(200);
        for (const code of ["MESSAGE_TOO_LONG", "INVALID_UTF8", ...codes]) expect(failures).toContain(code);
      });
    });
  });
});

/** @returns the known difference that had to be allowed for, if one had */
function expectLikeWs(stream: Uint8Array, cuts: readonly number[], role: Role): Difference | undefined {
  const ours = outcomeOf(stream, cuts, { role, limits: LIMITS }, "connection");
  const compared = compareWithWs(ours, stream, cutAt(stream, cuts), { role, ...WS_LIMITS });
  const { alike, difference, asMuch, theirs } = compared;
  if ((!alike && difference === undefined) || !asMuch) {
    expect({ stream: toHex(stream), cuts, ours: describeOutcome(ours) }).toEqual(theirs);
  }
  return difference;
}

describe.each(ROLES)("against ws, as a %s", (role) => {
  test.each([
    ["mostly valid", streams, 20_264],
    ["mutated", mutatedStreams, 20_265],
  ] as const)("%s streams", (_, make, seed) => {
    let different = 0;
    fc.assert(
      fc.property(make(role), fractions, (stream, cuts) => {
        if (expectLikeWs(stream, cutsOf(cuts, stream.length), role) !== undefined) different++;
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
  ])("number %i", (index, stream) => {
    expect(expectLikeWs(hex(stream), [], "server")?.reason).toBe(DIFFERENCES[index]?.reason);
  });
});
