// Runs cases of the suite on whichever runtime this program is started with, for `runtime-suite.ts`:
//
//     RUNTIME … test/runtimes/run-cases.ts ./deno-adapter.ts
//
// Each line of standard input names a case, `title: name`, and gets one line of JSON as its answer.
import { createInterface } from "node:readline";
import type { Adapter } from "../adapters/adapter.js";
import { type Case, Scene } from "../adapters/scene.js";
import { SUITE } from "../adapters/suite.js";
import { soon } from "../adapters/until.js";

/** What became of a case. */
export interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  /** Why not, with the stack. */
  readonly error?: string;
}

/** Longer than the waits of every case, and shorter than the time-out of the test runner. */
const CASE_MS = 20_000;

const { adapter }: { adapter: Adapter } = await import(process.argv[2] ?? "");
const cases: ReadonlyMap<string, Case> = new Map(
  Object.entries(SUITE).flatMap(([title, all]) =>
    all.map((each) => [`${title}: ${each.name}`, each] as const),
  ),
);

for await (const name of createInterface({ input: process.stdin })) {
  const outcome: Outcome = { name, ...(await run(name)) };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
process.exit();

async function run(name: string): Promise<Omit<Outcome, "name">> {
  const each = cases.get(name);
  if (each === undefined) return { ok: false, error: "there is no such case" };
  try {
    await soon(Scene.run(adapter, each), "the case to end", CASE_MS);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
