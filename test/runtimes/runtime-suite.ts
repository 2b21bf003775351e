// The suite on another runtime: its cases run in a process of that, and each is a test here.
import { fileURLToPath } from "node:url";
import { afterAll, describe, test } from "vitest";
import type { Capability } from "../adapters/adapter.js";
import { HAS_IPV6 } from "../adapters/ipv6.js";
import { SUITE } from "../adapters/suite.js";
import { Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import type { Outcome } from "./run-cases.js";

export interface RuntimeSuite {
  readonly title: string;
  readonly runtime: Parameters<typeof runtimeBinary>[0];
  /** What the runtime needs to run TypeScript whose imports end in `.js`. */
  readonly args: readonly string[];
  /** A module in this folder that exports `adapter`. */
  readonly adapter: string;
  /** What the adapter can't do; cases that need it are left out. */
  readonly lacks?: readonly Capability[];
  readonly env?: Readonly<Record<string, string>>;
  /** The titles of the groups of cases that are run. Default: all. */
  readonly groups?: readonly string[];
}

/** Longer than the other side gives a case: it does not answer any more. */
const ANSWER_MS = 25_000;

/** Makes a test of each case. */
export function runtimeSuite(suite: RuntimeSuite): void {
  describe(suite.title, () => {
    const lacks: Capability[] = [...(suite.lacks ?? []), ...(HAS_IPV6 ? [] : (["ipv6"] as const))];
    let runner: Runner | undefined;
    afterAll(() => runner?.stop());
    for (const title of suite.groups ?? Object.keys(SUITE)) {
      const cases = SUITE[title] ?? [];
      const able = cases.filter((each) => !each.needs?.some((need) => lacks.includes(need)));
      if (able.length === 0) continue;
      describe(title, () => {
        for (const each of able) {
          test(each.name, async () => {
            // Another one, if a case has killed it.
            if (runner?.alive !== true) runner = new Runner(suite);
            const outcome = await runner.run(`${title}: ${each.name}`);
            if (!outcome.ok) throw new Error(outcome.error);
          });
        }
      });
    }
  });
}

/** A process of the runtime that runs one case after the other. */
class Runner {
  alive = true;
  readonly #program: Program;
  readonly #lines: AsyncIterator<string>;

  constructor({ runtime, args, adapter, env = {} }: RuntimeSuite) {
    const runCases = fileURLToPath(new URL("run-cases.ts", import.meta.url));
    this.#program = new Program(runtimeBinary(runtime), [...args, runCases, adapter], { env });
    this.#lines = this.#program.lines();
  }

  async run(name: string): Promise<Outcome> {
    this.#program.stdin.write(`${name}\n`);
    const late = setTimeout(() => this.#program.signal("SIGKILL"), ANSWER_MS);
    const { done, value } = await this.#lines.next();
    clearTimeout(late);
    if (done === true) {
      this.alive = false;
      throw new Error(
        `the process ended: ${JSON.stringify(await this.#program.exit)}\n${this.#program.stderr}`,
      );
    }
    return JSON.parse(value);
  }

  async stop(): Promise<void> {
    this.#program.stdin.end();
    await this.#program.exit;
  }
}
