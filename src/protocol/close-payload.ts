// The body of a Close frame (section 5.5.1): nothing, or a status code and a reason.

import { type Host, portableHost } from "../host/host.js";
import * as layout from "../kernel/generated/layout.js";
import { BAD_UTF8 } from "../kernel/kernel.js";
import type { LinearMemory } from "../memory/linear-memory.js";
import { CloseCode, isSendableCloseCode, MAX_REASON_BYTES } from "./close-code.js";
import type { FailureCode } from "./errors.js";

/** Builds the body of a Close frame. */
export function closePayload(code: number, reason: Uint8Array): Uint8Array {
  const payload = new Uint8Array(2 + reason.length);
  payload[0] = code >>> 8;
  payload[1] = code;
  payload.set(reason, 2);
  return payload;
}

/**
 * Builds the body of a Close frame for a code and a reason of the application's.
 * @throws RangeError for a code that must not be sent, or a reason over 123 bytes
 */
export function checkedClosePayload(code: number, reason: string, host: Host): Uint8Array {
  if (typeof reason !== "string") throw new TypeError("a reason must be a string");
  if (typeof code !== "number") throw new TypeError("a close code is a number, in front of the reason");
  if (!isSendableCloseCode(code)) throw new RangeError(`${String(code)} must not be sent as a close code`);
  const text = host.textBytes(reason);
  if (text.length > MAX_REASON_BYTES) throw new RangeError(`a reason has at most ${MAX_REASON_BYTES} bytes`);
  return closePayload(code, text);
}

export type ParsedClose =
  | { readonly code: number; readonly reason: string }
  /** The result for an invalid payload: `at` is the offset of the bad byte. */
  | { readonly failure: FailureCode; readonly at: number };

/** Reads the body of a Close frame, which is empty or of at least 2 bytes. */
export function parseClosePayload(payload: Uint8Array, linear: LinearMemory): ParsedClose {
  if (payload.length === 0) return { code: CloseCode.NO_STATUS, reason: "" };
  const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (!isSendableCloseCode(code)) return { failure: "CLOSE_CODE", at: 0 };
  const bad = firstBadByte(payload, linear);
  if (bad >= 0) return { failure: "CLOSE_REASON", at: bad };
  return { code, reason: portableHost.decodeText(payload, 2, payload.length, false, linear) };
}

/** Offset of the first byte of the reason that is not UTF-8, or -1. Section 8.1. */
function firstBadByte(payload: Uint8Array, linear: LinearMemory): number {
  const { words } = linear;
  const ptr = layout.SCRATCH_WINDOW_PTR;
  linear.copyIn(ptr, payload, payload.length);
  const carry = linear.validateUtf8(ptr + 2, payload.length - 2, 0);
  if (carry === 0) return -1;
  if (carry !== BAD_UTF8) return payload.length;
  return (words[(layout.STATE_PTR + layout.STATE_BAD_BYTE) >>> 2] ?? 0) - ptr;
}
