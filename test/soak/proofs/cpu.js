// Proof: processor time grows in proportion to the bytes of an input.
import { INPUTS, slope } from "../inputs.js";
import { atMost } from "../rows.js";

const MOST = 65_536;
const SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, MOST];
const ROUNDS = 3;
/** A busy machine gets further tries. */
const ATTEMPTS = 8;

/** @type {import("../main.js").Proof} */
export const cpu = {
  name: "cpu",
  about:
    "time, measured, from 1,024 to 65,536 items of everything that comes in lists: log-log slope at most 1.1",
  inside: true,
  async run({ progress }) {
    return INPUTS.map((input, i) => {
      progress(i / INPUTS.length, input.name);
      timeOf(input, MOST);
      let best = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < ATTEMPTS && best > 1.1; attempt++) {
        best = Math.min(best, slope(SIZES.map((size) => [size, timeOf(input, size)])));
      }
      return atMost(input.name, best, 1.1);
    });
  },
};

/**
 * Milliseconds for an input of `size` items. All sizes handle the same items, in more inputs if they are smaller, and
 * keep all results, so that caches and the garbage collector weigh on all of them alike.
 * @param {import("../inputs.js").Input} input
 * @param {number} size
 */
function timeOf({ make }, size) {
  const runs = Array.from({ length: MOST / size }, (_, i) => make(size, i * size, "simd"));
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    const results = runs.map((run) => run());
    best = Math.min(best, performance.now() - start);
    if (results.length !== runs.length) throw new Error("not all were run");
  }
  return best / runs.length;
}
