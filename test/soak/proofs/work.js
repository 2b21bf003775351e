// Proof: the number of executed blocks grows in proportion to the bytes of an input.
import { INPUTS, slope } from "../inputs.js";
import { Operations } from "../operations.js";
import { atMost } from "../rows.js";

const SIZES = [1024, 4096, 16_384, 65_536];

/** @type {import("../main.js").Proof} */
export const work = {
  name: "work",
  about:
    "operations, counted, from 1,024 to 65,536 items of everything that comes in lists: log-log slope at most 1.1",
  inside: true,
  async run({ progress }) {
    const operations = new Operations();
    const rows = [];
    await operations.start();
    try {
      for (const [i, { name, make }] of INPUTS.entries()) {
        progress(i / INPUTS.length, name);
        /** @type {[number, number][]} */
        const points = [];
        for (const size of SIZES) {
          const cost = await operations.count(make(size, 0, "js"));
          // What counts nothing proves nothing.
          if (cost < size / 2) throw new Error(`${size} ${name} were ${cost} operations`);
          points.push([size, cost]);
        }
        rows.push(atMost(name, slope(points), 1.1));
      }
    } finally {
      await operations.stop();
    }
    return rows;
  },
};
