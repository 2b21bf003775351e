// The names of topics.
import { TextEncoder } from "../../host/text-coders.js";
import { refuse } from "../../protocol/option-readers.js";

/** The most bytes of a name, in UTF-8. */
const MAX_NAME_BYTES = 255;

const encoder = new TextEncoder();

/** A UTF-16 unit takes at most three bytes. */
const SHORT_NAME_UNITS = MAX_NAME_BYTES / 3;

/** With the flag `u`, a surrogate is one without its other half. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * @returns the name
 * @throws TypeError if it is no string, or has a lone surrogate; RangeError if it is empty or too long
 */
export function topicName(name: unknown): string {
  if (typeof name !== "string") return refuse(name, "string", "topic", "a string");
  const short = name.length <= SHORT_NAME_UNITS;
  if (name === "" || (!short && encoder.encode(name).length > MAX_NAME_BYTES))
    throw new RangeError(`a topic has 1 to ${MAX_NAME_BYTES} bytes of UTF-8`);
  if (LONE_SURROGATE.test(name)) throw new TypeError("a topic must not have a lone surrogate");
  return name;
}
