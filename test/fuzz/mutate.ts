// Mutates the byte streams of the fuzzer.
import type { Random } from "../support/reference-random.js";

/** Changes bytes, puts some in, takes some out, repeats or cuts some, or goes on as another stream does. */
export function mutate(random: Random, stream: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes = Array.from(stream);
  for (let count = random.between(1, 4); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    const length = random.oneIn(4) ? random.below(bytes.length + 1 - at) : random.between(1, 4);
    switch (random.below(7)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 2:
        bytes.splice(at, 0, ...random.bytes(Math.min(length, 16)));
        break;
      case 3:
        bytes.splice(at, length);
        break;
      case 4:
        bytes = [...bytes.slice(0, at), ...bytes.slice(at, at + Math.min(length, 64)), ...bytes.slice(at)];
        break;
      case 5:
        bytes.length = at;
        break;
      default:
        bytes = [...bytes.slice(0, at), ...other.slice(random.below(other.length + 1))];
    }
  }
  return Uint8Array.from(bytes);
}
