// Where ws and this codec differ on purpose.
import type { FailureCode, Role } from "../../src/index.js";
import { type Outcome, type OutcomeEvent, sameEvent } from "./outcome.js";
import { runWs, type WsOutcome } from "./ws-receiver.js";

export interface Difference {
  readonly reason: string;
  readonly applies: (ours: OutcomeFailure, theirs: WsOutcome, stream: Uint8Array) => boolean;
}

type OutcomeFailure = Extract<OutcomeEvent, { type: "close" }>["failure"];

const failedWith =
  (...codes: FailureCode[]) =>
  (ours: OutcomeFailure) =>
    ours !== undefined && codes.includes(ours.code);

export const DIFFERENCES: readonly Difference[] = [
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
    applies: (ours, _, stream) => ours !== undefined && ours.offset === stream.length - 1,
  },
  {
    reason: "ws counts fragments when their payload is there; we count them from the header",
    applies: failedWith("TOO_MANY_FRAGMENTS"),
  },
];

export interface WsComparison {
  /** Whether both have the same events and the same close code. */
  readonly alike: boolean;
  /** The known difference that applies, if they are not alike. */
  readonly difference: Difference | undefined;
  /** Whether ws delivered all messages that wsimd did before the violation, which must hold for every difference. */
  readonly asMuch: boolean;
  readonly theirs: WsOutcome;
}

/**
 * Compares what became of a stream with what ws makes of it.
 * @param chunks - the stream; ws may change them
 * @param limits - as ws counts them: 0 for none
 */
export function compareWithWs(
  ours: Outcome,
  stream: Uint8Array,
  chunks: readonly Uint8Array[],
  limits: { role: Role; maxPayload: number; maxFragments: number },
): WsComparison {
  const theirs = runWs(chunks, limits);
  const last = ours.events.at(-1);
  if (last?.type !== "close") throw new Error("the last event is the close event");
  // The end of a stream, and of a failed connection, is nothing that ws's decoder reports.
  const events = last.wasClean ? ours.events : ours.events.slice(0, -1);
  const asMuch = events.every((event, i) => sameEvent(event, theirs.events[i]));
  const alike =
    asMuch && events.length === theirs.events.length && last.failure?.closeCode === theirs.closeCode;
  const difference = alike
    ? undefined
    : DIFFERENCES.find(({ applies }) => applies(last.failure, theirs, stream));
  return { alike, difference, asMuch, theirs };
}
