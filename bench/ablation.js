// What each part of wsimd gives: echo servers with some of its parts switched off, and the bare codec on each kernel, beside `ws`.
import { ABLATION_CELLS } from "./cells.js";
import { echoSection } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";

/** In the order in which they are shown. */
export const ABLATION_SUBJECTS = [
  FIRST,
  "wsimd-scalar",
  "wsimd-js",
  "wsimd-data",
  "wsimd-flush",
  "wsimd-data-flush",
  "wsimd-none",
  "ws",
  "bun",
  AGAIN,
];
const ALL = new Set(ABLATION_SUBJECTS);

const QUICK = new Set([0, 2, 4]);
const servers = echoSection("ablation", "", {
  cells: (quick) => ABLATION_CELLS.filter((_, i) => !quick || QUICK.has(i)),
  subjects: () => ALL,
  often: () => ALL,
});

/** The metric of the bare codec. */
export const CODEC_METRIC = "nsPerMessage";
/** The kernels under the names of the servers that run on them: {@link FIRST} is that on SIMD. */
const CODECS = /** @type {const} */ ([
  [FIRST, "simd"],
  ["wsimd-scalar", "scalar"],
  ["wsimd-js", "js"],
  ["ws", "ws"],
  [AGAIN, "simd"],
]);

/**
 * @param {boolean} quick
 * @returns {import("./codec.js").Plan & { only: string[] }}
 */
function codecPlan(quick) {
  const only = [
    "receive binary/20",
    "receive text/1024",
    "receive mixed/1024",
    "receive binary/16384",
    "send binary/16384",
    "send text/1024",
  ];
  /** @type {import("./codec.js").Kind[]} */
  const kinds = ["binary", "text", "mixed"];
  const sizes = [20, 1024, 16_384];
  return quick
    ? { kinds, sizes, only, time: 40, warmupTime: 40 }
    : { kinds, sizes, only, time: 200, warmupTime: 100 };
}

/** @param {boolean} quick */
function codecRounds(quick) {
  return quick ? 2 : 6;
}

/** @param {boolean} quick */
function threadSeconds(quick) {
  const { only, time, warmupTime } = codecPlan(quick);
  return 0.5 + (only.length * (time + warmupTime)) / 1000;
}

/** @type {import("./echo.js").Section} */
export const ablation = {
  name: "ablation",
  what: "wsimd with parts switched off",
  seconds: (quick) => servers.seconds(quick) + codecRounds(quick) * CODECS.length * threadSeconds(quick),
  async run(context) {
    await servers.run(context);
    await runCodecs(context);
  },
};

/** @param {import("./echo.js").Context} context */
async function runCodecs({ quick, progress, record, failed }) {
  // It loads the built package, which the reports need not.
  const { measureSubject } = await import("./codec.js");
  const plan = codecPlan(quick);
  const gone = new Set();
  for (let round = 0; round < codecRounds(quick); round++) {
    for (const [subject, codec] of CODECS) {
      if (gone.has(subject)) continue;
      progress.step(`ablation  codec ${codec}  round ${round + 1}`, threadSeconds(quick));
      try {
        for (const { name, size, nsPerCall } of await measureSubject(codec, plan)) {
          record(`ablation/${name}/${size}`, subject, CODEC_METRIC, nsPerCall);
        }
      } catch (error) {
        gone.add(subject);
        failed("ablation/codec", subject, error);
      }
    }
  }
}
