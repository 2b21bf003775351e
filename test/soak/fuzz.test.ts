// The program behind `npm run fuzz`, compiled and in a process of its own.
import { execFileSync } from "node:child_process";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";

describe("npm run fuzz", () => {
  beforeAll(() => {
    execFileSync(process.execPath, [`${ROOT}test/fuzz/build.js`]);
  });
  afterEach(killPrograms);

  const fuzz = (...args: string[]) =>
    new Program(process.execPath, [`${ROOT}build/fuzz/test/fuzz/main.js`, ...args]);

  test("runs as many inputs as it is told, and prints a table", async () => {
    const program = fuzz("--inputs", "1500", "--workers", "2", "--seed", "5");
    const exit = await program.exit;
    expect({ exit, found: /^reproduce: .*/m.exec(program.stdout) }).toEqual({
      exit: { code: 0, signal: null },
      found: null,
    });
    expect(program.stdout).toMatch(/^seed 5, 2 workers/);
    expect(program.stdout).toMatch(/^inputs +2,000$/m);
    expect(program.stdout).toMatch(/^findings +0$/m);
  });

  test("ends on SIGINT with its table", async () => {
    const program = fuzz("--minutes", "5", "--workers", "1");
    await program.shows(/^seed \d+/);
    program.signal("SIGINT");
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout).toMatch(/^findings +0$/m);
  });

  test.each([
    ["--minutes", "soon"],
    ["--workers", "0"],
    ["--seed", "x"],
  ])("refuses %s %s", async (option, value) => {
    const program = fuzz(option, value);
    expect((await program.exit).code).toBe(1);
    expect(program.stderr).toContain(option);
  });
});
