// What importing the package, and using it, does to the process as a whole. Each look is in a process of its own.
import { readFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { NODES } from "../support/runtimes.js";

beforeAll(() => void mainFile());
afterEach(killPrograms);

async function run(node: string, name: string, args: readonly string[], env = {}): Promise<unknown> {
  const file = new URL(`programs/${name}.js`, import.meta.url).pathname;
  const program = new Program(node, [file, ...args], { env });
  const exit = await program.exit;
  expect(exit, program.stderr).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
  return JSON.parse(program.stdout);
}

/** All that a program on Node can import. The imports of wsimd/workerd exist on workerd alone. */
function entries(): [how: string, entry: string][] {
  const manifest: { exports: Record<string, object> } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  const names = Object.keys(manifest.exports).filter((name) => !/workerd|\.wasm$|\.json$/.test(name));
  return names.flatMap((name): [string, string][] => {
    const entry = `wsimd${name.slice(1)}`;
    const both = "require" in (manifest.exports[name] ?? {});
    return both
      ? [
          ["import", entry],
          ["require", entry],
        ]
      : [["import", entry]];
  });
}

const MIB = 2 ** 20;

describe.each(NODES)("on Node %s", (_, node) => {
  test.each(entries())("to %s %s changes nothing that the process shares", async (how, entry) => {
    const { before, atOnce, later, timers, blocks, arrayBuffers, rss } = Object(
      await run(node, "import-effects", [how, entry]),
    );
    expect(before.members.length).toBeGreaterThan(200);
    expect(atOnce).toEqual(before);
    expect(later).toEqual(before);
    expect(timers).toBe(0);
    expect(Math.max(0, ...blocks)).toBeLessThan(MIB);
    expect(arrayBuffers).toBeLessThan(4 * MIB);
    expect(rss).toBeLessThan(32 * MIB);
  });
});

function usesGlibc(): boolean {
  return JSON.stringify(process.report.getReport()).includes('"glibcVersionRuntime"');
}

/** How many pages of each payload may be new to the process. It has 256. */
const MOST_FAULTS = 25;

test.runIf(usesGlibc())("the pages of payloads that are gone serve for those that come", async () => {
  const faults = Number(await run(process.execPath, "page-faults", ["auto"]));
  console.log(`${faults.toFixed(2)} page faults a message`);
  expect(faults).toBeLessThan(MOST_FAULTS);
});

describe("the trial of private parts, and what tunes the allocator,", () => {
  const BEGUN = { answer: "hello", trials: 2, largest: 31 * MIB, left: [] };

  test.each(["serve", "attach", "createServer", "connect"])("begin with %s()", async (what) => {
    expect(await run(process.execPath, "use-effects", [what, "default"])).toEqual(BEGUN);
  });

  test.each(["serve", "attach", "createServer", "connect"])(
    "do not with %s() and internals off",
    async (what) => {
      const { trials, largest, answer } = Object(await run(process.execPath, "use-effects", [what, "off"]));
      expect(answer).toBe("hello");
      expect(trials).toBe(0);
      expect(largest).toBeLessThan(MIB);
    },
  );

  test("do not where WSIMD_INTERNALS is off, unless the option asks for them", async () => {
    const env = { WSIMD_INTERNALS: "off" };
    const off = Object(await run(process.execPath, "use-effects", ["serve", "default"], env));
    expect(off.trials).toBe(0);
    expect(off.largest).toBeLessThan(MIB);
    const asked = Object(await run(process.execPath, "use-effects", ["serve", "auto"], env));
    expect(asked).toMatchObject(BEGUN);
  });
});
