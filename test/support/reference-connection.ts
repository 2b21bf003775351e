// What a connection must report and answer for a whole stream, after RFC 6455, built on the naive decoder of the kernels' tests.
import type { FailureCode, Limits, Role } from "../../src/index.js";
import * as layout from "../../src/kernel/generated/layout.js";
import { frame } from "./frame.js";
import { concat } from "./hex.js";
import type { Outcome, OutcomeEvent } from "./outcome.js";
import { BAD_COMPRESSED_DATA, type ReferenceItem, referenceDecode } from "./reference-decode.js";
import type { ReferenceInflater } from "./reference-inflate.js";
import { referenceUtf8 } from "./reference-utf8.js";

/** What each rule that frames can break is called, and the status code that goes out for it (sections 7.4.1 and 8.1). */
const VIOLATIONS: readonly (readonly [kind: number, code: FailureCode, closeCode: number])[] = [
  [layout.VIOLATION_RESERVED_BITS, "RESERVED_BITS", 1002],
  [layout.VIOLATION_RESERVED_OPCODE, "RESERVED_OPCODE", 1002],
  [layout.VIOLATION_CONTROL_FRAGMENTED, "CONTROL_FRAGMENTED", 1002],
  [layout.VIOLATION_UNEXPECTED_CONTINUATION, "UNEXPECTED_CONTINUATION", 1002],
  [layout.VIOLATION_EXPECTED_CONTINUATION, "EXPECTED_CONTINUATION", 1002],
  [layout.VIOLATION_TOO_MANY_FRAGMENTS, "TOO_MANY_FRAGMENTS", 1008],
  [layout.VIOLATION_NOT_MASKED, "NOT_MASKED", 1002],
  [layout.VIOLATION_MASKED, "MASKED", 1002],
  [layout.VIOLATION_CONTROL_TOO_LONG, "CONTROL_TOO_LONG", 1002],
  [layout.VIOLATION_CLOSE_LENGTH, "CLOSE_LENGTH", 1002],
  [layout.VIOLATION_LENGTH_TOP_BIT, "LENGTH_TOP_BIT", 1002],
  [layout.VIOLATION_LENGTH_NOT_MINIMAL, "LENGTH_NOT_MINIMAL", 1002],
  [layout.VIOLATION_MESSAGE_TOO_LONG, "MESSAGE_TOO_LONG", 1009],
  [layout.VIOLATION_INVALID_UTF8, "INVALID_UTF8", 1007],
  [BAD_COMPRESSED_DATA, "EXTENSION_DATA", 1007],
];

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The outcome of a stream that ends without another byte; what is sent is masked with the key 0.
 * @param echo - whether the application sends each message back
 * @param inflater - of the peer's messages, if permessage-deflate was agreed on
 */
export function referenceConnection(
  stream: Uint8Array,
  role: Role,
  limits: Limits,
  echo = false,
  inflater?: ReferenceInflater,
): Outcome {
  const events: OutcomeEvent[] = [];
  const output: Uint8Array[] = [];
  let pongBytes = 0;
  let owed: Uint8Array | undefined;
  const send = (opcode: number, payload: Uint8Array) =>
    output.push(frame({ opcode, payload, mask: role === "client" ? [0, 0, 0, 0] : undefined }));
  // Each ping in its place, while the pongs, of which none is taken before the end, are no more than 1 KiB; then the newest.
  const answerPing = (payload: Uint8Array) => {
    const bytes = pongBytes + (role === "client" ? 6 : 2) + payload.length;
    if (owed !== undefined || bytes > 1024) owed = payload;
    else {
      pongBytes = bytes;
      send(0xa, payload);
    }
  };
  const answerLast = () => {
    if (owed !== undefined) send(0xa, owed);
  };
  const outcome = (end: OutcomeEvent): Outcome => ({ events: [...events, end], output: concat(output) });
  const fail = (code: FailureCode, closeCode: number, offset: number): Outcome => {
    answerLast();
    send(8, bigEndian(closeCode));
    return outcome({ ...ABNORMAL, failure: { code, closeCode, offset } });
  };

  const { items, violation } = referenceDecode(stream, {
    fromServer: role === "client",
    ...limits,
    rsv1: inflater !== undefined,
    inflater,
  });
  for (const item of items) {
    const { opcode, payload, complete } = item;
    if (!complete) continue;
    if (opcode === 1) events.push({ type: "text", text: utf8.decode(payload) });
    if (opcode === 2) events.push({ type: "binary", payload });
    if (echo && opcode < 8) send(opcode, payload);
    if (opcode === 0xa) events.push({ type: "pong", payload });
    if (opcode === 9) {
      events.push({ type: "ping", payload });
      answerPing(payload);
    }
    if (opcode === 8) {
      const bad = closeFailure(item);
      if (bad !== undefined) return fail(...bad);
      answerLast();
      send(8, payload.subarray(0, 2));
      const code = payload.length === 0 ? 1005 : statusCode(payload);
      return outcome({ type: "close", code, reason: utf8.decode(payload.subarray(2)), wasClean: true });
    }
  }
  if (violation === undefined) {
    answerLast();
    return outcome(ABNORMAL);
  }
  const [, code, closeCode] = VIOLATIONS.find(([kind]) => kind === violation.kind) ?? [];
  if (code === undefined || closeCode === undefined) throw new Error(`no violation ${violation.kind}`);
  return fail(code, closeCode, violation.offset);
}

const ABNORMAL = { type: "close", code: 1006, reason: "", wasClean: false } as const;

/** What is wrong with a Close frame of 0 or at least 2 bytes. */
function closeFailure({ payload, offset }: ReferenceItem): [FailureCode, number, number] | undefined {
  if (payload.length === 0) return undefined;
  const code = statusCode(payload);
  const reserved = code === 1004 || code === 1005 || code === 1006;
  if (!((code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999))) {
    return ["CLOSE_CODE", 1002, offset];
  }
  const { bad, carry } = referenceUtf8(payload.subarray(2));
  if (bad >= 0) return ["CLOSE_REASON", 1007, offset + 2 + bad];
  return carry === 0 ? undefined : ["CLOSE_REASON", 1007, offset + payload.length];
}

function statusCode(payload: Uint8Array): number {
  return (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
}

function bigEndian(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 0xff);
}
