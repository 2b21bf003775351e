// The programs of docs/cores.md work as the page says.
import { afterEach, describe, expect, test } from "vitest";
import { PagePrograms } from "../support/page-programs.js";
import { started } from "../support/page-project.js";
import { killPrograms } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { Inbox } from "../support/ws-inbox.js";

const page = new PagePrograms("docs/cores.md");
const PROCESSES = page.take("Processes with node:cluster");
const THREADS = page.take("Threads");

afterEach(killPrograms);

test("each block has a test here", () => {
  expect(page.headings).toEqual([PROCESSES.heading, THREADS.heading]);
});

test("processes with node:cluster", async () => {
  const server = await started(PROCESSES);
  const inbox = await Inbox.open(server.url);
  const [, worker] = /^process (\d+)$/.exec(String(await inbox.next())) ?? [];
  inbox.socket.send("hello");
  expect(await inbox.next()).toBe("hello");
  server.program.signal("SIGTERM");
  expect(await inbox.closed).toBe(1001);
  expect(await server.program.exit).toEqual({ code: 0, signal: null });
  expect(server.program.stderr).toBe("");
  expect(() => process.kill(Number(worker), 0)).toThrow("ESRCH");
});

describe.each([
  ["node", [runtimeBinary("node-26")]],
  ["deno", [runtimeBinary("deno"), "run", "-A", "--quiet", "--no-lock"]],
  ["bun", [runtimeBinary("bun")]],
] as const)("on %s", (name, run) => {
  test("threads serve on one port, and what one says reaches the visitors of all", async () => {
    const code = THREADS.code
      .replace("availableParallelism()", "3")
      .replace('"wsimd/node"', `"wsimd/${name}"`);
    const server = await started({ ...THREADS, code }, run);
    const inboxes: Inbox[] = [];
    const threads = new Set<unknown>();
    // Each thread gets a connection sooner or later. On Deno, one that is still loading would miss the message to stop.
    while (threads.size < 3) {
      const inbox = await Inbox.open(server.url);
      threads.add(await inbox.next());
      inboxes.push(inbox);
    }
    for (const thread of threads) expect(thread).toMatch(/^thread \d+$/);
    inboxes.at(-1)?.socket.send("hello");
    for (const inbox of inboxes) expect(String(await inbox.next())).toBe("hello");
    server.program.signal("SIGTERM");
    for (const inbox of inboxes) expect(await inbox.closed).toBe(1001);
    expect(await server.program.exit).toEqual({ code: 0, signal: null });
    expect(server.program.stderr).toBe("");
  });
});
