// Servers in the threads of one process: each reads as a thread alone does.
import { afterEach, describe, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { DENO_ARGS, NODES, runtimeBinary } from "../support/runtimes.js";
import type { Plan } from "./programs/threads-plan.js";

const PROGRAM = new URL("programs/threads.js", import.meta.url).pathname;

afterEach(killPrograms);

/** Which threads answered, and how they read. */
async function run(file: string, args: readonly string[], plan: Plan): Promise<unknown> {
  mainFile();
  const program = new Program(file, [...args, PROGRAM, JSON.stringify(plan)]);
  const [json] = await program.shows(/^\[.*\]$/m);
  await program.exit;
  return JSON.parse(json);
}

function answers(path: "direct" | "stream"): string[] {
  return ["main", "thread 1", "thread 2"].map((name) => `${name} ${path}`);
}

const RUNTIMES = [
  ...NODES.map(([version, node]) => ({
    runtime: `Node ${version}`,
    file: node,
    args: [],
    adapter: "node" as const,
    path: "direct" as const,
    reusesPorts: !/^v?2[01]/.test(version),
  })),
  {
    runtime: "Deno",
    file: runtimeBinary("deno"),
    args: DENO_ARGS,
    adapter: "deno",
    path: "direct",
    reusesPorts: true,
  },
  {
    runtime: "Bun",
    file: runtimeBinary("bun"),
    args: [],
    adapter: "bun",
    path: "stream",
    reusesPorts: true,
  },
] as const;

describe.each(RUNTIMES)("on $runtime", ({ file, args, adapter, path, reusesPorts }) => {
  test("a port for each thread", async () => {
    expect(await run(file, args, { adapter, threads: 2, reusePort: false })).toEqual(answers(path));
  });

  test("one port for all threads", async () => {
    const running = run(file, args, { adapter, threads: 2, reusePort: true });
    if (reusesPorts) expect(await running).toEqual(answers(path));
    else await expect(running).rejects.toThrow(/reusePort needs Node 22\.12 or 23\.1/);
  });
});
