// What callers give, checked before anything changes.
import type { MessageType } from "./events.js";

/** @throws TypeError if it is no Uint8Array */
export function assertBytes(
  bytes: unknown,
  message = "a payload must be a string or a Uint8Array",
): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(message);
}

/** @throws TypeError if it is neither a string nor bytes, or can't be of this type */
export function assertMessage(message: unknown, type: MessageType | undefined): void {
  if (typeof message !== "string") assertBytes(message, "a message must be a string or a Uint8Array");
  if (type === undefined || type === "text" || (type === "binary" && typeof message !== "string")) return;
  throw new TypeError(`this message can't be sent as "${String(type)}"`);
}
