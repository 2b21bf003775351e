// The tests of types can fail: the type checker refuses them when they expect another type.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runIn } from "../support/tarball.js";

afterEach(killPrograms);

const SOURCE = readFileSync(`${ROOT}test/types/socket-data.test-d.ts`, "utf8");
/** As deep in the repository as `test/types`, so that imports lead to the same files. */
const FOLDER = `${ROOT}build/type-tests`;

async function check(name: string, code: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const compilerOptions = { noEmit: true, rootDir: "../.." };
  const project = { extends: "../../tsconfig.json", compilerOptions, include: [`${name}.test-d.ts`] };
  writeFileSync(`${FOLDER}/${name}.json`, JSON.stringify(project));
  writeFileSync(`${FOLDER}/${name}.test-d.ts`, code);
  return runIn(ROOT, process.execPath, "node_modules/typescript/bin/tsc", "-p", `${FOLDER}/${name}.json`);
}

test("they pass as they are", async () => {
  await expect(check("right", SOURCE)).resolves.toBe("");
});

test.each([
  [
    "sockets",
    "type Sockets = ReadonlyMap<number, Socket<User>>",
    "type Sockets = ReadonlyMap<number, Socket>",
  ],
  ["client", "Promise<Socket<User>>", "Promise<Socket<string>>"],
  ["plain-client", "toEqualTypeOf<Promise<Socket>>", "toEqualTypeOf<Promise<Socket<User>>>"],
  ["broadcast", "readonly except?: Socket<User>", "readonly except?: Socket"],
  ["allowed", "nickname", "name"],
])("they fail where another type is expected: %s", async (name, right, wrong) => {
  const code = SOURCE.replace(right, wrong);
  expect(code).not.toBe(SOURCE);
  await expect(check(name, code)).rejects.toThrow(/error TS(2344|2345|2554|2578)/);
});
