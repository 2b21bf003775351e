// What a connection must report for a whole stream, after RFC 6455, built on the naive decoder of the kernels' tests.
import type { FailureCode, Limits, Role } from "../../src/index.js";
import * as layout from "../../src/kernel/generated/layout.js";
import { hex } from "./hex.js";
import { referenceDecode } from "./reference-decode.js";
import { referenceUtf8 } from "./reference-utf8.js";
import { bytesLine, closeLine, textLine } from "./run.js";

export interface ReferenceTranscript {
  readonly events: string[];
  /** `CODE`, or `CODE at offset` for violations that the frames themselves show. */
  readonly failure: string | undefined;
}

const VIOLATION_NAMES = new Map(
  Object.entries(layout)
    .filter(([name]) => name.startsWith("VIOLATION_"))
    .map(([name, number]) => [number, name.slice("VIOLATION_".length)]),
);

export function referenceTranscript(stream: Uint8Array, role: Role, limits: Limits): ReferenceTranscript {
  const events: string[] = [];
  const { log } = referenceDecode(stream, { fromServer: role === "client", ...limits });
  const failed = (failure: string): ReferenceTranscript => ({
    events: [...events, closeLine(1006, "", false)],
    failure,
  });
  for (const line of log) {
    const [kind = "", payloadHex = "", note] = line.split(" ");
    if (kind === "violation") {
      return failed(`${VIOLATION_NAMES.get(Number(payloadHex)) ?? "?"} at ${line.split(" ")[3]}`);
    }
    if (note === "unfinished" || payloadHex === "unfinished") continue;
    const payload = hex(payloadHex);
    if (kind === "8") {
      const bad = closeFailure(payload);
      if (bad !== undefined) return failed(bad);
      const code = payload.length === 0 ? 1005 : new DataView(payload.buffer).getUint16(0);
      events.push(closeLine(code, new TextDecoder().decode(payload.subarray(2)), true));
      return { events, failure: undefined };
    }
    if (kind === "1") events.push(textLine(new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)));
    if (kind === "2") events.push(bytesLine("binary", payload));
    if (kind === "9") events.push(bytesLine("ping", payload));
    if (kind === "10") events.push(bytesLine("pong", payload));
  }
  return { events, failure: undefined };
}

function closeFailure(payload: Uint8Array): FailureCode | undefined {
  if (payload.length === 0) return undefined;
  const code = new DataView(payload.buffer).getUint16(0);
  const reserved = code === 1004 || code === 1005 || code === 1006;
  if (!((code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999))) return "CLOSE_CODE";
  const { bad, carry } = referenceUtf8(payload.subarray(2));
  return bad >= 0 || carry !== 0 ? "CLOSE_REASON" : undefined;
}
