// The tests of types can fail: the type checker refuses them when they expect another type.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runIn } from "../support/tarball.js";

afterEach(killPrograms);

const SOCKET_DATA = sourceOf("socket-data");
const PAYLOAD = sourceOf("payload");
/** As deep in the repository as `test/types`, so that imports lead to the same files. */
const FOLDER = `${ROOT}build/type-tests`;

function sourceOf(name: string): string {
  return readFileSync(`${ROOT}test/types/${name}.test-d.ts`, "utf8");
}

async function check(name: string, code: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  const compilerOptions = { noEmit: true, rootDir: "../.." };
  const project = { extends: "../../tsconfig.json", compilerOptions, include: [`${name}.test-d.ts`] };
  writeFileSync(`${FOLDER}/${name}.json`, JSON.stringify(project));
  writeFileSync(`${FOLDER}/${name}.test-d.ts`, code);
  return runIn(ROOT, process.execPath, "node_modules/typescript/bin/tsc", "-p", `${FOLDER}/${name}.json`);
}

test.each([SOCKET_DATA, PAYLOAD])("they pass as they are: file %#", async (source) => {
  await expect(check("right", source)).resolves.toBe("");
});

test.each([
  [
    SOCKET_DATA,
    "sockets",
    "type Sockets = ReadonlyMap<number, Socket<User>>",
    "type Sockets = ReadonlyMap<number, Socket>",
  ],
  [SOCKET_DATA, "client", "Promise<Socket<User>>", "Promise<Socket<string>>"],
  [SOCKET_DATA, "plain-client", "toEqualTypeOf<Promise<Socket>>", "toEqualTypeOf<Promise<Socket<User>>>"],
  [SOCKET_DATA, "broadcast", "readonly except?: Socket<User>", "readonly except?: Socket"],
  [SOCKET_DATA, "allowed", '{ nickname: "x" }', '{ name: "x" }'],
  [PAYLOAD, "node", "toEqualTypeOf<string | Buffer>()", "toEqualTypeOf<string | Uint8Array>()"],
  [PAYLOAD, "control", "toEqualTypeOf<Buffer>()", "toEqualTypeOf<Uint8Array>()"],
  [PAYLOAD, "bytes", 'const textType = "bytes"', 'const textType = "string"'],
  [PAYLOAD, "elsewhere", "toEqualTypeOf<string | Uint8Array>()", "toEqualTypeOf<string | Buffer>()"],
])("they fail where another type is expected: %#", async (source, name, right, wrong) => {
  const code = source.replace(right, wrong);
  expect(code).not.toBe(source);
  await expect(check(name, code)).rejects.toThrow(/error TS(2344|2345|2554|2578|2740)/);
});
