// The types of `wsimd/ws` and of wsimd-ws: one program compiles against them and against `@types/ws`, and what those types
// lack is there.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { pack, runIn, unpack } from "../support/tarball.js";

const MODULES = path.join(ROOT, "node_modules");
const folder = mkdtempSync(path.join(tmpdir(), "wsimd-ws-types-"));
const PROGRAM = programOf("ws-api");
/** It uses what `@types/ws` lacks. */
const BEYOND = programOf("ws-beyond");
function programOf(name: string): string {
  return readFileSync(new URL(`programs/${name}.mts`, import.meta.url), "utf8");
}

/** A program as CommonJS imports what is called `name`, or as ES modules do. */
function written(program: string, extension: "mts" | "cts", name: string): string {
  const [statement = "", names = ""] = /^import WebSocket, (\{[^}]*\}) from ".+";$/m.exec(program) ?? [];
  expect(names).not.toBe("");
  const imports =
    extension === "cts"
      ? `import WebSocket = require("${name}");\nimport ${names} from "${name}";`
      : statement;
  return program.replace(statement, imports.replace(/".+";$/, `"${name}";`));
}

/** A project by what its `ws` is. */
const theirs = path.join(folder, "theirs");
const ours = path.join(folder, "ours");

beforeAll(async () => {
  for (const project of [theirs, ours]) {
    mkdirSync(path.join(project, "node_modules"), { recursive: true });
    writeFileSync(path.join(project, "package.json"), '{ "private": true }');
  }
  // As a user has them: the types of `ws` are found by the package's name.
  symlinkSync(path.join(MODULES, "@types"), path.join(theirs, "node_modules/@types"));
  mkdirSync(path.join(ours, "node_modules/@types"));
  for (const name of ["node", "../undici-types"])
    symlinkSync(path.join(MODULES, "@types", name), path.join(ours, "node_modules/@types", name));
  const whole = path.join(folder, (await pack(folder)).filename);
  const alone = path.join(folder, (await pack(folder, "packages/ws")).filename);
  await unpack(whole, path.join(theirs, "node_modules/wsimd"));
  await unpack(whole, path.join(ours, "node_modules/wsimd"));
  await unpack(alone, path.join(ours, "node_modules/ws"));
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STRICT = [
  "--strict",
  "--noUncheckedIndexedAccess",
  "--exactOptionalPropertyTypes",
  "--isolatedModules",
];

/** Compiles a program with the strictest settings, the declarations that it leads to included. */
async function check(project: string, file: string, code: string, ...options: string[]): Promise<void> {
  writeFileSync(path.join(project, file), code);
  const args = [
    "--noEmit",
    ...STRICT,
    "--target",
    "es2022",
    "--lib",
    "es2022",
    "--types",
    "node",
    ...options,
    file,
  ];
  await runIn(project, process.execPath, path.join(MODULES, "typescript/bin/tsc"), ...args);
}

const FORMS = [
  ["ES modules, node16", "mts", ["--module", "node16"]],
  ["ES modules, nodenext", "mts", ["--module", "nodenext", "--verbatimModuleSyntax"]],
  ["ES modules, bundler", "mts", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["CommonJS, node16", "cts", ["--module", "node16"]],
  ["CommonJS, nodenext", "cts", ["--module", "nodenext"]],
] as const;

const PACKAGES = [
  ["@types/ws", () => theirs, "ws"],
  ["wsimd/ws", () => ours, "wsimd/ws"],
  ["wsimd-ws as ws", () => ours, "ws"],
] as const;

describe.each(FORMS)("%s", (_, extension, options) => {
  test.each(PACKAGES)("a program for ws compiles against %s", async (__, project, name) => {
    await check(project(), `program.${extension}`, written(PROGRAM, extension, name), ...options);
  });

  test.each(PACKAGES.slice(1))("%s has what @types/ws lacks", async (__, project, name) => {
    await check(project(), `beyond.${extension}`, written(BEYOND, extension, name), ...options);
  });
});

test("named types of ES modules are those of @types/ws", async () => {
  const names = [
    ...readFileSync(path.join(MODULES, "@types/ws/index.d.mts"), "utf8").matchAll(/^export import (\w+)/gm),
  ];
  const list = [
    "Server",
    "WebSocket",
    "WebSocketServer",
    "createWebSocketStream",
    ...names.map(([, name]) => name),
  ];
  expect(list.length).toBeGreaterThan(15);
  const code = `import type { ${list.join(", ")} } from "ws";\nexport type { ${list.join(", ")} };\n`;
  for (const [, project, name] of PACKAGES)
    await check(project(), "names.mts", code.replace('"ws"', `"${name}"`), "--module", "nodenext");
});

test("our sockets and servers are accepted where those of @types/ws are asked for", async () => {
  const code = `import type * as Theirs from "ws";
import { WebSocket, WebSocketServer } from "wsimd/ws";
export const socket: Theirs.WebSocket = new WebSocket(null);
export const server: Theirs.WebSocketServer = new WebSocketServer({ port: 0 });
export const type: typeof Theirs.WebSocket = WebSocket;
`;
  await check(theirs, "accepted.mts", code, "--module", "nodenext");
});

test("a wrong use is seen", async () => {
  const code = 'import { WebSocketServer } from "wsimd/ws";\nnew WebSocketServer({ port: "8080" });\n';
  await expect(check(ours, "wrong.mts", code, "--module", "nodenext")).rejects.toThrow("is not assignable");
});
