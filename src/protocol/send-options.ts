// The options of one message that is sent, and how they are read.
import type { MessageType } from "./events.js";
import { oneOf, unknownName } from "./option-readers.js";

/** Options of a message that is sent. */
export interface SendOptions {
  /** The type of bytes. Default "binary". A string is always "text". */
  readonly type?: MessageType | undefined;
}

export const readMessageType = oneOf<MessageType>("text", "binary");

const NAMES: readonly (keyof SendOptions)[] = ["type"];

/**
 * The type that options of a message name. They are read without a copy, because they may come with each message.
 * @throws TypeError for a value that is no object, or an option that does not exist
 * @throws RangeError for a type that does not exist
 */
export function typeIn(options: SendOptions | undefined): MessageType | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError('options must be an object, such as { type: "text" }');
  let type: MessageType | undefined;
  for (const name in options) {
    // As for all options, only the caller's own properties count.
    if (!Object.hasOwn(options, name)) continue;
    if (name !== "type") throw unknownName("option", name, NAMES);
    type = options[name];
  }
  return type === undefined || type === "text" || type === "binary" ? type : readMessageType(type, "type");
}
