// The short forms of `npm run soak`: that its proofs run, hold, and can fail. What takes time to show is left to the long ones.
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));

/** The proofs that other runtimes' own sockets and garbage collectors could spoil. */
const EVERYWHERE = [
  "pings --count 2000000",
  "handshakes --count 600",
  "churn --count 400",
  "isolation --count 20000",
  "memory --connections 100 --count 1",
  "slow-readers --connections 60 --count 24",
  "load --connections 40 --minutes 0.02",
];
const SHORT_FORMS = [
  "work",
  "descriptors --connections 200",
  ...EVERYWHERE,
  "pings --count 2000000 --internals off",
  "memory --connections 100 --count 1 --internals off",
  ...["deno", "bun"].flatMap((runtime) => EVERYWHERE.map((proof) => `${proof} --runtime ${runtime}`)),
];

/** On a machine that is busy. */
const PATIENCE_MS = 120_000;

afterEach(killPrograms);

function soak(...args: readonly string[]): Program {
  return new Program(process.execPath, ["--expose-gc", MAIN, ...args]);
}

describe("npm run soak", () => {
  test.each(SHORT_FORMS)("%s holds", { timeout: PATIENCE_MS }, async (form) => {
    const program = soak(...form.split(" "));
    const { code } = await program.exit;
    expect(program.stdout, program.stderr).not.toContain("FAILS");
    expect(program.stdout).toMatch(/^ {2}holds /m);
    expect(code).toBe(0);
  });

  test("ends with 1 if a bound does not hold", async () => {
    // There are no half connections.
    const program = soak("churn", "--count", "0.5");
    const { code } = await program.exit;
    expect(program.stdout).toContain("FAILS  connections");
    expect(code).toBe(1);
  });

  test.each([
    "nonsense",
    "load --minutes x",
    "load --internals fast",
    "load --runtime php",
    "load --runtime bun --internals off",
  ])("refuses %s", async (command) => {
    const program = soak(...command.split(" "));
    expect((await program.exit).code).toBe(2);
    expect(program.stderr).toContain("Usage:");
  });
});
