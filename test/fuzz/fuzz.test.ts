// The short form of `npm run fuzz`, what was kept of longer ones, and whether a fault would be found.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { BATCH_INPUTS, type Finding, runBatch } from "./batch.js";
import { checkInput } from "./check.js";
import { parseCorpusFile, readCorpus, writeCorpusFile } from "./corpus.js";
import { HEADER_BYTES, parseInput } from "./input.js";
import { shrink } from "./shrink.js";
import { TARGETS } from "./target.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SEED = 0x6455;
const BATCHES = 20;

/** Whole, byte by byte, and in chunks of 1, 2 and 3 bytes, an empty one between them. */
const SIZES = [
  [0, 0, 0, 0],
  [1, 1, 1, 1],
  [1, 2, 0, 3],
];

describe("a fixed seed", () => {
  test.each(Array.from({ length: BATCHES }, (_, batch) => batch))("0x6455, batch %i", (batch) => {
    const findings: Finding[] = [];
    const report = runBatch(
      "frames",
      SEED,
      batch,
      () => {},
      (finding) => findings.push(finding),
    );
    expect(findings).toEqual([]);
    expect(report.inputs.grammar + report.inputs.mutated + report.inputs.raw).toBe(BATCH_INPUTS);
  });
});

/** Batches that take a second or two. */
describe.each(["inflate", "deflate"] as const)("%s, a fixed seed", (target) => {
  test("0x6455, batch 0", () => {
    const findings: Finding[] = [];
    const onFinding = (finding: Finding) => findings.push(finding);
    const report = runBatch(target, SEED, 0, () => {}, onFinding);
    expect(findings).toEqual([]);
    expect(report.peer.get("alike")).toBeGreaterThan(BATCH_INPUTS / 10);
  });
});

describe("the corpus", () => {
  const files = readCorpus(ROOT);

  test.each(files)("test/fuzz/corpus/$name", ({ target, input }) => {
    TARGETS[target].check(input);
  });

  const frames = files.filter(({ target }) => target === "frames");
  test.each(frames)("test/fuzz/corpus/$name, in other circumstances", ({ input }) => {
    const role = (input[0] ?? 0) & 1;
    for (let flags = role; flags < 0x20; flags += 2) {
      for (const sizes of SIZES) {
        const changed = input.slice();
        changed[0] = flags;
        changed.set([...sizes, ...sizes.toReversed()], 2);
        checkInput(changed);
      }
    }
  });
});

describe("a fault", () => {
  /** As if the naive decoder knew no pings. */
  async function findOne(): Promise<Finding> {
    vi.doMock(import("../support/reference-connection.js"), async (original) => {
      const { referenceConnection } = await original();
      return {
        referenceConnection: (...args) => {
          const outcome = referenceConnection(...args);
          return { ...outcome, events: outcome.events.filter(({ type }) => type !== "ping") };
        },
      };
    });
    vi.resetModules();
    const blind = await import("./batch.js");
    const { checkInput: check } = await import("./check.js");
    vi.doUnmock("../support/reference-connection.js");
    const findings: Finding[] = [];
    blind.runBatch(
      "frames",
      SEED,
      0,
      () => {},
      (finding) => findings.push(finding),
    );
    const [finding] = findings;
    if (finding === undefined) throw new Error("nothing was found");
    const fails = (input: Uint8Array): boolean => {
      try {
        check(input);
        return false;
      } catch {
        return true;
      }
    };
    return { ...finding, input: shrink(finding.input, fails) };
  }

  test("is found, told of with both outcomes, and made short", async () => {
    const { input, message } = await findOne();
    expect(message).toMatch(/ping.*\n {2}the naive decoder: /);
    const { stream } = parseInput(input);
    // Little more than a ping's header.
    expect(stream.length).toBeLessThan(12);
    expect((stream[0] ?? 0) & 0x0f).toBe(9);
  });

  test("is kept as a file of the corpus that reads back", async () => {
    const { input } = await findOne();
    const folder = path.join(ROOT, "build/corpus-test");
    try {
      const file = writeCorpusFile(folder, input, "two\nlines");
      const text = readFileSync(path.join(folder, file), "utf8");
      expect(text).toMatch(/^# two\n# lines\n/);
      expect(parseCorpusFile(text)).toEqual(input);
      expect(readCorpus(folder)).toEqual([{ name: path.basename(file), target: "frames", input }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test("no input is cut for ever, however its sizes are", () => {
  for (let size = 0; size < 256; size++) {
    const input = new Uint8Array(HEADER_BYTES + 5000);
    input.fill(size, 2, HEADER_BYTES);
    for (const { cuts } of parseInput(input).runs) {
      expect(cuts.length).toBeLessThan(5000);
      expect(cuts.every((cut, i) => cut >= (cuts[i - 1] ?? 0) && cut < 5000)).toBe(true);
    }
  }
});
