// The options of one message that is sent, and how they are read.
import type { MessageType } from "./events.js";
import { flag, oneOf, unknownName } from "./option-readers.js";

/** Options of a message that is sent. */
export interface SendOptions {
  /** The type of bytes. Default "binary". A string is always "text". */
  readonly type?: MessageType | undefined;
  /**
   * Whether the message may be compressed, if the connection has compression. Say false for a message that holds a
   * secret together with text that others choose: its compressed length tells of both. Of a message in fragments, the
   * first one decides. Default true.
   */
  readonly compress?: boolean | undefined;
}

export const readMessageType = oneOf<MessageType>("text", "binary");

const NAMES: readonly (keyof SendOptions)[] = ["type", "compress"];

/** The options of a message as they were read. It may be given as options again. */
export interface SendChoice {
  /** Undefined if the options name none. */
  readonly type: MessageType | undefined;
  readonly compress: boolean;
}

/** The choice of a message without options. */
const DEFAULT: SendChoice = { type: undefined, compress: true };

/**
 * Reads the options of a message, each of them once.
 * @throws TypeError for a value that is no object, an option that does not exist, or a value of a wrong type
 * @throws RangeError for a type that does not exist
 */
export function readSendOptions(options: SendOptions | undefined): SendChoice {
  if (options === undefined) return DEFAULT;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new TypeError('options must be an object, such as { type: "text" }');
  let type: MessageType | undefined;
  let compress: boolean | undefined;
  for (const name in options) {
    // As for all options, only the caller's own properties count.
    if (!Object.hasOwn(options, name)) continue;
    if (name === "type") type = options[name];
    else if (name === "compress") compress = options[name];
    else throw unknownName("option", name, NAMES);
  }
  return {
    type: type === undefined ? type : readMessageType(type, "type"),
    compress: compress === undefined || flag(compress, "compress"),
  };
}

/**
 * Reads the options of a message whose type is known.
 * @param known - that type; undefined for a message that has its own
 * @returns whether it may be compressed
 * @throws TypeError for another type, and as {@link readSendOptions}
 */
export function compressAs(known: MessageType | undefined, options: SendOptions | undefined): boolean {
  const { type, compress } = readSendOptions(options);
  if (type === undefined || type === known) return compress;
  throw new TypeError(`this message can't be sent as "${type}"`);
}
