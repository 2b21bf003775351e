// The short forms of `npm run soak`: that its proofs run, hold, and can fail. What takes time to show is left to the long ones.
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";

const MAIN = fileURLToPath(new URL("main.js", import.meta.url));

afterEach(killPrograms);

function soak(...args: readonly string[]): Program {
  return new Program(process.execPath, ["--expose-gc", MAIN, ...args]);
}

describe("npm run soak", () => {
  test.each([
    ["work"],
    ["pings", "--count", "4000000"],
    ["handshakes", "--count", "600"],
    ["churn", "--count", "400"],
    ["descriptors", "--connections", "100"],
    ["isolation", "--count", "100000"],
    ["memory", "--connections", "100", "--count", "1"],
    ["load", "--connections", "40", "--minutes", "0.02"],
  ])("%s holds", async (...args) => {
    const program = soak(...args);
    const { code } = await program.exit;
    expect(program.stdout, program.stderr).not.toContain("FAILS");
    expect(program.stdout).toMatch(/^ {2}holds /m);
    expect(code).toBe(0);
  });

  test("ends with 1 if a bound does not hold", async () => {
    // Nobody makes half a connection.
    const program = soak("churn", "--count", "0.5");
    const { code } = await program.exit;
    expect(program.stdout).toContain("FAILS  connections");
    expect(code).toBe(1);
  });

  test.each([["nonsense"], ["load", "--minutes", "x"], ["load", "--read", "fast"]])(
    "refuses %s %s %s",
    async (...args) => {
      const program = soak(...args.filter((each) => each !== undefined));
      expect((await program.exit).code).toBe(2);
      expect(program.stderr).toContain("Usage:");
    },
  );
});
