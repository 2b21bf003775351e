// Messages for tests of compression: text that repeats itself as that of applications does, and bytes that never do.
import { Random } from "./reference-random.js";

const WORDS = ["price", "größe", "日本", "user", "event", "2026-12-01T12:00:00Z", "💖", "null", "true", "id"];

/** Text like JSON, of that many UTF-16 units. */
export function compressibleText(length: number, seed = 1): string {
  const random = new Random(seed);
  let text = "";
  while (text.length < length) text += `{"${random.pick(WORDS)}":${random.below(1000)}},`;
  // A pair of surrogates is not cut.
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "x");
}

/** Bytes that no encoding makes shorter. */
export function incompressibleBytes(length: number, seed = 1): Uint8Array {
  return new Random(seed).bytes(length);
}
