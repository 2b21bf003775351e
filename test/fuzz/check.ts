// One input against everything it is compared with.
import { cutAt } from "../support/cuts.js";
import { describeOutcome, type Outcome, outcomeOf, sameOutcome } from "../support/outcome.js";
import { referenceConnection } from "../support/reference-connection.js";
import { compareWithWs } from "../support/ws-differences.js";
import { type Checked, Disagreement } from "./checked.js";
import { type FuzzInput, parseInput } from "./input.js";

/**
 * Runs an input on each kernel, and compares events, codes, offsets and what is sent with the naive decoder's; and with
 * ws, as far as that has the same limits.
 * @throws Disagreement, or an exception of the codec
 */
export function checkInput(bytes: Uint8Array): Checked {
  const input = parseInput(bytes);
  const expected = referenceConnection(input.stream, input.role, input.limits, input.echo);
  for (const { kernel, cuts } of input.runs) {
    const { role, limits, fragments, borrow, textType, door, echo } = input;
    const found = outcomeOf(
      input.stream,
      cuts,
      { role, limits, fragments, borrow, textType, kernel },
      door,
      echo,
    );
    if (!sameOutcome(found, expected)) {
      throw new Disagreement(
        describeDifference(`${kernel}, ${role}, cut at ${cuts.slice(0, 50)}`, found, expected),
      );
    }
  }
  const last = expected.events.at(-1);
  const failure = last?.type === "close" ? last.failure?.code : undefined;
  return { failure, events: expected.events.length, peer: checkWithWs(input, expected) };
}

function checkWithWs(input: FuzzInput, outcome: Outcome): string | undefined {
  const { stream, role, limits, runs } = input;
  if (!input.againstWs) return undefined;
  const { maxMessageBytes, maxFragments } = limits;
  // To ws, 0 is no limit, and the highest is 2^31 - 1.
  const unlimited = maxMessageBytes === Number.POSITIVE_INFINITY;
  if (!unlimited && (maxMessageBytes === 0 || maxMessageBytes > 0x7fffffff)) return undefined;
  const chunks = cutAt(stream, runs[0]?.cuts ?? []);
  const compared = compareWithWs(outcome, stream, chunks, {
    role,
    maxPayload: unlimited ? 0 : maxMessageBytes,
    maxFragments: maxFragments | 0,
  });
  const { alike, difference, asMuch, theirs } = compared;
  if (asMuch && alike) return "alike";
  if (asMuch && difference !== undefined) return difference.reason;
  const events = describeOutcome({ events: theirs.events, output: new Uint8Array(0) });
  throw new Disagreement(
    `ws: ${events.join("; ")}, closes with ${theirs.closeCode}\n  this codec: ${describeOutcome(outcome).join("; ")}`,
  );
}

function describeDifference(where: string, found: Outcome, expected: Outcome): string {
  return `${where}: ${describeOutcome(found).join("; ")}\n  the naive decoder: ${describeOutcome(expected).join("; ")}`;
}
