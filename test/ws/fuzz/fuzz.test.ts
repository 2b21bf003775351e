// Random calls on ws and on wsimd/ws: both tell the same, but for the table of differences.
import { expect, test } from "vitest";
import { Random } from "../../support/reference-random.js";
import { LIBRARIES, type Library } from "../library.js";
import { play, type Story } from "./play.js";
import { type Group, generate, MODES, type Mode } from "./script.js";

/** How many scripts of each mode each library plays; `WSIMD_RUNS` for more, from `WSIMD_SEED` on. */
const RUNS = Number(process.env.WSIMD_RUNS ?? 25);
const SEED = Number(process.env.WSIMD_SEED ?? 1);
/** Turns of the event loop that are waited, at first and before a difference counts. */
const PATIENCE = [3, 15, 60, 240];

const [ws, ...others] = LIBRARIES;

/** Whether the stories differ, however long both libraries are waited for. */
async function differs(
  library: Library,
  mode: Mode,
  groups: readonly Group[],
): Promise<[Story, Story] | undefined> {
  let stories: [Story, Story] | undefined;
  for (const patience of PATIENCE) {
    if (ws === undefined) return undefined;
    stories = [await play(ws, mode, groups, patience), await play(library, mode, groups, patience)];
    if (JSON.stringify(stories[0]) === JSON.stringify(stories[1])) return undefined;
  }
  return stories;
}

/** The script without the groups and the steps that the difference does not need. */
async function shrink(library: Library, mode: Mode, groups: readonly Group[]): Promise<readonly Group[]> {
  let smallest = groups;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if ((await differs(library, mode, candidate)) === undefined) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

function* smaller(groups: readonly Group[]): Generator<readonly Group[]> {
  for (const i of groups.keys()) yield groups.filter((_, j) => j !== i);
  for (const [i, group] of groups.entries()) {
    if (group.length === 1) continue;
    for (const k of group.keys())
      yield groups.map((each, j) => (j === i ? each.filter((_, l) => l !== k) : each));
  }
}

for (const library of others)
  test.each(MODES)(`${library.name}: random calls, %s`, { timeout: 60_000 + RUNS * 1_000 }, async (mode) => {
    for (let i = 0; i < RUNS; i++) {
      const seed = SEED + i;
      const groups = generate(new Random(seed * MODES.length + MODES.indexOf(mode)), mode);
      if ((await differs(library, mode, groups)) === undefined) continue;
      const smallest = await shrink(library, mode, groups);
      const [expected, found] = (await differs(library, mode, smallest)) ?? [];
      expect(
        found,
        `seed ${seed}, ${mode}: ${smallest.map((group) => JSON.stringify(group)).join("\n")}`,
      ).toEqual(expected);
    }
  });

test("a script is played twice alike", async () => {
  if (ws === undefined) throw new Error("no library");
  for (const mode of MODES) expect(await differs(ws, mode, generate(new Random(7), mode))).toBe(undefined);
});
