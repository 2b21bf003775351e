// The reports of `npm run bench`: what they say of given measurements.
import { describe, expect, test } from "vitest";
import { factorOver, noiseFloor } from "../../bench/noise.js";
import { plot, plotAblation } from "../../bench/plot.js";
import { withFigures } from "../../bench/readme.js";
import { judge, markdown, printed } from "../../bench/report.js";
import type { Measurement, Results } from "../../bench/run.js";
import { median } from "../../bench/statistics.js";

const CPU = "cpuUsPerMessage";

function measured(cell: string, subject: string, rounds: number[], metric = CPU): Measurement {
  const section = cell.startsWith("ablation/") ? "ablation" : "servers";
  return { section, cell, subject, metric, rounds, median: median(rounds) };
}

function resultsOf(measurements: Measurement[]): Results {
  return {
    name: "example",
    machine: { cpu: "A <CPU>", processors: 2, memoryGiB: 8, platform: "linux x64", release: "6" },
    versions: { wsimd: "1.0.0", node: "20.0.0", ws: "8.0.0", bun: "1.0.0" },
    sections: { ablation: { date: "2026-01-01T00:00:00Z", load: [], busy: 0, pinned: true, quick: false } },
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

function verdictAgainst(ws: number, floor: readonly Measurement[]) {
  const results = resultsOf([...floor, measured("binary/20/16", "ws", [ws, ws, ws, ws])]);
  return judge(results).find(({ against, subject }) => against === "ws" && subject === "wsimd")?.verdict;
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

  test("is in the page and in the terminal, with its noise", () => {
    const results = resultsOf([...NOISY, measured("binary/20/16", "ws", [11, 11, 11, 11])]);
    const row =
      /^\| binary, 20 B, depth 16 \| CPU µs a message \| .* × ws \+ bufferutil \| ≤ 0\.09 \| ±50 % \| too noisy \|$/m;
    expect(markdown(results)).toMatch(row);
    expect(printed(results)).toMatch(/^too noisy {2}binary, 20 B, depth 16.*noise ±50 %$/m);
    expect(markdown(results)).not.toContain("once more");
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
    expect(page).not.toContain("(example.svg)");
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
    expect(plot(resultsOf(QUIET))).not.toContain("×");
  });

  test("gives the README its table and its sentence", () => {
    const page = "a\n<!-- figures: npm run bench -- --readme -->\nold\n<!-- end of figures -->\nb\n";
    const readme = withFigures(page, ABLATION);
    expect(readme).toContain("takes 2.5 times as much CPU for text of 1,000 bytes");
    expect(readme).toContain("and an amount that was not measured for 1 MiB");
    expect(readme).toContain(
      "| text, 1,000 B, depth 16 | 1.00 | 2.50 (2.50×) | 9.00 (9.00×) | – | 10.0 (10.0×) | – |",
    );
    const without = withFigures(page, resultsOf(QUIET));
    expect(without).toContain("| binary, 20 B, depth 16 | 1.00 | – | – | – |");
    expect(without).not.toContain("What each part gives");
  });
});
