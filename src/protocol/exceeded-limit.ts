// The limits that a kernel reports as exceeded, and by how much.
import * as layout from "../kernel/generated/layout.js";
import { type ExceededLimit, type Violation, violationCode } from "./errors.js";
import type { Limits } from "./limits.js";

/**
 * A violation that a kernel reports.
 * @param violation - its number
 * @param byte - the offending byte, if that is one of a header
 * @param state - the state that the kernel has left, if it left one
 */
export function kernelViolation(
  violation: number,
  byte: number | undefined,
  state: Uint32Array | undefined,
  limits: Limits,
): Violation {
  const code = violationCode(violation);
  if (violation <= layout.VIOLATION_CLOSE_LENGTH && violation !== layout.VIOLATION_TOO_MANY_FRAGMENTS)
    return { code, found: byte };
  if (state === undefined) return { code };
  if (violation === layout.VIOLATION_MESSAGE_TOO_LONG) {
    const words = state.slice(layout.STATE_MESSAGE_LENGTH >>> 2, (layout.STATE_MESSAGE_LENGTH >>> 2) + 2);
    const lengths = new Float64Array(words.buffer);
    return { code, limit: messageTooLong(limits.maxMessageBytes, lengths[0] ?? 0) };
  }
  if (violation === layout.VIOLATION_TOO_MANY_FRAGMENTS) {
    const actual = state[layout.STATE_FRAGMENTS >>> 2] ?? 0;
    return { code, limit: { name: "maxFragments", value: limits.maxFragments, actual } };
  }
  return { code };
}

/** @param value - the limit @param actual - the length of the message */
export function messageTooLong(value: number, actual: number): ExceededLimit {
  return { name: "maxMessageBytes", value, actual };
}
