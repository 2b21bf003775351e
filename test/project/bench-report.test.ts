// The reports of `npm run bench`: what they say of given measurements.
import { describe, expect, test } from "vitest";
import { cellFrom, SWEEP_SIZES, sweepCells } from "../../bench/cells.js";
import { curves } from "../../bench/curves.js";
import { judge } from "../../bench/judge.js";
import { losses } from "../../bench/losses.js";
import { factorOver, noiseFloor, pooledFloor } from "../../bench/noise.js";
import { CHAPTERS, METRICS } from "../../bench/notes.js";
import { MAIN, MORE } from "../../bench/parts.js";
import { plotAblation } from "../../bench/plot.js";
import { withFigures } from "../../bench/readme.js";
import { markdown, printed } from "../../bench/report.js";
import type { Measurement, Results } from "../../bench/results.js";
import { median } from "../../bench/statistics.js";
import { steepestStep } from "../../bench/sweep-report.js";
import { KEPT, TARGETS, type Target } from "../../bench/targets.js";
import { bytes, describe as describeCell } from "../../bench/wording.js";

const CPU = "cpuUsPerMessage";

function measured(cell: string, subject: string, rounds: number[], metric = CPU): Measurement {
  const [prefix = ""] = cell.split("/");
  const section = ["ablation", "sweep", "handshakes"].includes(prefix) ? prefix : "servers";
  return { section, cell, subject, metric, rounds, median: median(rounds) };
}

function resultsOf(measurements: Measurement[], busy = 0): Results {
  return {
    name: "example",
    machine: { cpu: "A <CPU>", processors: 2, memoryGiB: 8, platform: "linux x64", release: "6" },
    versions: { wsimd: "1.0.0", node: "20.0.0", ws: "8.0.0", bun: "1.0.0" },
    sections: { servers: { date: "2026-01-01T00:00:00Z", load: [], busy, pinned: true, quick: false } },
    measurements,
    tables: {},
    failures: [],
  };
}

/** Two equal servers, at most 4 % apart in three quarters of the rounds. */
const QUIET = [
  measured("binary/20/16", "wsimd", [1, 1, 1, 1]),
  measured("binary/20/16", "wsimd-again", [1.02, 0.98, 1.04, 3]),
];
/** Two equal servers, half as much again apart. */
const NOISY = [
  measured("binary/20/16", "wsimd", [1, 1, 1, 1]),
  measured("binary/20/16", "wsimd-again", [1.5, 1.4, 1.5, 0.6]),
];

const TARGET: Target = {
  row: "small messages",
  cells: ["binary/20/16"],
  metric: CPU,
  subject: "wsimd",
  against: "ws",
  by: "ratio",
  limit: 0.09,
};

function verdictAgainst(ws: number, floor: readonly Measurement[]) {
  const results = resultsOf([...floor, measured("binary/20/16", "ws", [ws, ws, ws, ws])]);
  return judge(results, [TARGET])[0]?.verdict;
}

describe("the noise floor", () => {
  test("is how far two equal subjects were apart in three quarters of the rounds", () => {
    expect(noiseFloor(QUIET, "binary/20/16", CPU, "ratio")).toBeCloseTo(0.04, 10);
    expect(noiseFloor(QUIET, "binary/20/16", CPU, "difference")).toBeCloseTo(0.04, 10);
    expect(noiseFloor(NOISY, "binary/20/16", CPU, "ratio")).toBeCloseTo(0.5, 10);
  });

  test("is unknown where the second was not measured", () => {
    expect(noiseFloor(QUIET.slice(0, 1), "binary/20/16", CPU, "ratio")).toBeUndefined();
    expect(noiseFloor(QUIET, "text/20/16", CPU, "ratio")).toBeUndefined();
    expect(pooledFloor(QUIET, "sweep", CPU)).toBeUndefined();
  });

  test("of a part is that of three quarters of its loads", () => {
    const apart = [1.01, 1.02, 0.8, 2].flatMap((again, i) => [
      measured(`sweep/binary/${i}/1`, "wsimd", [1]),
      measured(`sweep/binary/${i}/1`, "wsimd-again", [again]),
    ]);
    expect(pooledFloor(apart, "sweep", CPU)).toBeCloseTo(0.25, 10);
  });

  test("swallows a factor that is no larger", () => {
    const data = measured("binary/20/16", "wsimd-data", [1.3, 1.3, 1.3, 1.3]);
    expect(factorOver([...QUIET, data], "binary/20/16", "wsimd-data", CPU)).toEqual({
      factor: 1.3,
      tooNoisy: false,
    });
    expect(factorOver([...NOISY, data], "binary/20/16", "wsimd-data", CPU)).toEqual({
      factor: 1.3,
      tooNoisy: true,
    });
    expect(factorOver(QUIET, "binary/20/16", "wsimd-data", CPU)).toBeUndefined();
  });
});

describe("each target", () => {
  const all = [...TARGETS, ...KEPT];

  test("is measured by a part that runs without options", () => {
    const parts = new Set(MAIN.map(({ name }) => name));
    // Both come from the part `startup`.
    parts.add("cold");
    for (const cell of all.flatMap(({ cells }) => cells)) {
      expect(cellFrom(cell) !== undefined || parts.has(cell.split("/")[0] ?? ""), cell).toBe(true);
    }
  });

  test("has a metric with a name, and a load that is described", () => {
    for (const { metric, cells } of all) {
      expect(METRICS).toHaveProperty(metric);
      for (const cell of cells) expect(describeCell(cell)).not.toMatch(/undefined|NaN/);
    }
  });
});

test("each part has a name of its own, a chapter, and says how long it takes", () => {
  const parts = [...MAIN, ...MORE];
  const chapters = new Set(["sweep", "ablation", ...CHAPTERS.map(({ section }) => section)]);
  expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length);
  for (const { name, seconds } of parts) {
    expect(chapters).toContain(name);
    expect(seconds(true), name).toBeLessThanOrEqual(seconds(false));
    expect(seconds(true), name).toBeGreaterThanOrEqual(0);
  }
});

describe("the verdict on a target", () => {
  // The target is at most 0.09 times ws.
  test.each([
    [20, QUIET, "met"],
    [5, QUIET, "missed"],
    [1 / 0.088, QUIET, "too noisy"],
    [1 / 0.092, QUIET, "too noisy"],
    [1 / 0.07, NOISY, "too noisy"],
    [1 / 0.13, NOISY, "too noisy"],
    [20, NOISY, "met"],
    [5, NOISY, "missed"],
    [1 / 0.088, QUIET.slice(0, 1), "met"],
    [1 / 0.092, QUIET.slice(0, 1), "missed"],
  ])("where ws takes %d", (ws, floor, verdict) => {
    expect(verdictAgainst(ws, floor)).toBe(verdict);
  });

  const two = { ...TARGET, cells: ["binary/20/16", "text/20/16"] };
  const binary = [measured("binary/20/16", "wsimd", [1]), measured("binary/20/16", "ws", [20])];
  const text = (ours: number) => [
    measured("text/20/16", "wsimd", [ours]),
    measured("text/20/16", "ws", [20]),
  ];

  test("is that of the worst of its loads", () => {
    const [good] = judge(resultsOf([...binary, ...text(0.5)]), [two]);
    expect(good).toMatchObject({ verdict: "met", value: 0.05, cell: "binary/20/16" });
    const [bad] = judge(resultsOf([...binary, ...text(2)]), [two]);
    expect(bad).toMatchObject({ verdict: "missed", value: 0.1, cell: "text/20/16" });
  });

  test("is not met where a load was not measured", () => {
    expect(judge(resultsOf(binary), [two])[0]?.verdict).toBe("not measured");
    expect(judge(resultsOf([]), [two])[0]?.verdict).toBe("not measured");
    expect(judge(resultsOf(text(2)), [two])[0]?.verdict).toBe("missed");
  });

  test("may be on a difference", () => {
    const more = [measured("memory", "wsimd", [1500]), measured("memory", "net", [1000])];
    const target = { ...TARGET, cells: ["memory"], against: "net", by: "difference" as const };
    expect(judge(resultsOf(more), [{ ...target, limit: 500 }])[0]).toMatchObject({
      verdict: "met",
      value: 500,
    });
    expect(judge(resultsOf(more), [{ ...target, limit: 499 }])[0]?.verdict).toBe("missed");
  });

  test("is at the head of the page and of what is printed, each target in a row", () => {
    const results = resultsOf([...NOISY, measured("binary/20/16", "ws", [11, 11, 11, 11])]);
    const page = markdown(results);
    expect(page).toMatch(
      /^\| 20 B, 16 at once \| too noisy \| 0\.09 × ws \+ bufferutil \| ≤ 0\.1 \| – \| ±50 % \| binary, 20 B, depth 16 \|$/m,
    );
    expect(page.indexOf("## Earlier targets")).toBeLessThan(page.indexOf("## Echo servers"));
    expect(printed(results)).toMatch(/^20 B, 16 at once +too noisy +0\.09 × ws/m);
    for (const { row } of KEPT) expect(page).toContain(`| ${row}`);
    expect(page).not.toContain("once more");
    const first = markdown(resultsOf([...QUIET, measured("binary/20/16", "bun", [0.5, 0.5, 0.5, 0.5])]));
    for (const { row } of TARGETS) expect(first).toContain(`| ${row}`);
    expect(first).toContain("| **missed** | 2.00 × Bun.serve |");
    expect(first.indexOf("## Targets")).toBeLessThan(first.indexOf("## Echo servers"));
  });
});

test("a busy machine makes the results provisional", () => {
  expect(markdown(resultsOf(QUIET, 0.5))).toContain("50 % busy with something else");
  expect(markdown(resultsOf(QUIET, 0.02))).toContain("Before the run the machine was 2 % busy.");
});

/** A sweep in which `wsimd` takes a nanosecond a byte, but three times as much from `cliff` bytes on. */
function sweptWithCliff(cliff: number): Measurement[] {
  return sweepCells(false)
    .flat()
    .flatMap(({ id, size }) => [
      measured(id, "wsimd", [(size / 1000) * (size >= cliff ? 3 : 1)]),
      measured(id, "wsimd-again", [(size / 1000) * (size >= cliff ? 3 : 1)]),
      measured(id, "bun", [(size / 1000) * 2]),
    ]);
}

describe("the sweep", () => {
  test("takes steps of at most about three, and the lengths between which text was slow", () => {
    expect(SWEEP_SIZES[0]).toBe(20);
    expect(SWEEP_SIZES.at(-1)).toBe(10_000_000);
    for (const [i, size] of SWEEP_SIZES.entries()) {
      expect((SWEEP_SIZES[i + 1] ?? size) / size).toBeLessThanOrEqual(10 / 3);
    }
    expect(SWEEP_SIZES).toEqual(expect.arrayContaining([100_000, 200_000, 500_000, 1_000_000, 1_048_576]));
    for (const { size, depth, connections } of sweepCells(false).flat()) {
      expect(size * depth * connections).toBeLessThanOrEqual(64 << 20);
    }
  });

  test("shows every size of every payload in tables and as curves", () => {
    const results = resultsOf(sweptWithCliff(Number.POSITIVE_INFINITY));
    const page = markdown(results);
    for (const kind of ["binary", "ASCII text", "mixed text"]) {
      const table = page.slice(page.indexOf(`| ${kind}, depth 1, CPU`)).split("\n\n")[0] ?? "";
      expect(
        table
          .split("\n")
          .slice(2)
          .map((line) => line.split(" | ")[0]),
      ).toEqual(SWEEP_SIZES.map((size) => `| ${bytes(size)}`));
    }
    expect(page).toContain("(example-sweep.svg)");
    const lines = [...curves(results).matchAll(/<polyline class="ours"[^>]* points="([^"]+)"/g)];
    expect(lines).toHaveLength(6);
    expect(lines[0]?.[1]?.split(" ")).toHaveLength(SWEEP_SIZES.length);
  });

  test.each([2000, 200_000, 1_048_576, 10_000_000])("names the step to %i bytes as the steepest", (cliff) => {
    const results = resultsOf(sweptWithCliff(cliff));
    expect(steepestStep(results, "wsimd")).toMatchObject({ to: cliff });
    expect(steepestStep(results, "wsimd")?.factor).toBeCloseTo(3, 10);
    expect(markdown(results)).toMatch(
      new RegExp(`\\| wsimd \\| 3\\.00 times \\| .* \\| ${bytes(cliff)} \\|`),
    );
    expect(steepestStep(results, "bun")?.factor).toBeCloseTo(1, 10);
    expect(steepestStep(results, "ws")).toBeUndefined();
  });
});

describe("the losses", () => {
  test("are the loads where another server takes less, beyond the noise", () => {
    const results = resultsOf([
      ...sweptWithCliff(3_000_000),
      measured("handshakes", "wsimd", [40, 40], "cpuUsPerHandshake"),
      measured("handshakes", "bun", [20, 20], "cpuUsPerHandshake"),
      ...QUIET,
      measured("binary/20/16", "bun", [0.1, 0.1, 0.1, 0.1]),
    ]);
    const [bun, ...others] = losses(results);
    expect(others).toEqual([]);
    // Two sizes at depth 1 of three payloads; the cells of the targets are those of the sweep.
    expect(bun?.echoes).toHaveLength(6);
    expect(bun?.others).toEqual([{ cell: "handshakes", factor: 2 }]);
    expect(markdown(results)).toContain("opening handshakes: 2.0×");
    const noisy = sweptWithCliff(3_000_000).map((each) =>
      each.subject === "wsimd-again" ? { ...each, rounds: each.rounds.map((value) => value * 1.6) } : each,
    );
    expect(losses(resultsOf(noisy))[0]?.echoes).toEqual([]);
  });

  test("are in the README, below the curves", () => {
    const page = "a\n<!-- figures: npm run bench -- --readme -->\nold\n<!-- end of figures -->\nb\n";
    const readme = withFigures(page, resultsOf(sweptWithCliff(3_000_000)));
    expect(readme).toContain("](bench/results/example-sweep.svg)");
    expect(readme).toContain("| Bun.serve | 6 of 84 | binary, 3,000,000 B, depth 1: 1.5× | – |");
    expect(readme).toContain("3.00 times as much CPU a byte");
    expect(readme).not.toContain("old");
    expect(readme).not.toContain("provisional");
    expect(withFigures(page, resultsOf(sweptWithCliff(3_000_000), 0.9))).toContain("provisional");
    expect(() => withFigures("nothing", resultsOf([]))).toThrow("has no part between");
  });
});

const ABLATION = resultsOf([
  ...[
    ["wsimd", [1, 1, 1, 1]],
    ["wsimd-again", [1.1, 1, 1, 1]],
    ["wsimd-scalar", [1.05, 1.05, 1.05, 1.05]],
    ["wsimd-js", [2.5, 2.5, 2.5, 2.5]],
    ["wsimd-data-flush", [9, 9, 9, 9]],
    ["ws", [10, 10, 10, 10]],
  ].map(([subject, rounds]) =>
    measured("ablation/text/1000/16", String(subject), [rounds].flat().map(Number)),
  ),
  measured("ablation/text/1000/16", "wsimd-data", [1, 0.99, 1, 1]),
  measured("ablation/receive mixed/1024", "wsimd", [100, 100], "nsPerMessage"),
  measured("ablation/receive mixed/1024", "wsimd-again", [100, 102], "nsPerMessage"),
  measured("ablation/receive mixed/1024", "wsimd-js", [480, 480], "nsPerMessage"),
]);

describe("the ablation", () => {
  test("is two tables with factors, noise, and a plot", () => {
    const page = markdown(ABLATION);
    expect(page).toContain("## What each part gives");
    expect(page).toContain(
      "| server CPU, µs a message | wsimd | scalar kernel | JavaScript kernel | public streams | public streams, one write a message | ws + bufferutil | noise |",
    );
    expect(page).toContain(
      "| text, 1,000 B, depth 16 | 1.00 | 1.05 (1.05×) | 2.50 (2.50×) | 1.00 (too noisy) | 9.00 (9.00×) | 10.0 (10.0×) | ±0 % |",
    );
    expect(page).toContain("| codec alone, ns a message | wsimd | JavaScript kernel | noise |");
    expect(page).toContain("| receive mixed, 1,024 B | 100 | 480 (4.80×) | ±2 % |");
    expect(page).toContain("(example-ablation.svg)");
    // Its cells are not among those of the other servers.
    expect(page).not.toContain("## Echo servers");
    expect(page).not.toContain("(example-sweep.svg)");
  });

  test("is left out where it was not measured", () => {
    expect(markdown(resultsOf(QUIET))).not.toContain("What each part gives");
    expect(printed(resultsOf(QUIET))).not.toContain("scalar");
  });

  test("is printed, a block for each cell", () => {
    expect(printed(ABLATION)).toContain("text, 1,000 B, depth 16: server CPU, µs a message");
    expect(printed(ABLATION)).toMatch(/^ {2}JavaScript kernel +2\.50 \(2\.50×\)$/m);
    expect(printed(ABLATION)).toMatch(/^ {2}noise +±2 %$/m);
  });

  test("is drawn as bars, the longest for the most", () => {
    const svg = plotAblation(ABLATION);
    const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toHaveLength(6);
    expect(Math.max(...widths)).toBe(widths[5]);
    expect((widths[5] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(10, 0);
    expect(svg).toContain("2.50  (2.50×)");
    expect(svg).toContain("A &lt;CPU&gt;");
  });
});
