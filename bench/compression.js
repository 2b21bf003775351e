// Echo servers that compress every message by itself, the same everywhere: messages stand for themselves in `Bun.serve` with the
// compressor that its connections share, and in the others without takeover.
import { echoSection } from "./echo.js";
import { AGAIN, FIRST } from "./noise.js";

/** @type {import("./cells.js").Cell[]} */
const CELLS = [
  ...[
    { size: 300, depth: 16 },
    { size: 1000, depth: 1 },
    { size: 1000, depth: 16 },
    { size: 16_000, depth: 16 },
  ].map(({ size, depth }) => ({
    ...{ id: `compression/event/${size}/${depth}`, kind: /** @type {const} */ ("text"), corpus: "event" },
    ...{ size, depth, connections: 100 },
  })),
];

const SERVERS = new Set([FIRST, "bun", "ws", AGAIN]);

/** Before each load, it is checked that the server compresses its replies, each by itself, and that they are right. */
export const compression = echoSection("compression", "echo servers that compress each message", {
  cells: (quick) => (quick ? CELLS.slice(1, 3) : CELLS),
  subjects: () => SERVERS,
  // Their targets are the ones that are close to what is measured.
  often: ({ size }) => (size === 1000 ? SERVERS : new Set()),
  env: { BENCH_COMPRESS: "1" },
});
