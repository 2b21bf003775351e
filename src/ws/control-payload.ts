// The payloads of control frames, checked as `ws` does.
import { Buffer, isUtf8 } from "node:buffer";
import { CloseCode, isSendableCloseCode, MAX_REASON_BYTES } from "../protocol/close-code.js";
import type { Violation } from "../protocol/errors.js";
import { MAX_CONTROL_PAYLOAD_BYTES } from "../protocol/opcode.js";
import { EMPTY_BUFFER } from "./constants.js";
import { type Data, lengthOf, type PlainPayload, payloadOf } from "./payload.js";

/**
 * The payload of a Close frame.
 * @throws TypeError for a code that must not be sent, or a reason that is neither text nor bytes; RangeError for a reason
 * over 123 bytes
 */
export function closePayload(code: number | undefined, reason: string | Uint8Array | undefined): Buffer {
  if (code === undefined) return EMPTY_BUFFER;
  if (typeof code !== "number" || !isSendableCloseCode(code))
    throw new TypeError("First argument must be a valid error code number");
  const text = reason === undefined || reason.length === 0 ? EMPTY_BUFFER : reasonBytes(reason);
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return payload;
}

function reasonBytes(reason: string | Uint8Array): Uint8Array {
  const length = Buffer.byteLength(reason);
  if (length > MAX_REASON_BYTES) throw new RangeError("The message must not be greater than 123 bytes");
  if (typeof reason === "string") return Buffer.from(reason);
  if (reason instanceof Uint8Array) return reason;
  throw new TypeError("Second argument must be a string or a Uint8Array");
}

/** What a Close frame says, or the rule that it breaks. */
export type ReceivedClose =
  | { readonly violation: Violation }
  | { readonly violation?: undefined; readonly code: number; readonly reason: Buffer };

/** Reads the payload of a Close frame; its code is 1005 if there is none. */
export function readClose(payload: Uint8Array, skipUtf8Validation: boolean): ReceivedClose {
  if (payload.length === 0) return { code: CloseCode.NO_STATUS, reason: EMPTY_BUFFER };
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const code = bytes.readUInt16BE(0);
  const reason = bytes.length === 2 ? EMPTY_BUFFER : bytes.subarray(2);
  if (!isSendableCloseCode(code)) return { violation: { code: "CLOSE_CODE", found: code } };
  if (!skipUtf8Validation && !isUtf8(reason)) return { violation: { code: "CLOSE_REASON" } };
  return { code, reason };
}

/**
 * The payload of a ping or a pong.
 * @throws RangeError for more than 125 bytes, TypeError for what is neither text nor bytes
 */
export function controlPayload(data: Data): PlainPayload {
  const payload = payloadOf(data);
  if (lengthOf(payload) > MAX_CONTROL_PAYLOAD_BYTES)
    throw new RangeError("The data size must not be greater than 125 bytes");
  return payload;
}
