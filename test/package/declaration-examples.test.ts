// The examples in the comments of the declarations: each main export has one, the type checker accepts it, and it runs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { commentOf, exportsOf } from "../support/declarations.js";
import { runBlock } from "../support/markdown-blocks.js";
import { killPrograms, mainFile } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runIn } from "../support/tarball.js";

afterEach(killPrograms);

/** What an application begins with, for each entry. */
const MAIN: Readonly<Record<string, readonly string[]>> = {
  wsimd: ["Connection", "Endpoint", "PreparedMessage", "kernelInUse"],
  "wsimd/adapter": ["connect", "createRuntime", "createServer"],
  "wsimd/bun": ["connect", "serve"],
  "wsimd/deflate": ["serverDeflate"],
  "wsimd/deno": ["connect", "serve"],
  "wsimd/handshake": [
    "HeadParser",
    "HeaderList",
    "acceptKey",
    "buildAccept",
    "buildRefusal",
    "buildRequest",
    "checkResponse",
    "checkUpgrade",
  ],
  "wsimd/node": ["attach", "connect", "createServer", "serve"],
  "wsimd/streams": ["CodecStreams", "connect", "createServer", "open"],
  "wsimd/workerd": ["connect"],
  // Its declarations have no examples: they are those of `@types/ws`.
  "wsimd/ws": [],
};

interface Example {
  readonly title: string;
  /** `js` runs; `ts` needs what no test has at hand, and is compiled only. */
  readonly language: "js" | "ts";
  readonly code: string;
}

/** The examples of an export. */
function examplesOf(entry: string, name: string): Example[] {
  mainFile();
  const folder = entry.replace(/^wsimd\/?/, "");
  const place = exportsOf(`${ROOT}dist/${folder === "" ? "" : `${folder}/`}index.d.ts`).get(name);
  if (place === undefined) throw new Error(`${entry} exports no ${name}`);
  const blocks = commentOf(place).matchAll(/@example\n```(?<language>js|ts)\n(?<code>[\s\S]*?)^```$/gm);
  return [...blocks].map(({ groups: { language = "", code = "" } = {} }) => ({
    title: `${name} of ${entry}`,
    language: language === "ts" ? "ts" : "js",
    code,
  }));
}

const NAMES = Object.entries(MAIN).flatMap(([entry, names]) => names.map((name) => [entry, name] as const));
const EXAMPLES = NAMES.flatMap(([entry, name]) => examplesOf(entry, name));

test("these are all entries", () => {
  const entries = Object.keys(manifest.exports).filter((name) => !/\.(wasm|json)$/.test(name));
  expect(Object.keys(MAIN)).toEqual(entries.map((name) => name.replace(".", "wsimd")).sort());
});

test.each(NAMES)("of %s, %s has one", (entry, name) => {
  expect(examplesOf(entry, name)).toHaveLength(1);
});

test("the type checker accepts them", async () => {
  const folder = `${ROOT}build/declaration-examples`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [i, { language, code }] of EXAMPLES.entries()) {
    writeFileSync(`${folder}/example${i}.m${language}`, code);
  }
  const compilerOptions = { noEmit: true, allowJs: true, checkJs: true, noUnusedLocals: false, rootDir: "." };
  const project = { extends: "../../tsconfig.json", compilerOptions, include: ["*"] };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(project));
  await runIn(ROOT, process.execPath, "node_modules/typescript/bin/tsc", "-p", folder);
});

test.each(EXAMPLES.filter(({ language }) => language === "js"))("that of $title runs", ({ code }) =>
  runBlock(code),
);

test("most of them run", () => {
  const compiledOnly = EXAMPLES.filter(({ language }) => language === "ts");
  expect(compiledOnly.map(({ title }) => title)).toEqual([
    "connect of wsimd/adapter",
    "createServer of wsimd/adapter",
    "serverDeflate of wsimd/deflate",
    "checkUpgrade of wsimd/handshake",
    "connect of wsimd/workerd",
  ]);
});

test("the comments of the declarations in CommonJS are the same", () => {
  const read = (file: string): string => readFileSync(`${ROOT}dist/${file}`, "utf8");
  expect(read("cjs/node/serve.d.ts")).toBe(read("node/serve.d.ts"));
});
