// Imports point one way, from each room of the house to those below it, and never in a circle.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Import {
  /** As written. */
  readonly name: string;
  /** Path from the root of the repository, for a relative import. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s(?<clause>[^;"']*?)\bfrom\s*"(?<name>[^"]+)"/gm;
const BARE = /^import\s*"(?<name>[^"]+)"/gm;
const CALL = /\b(?:import|require)\(\s*["'`](?<name>[^"'`]+)["'`]/g;

function parseImports(source: string, file: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const pattern of [STATEMENT, BARE, CALL]) {
    for (const { groups } of code.matchAll(pattern)) {
      const { name = "", clause = "" } = groups ?? {};
      const target = name.startsWith(".") ? path.posix.join(path.posix.dirname(file), name) : undefined;
      found.push({ name, target, typeOnly: isTypeOnly(clause) });
    }
  }
  return found;
}

function isTypeOnly(clause: string): boolean {
  if (clause.startsWith("type ")) return true;
  const names = /^\{(?<names>[^}]*)\}/.exec(clause.trim())?.groups?.names;
  return names?.split(",").every((each) => each.trim() === "" || each.trim().startsWith("type ")) === true;
}

function filesUnder(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.d)\.[jt]s$/.test(file) && !/(^|[\\/])node_modules[\\/]/.test(file))
    .map((file) => `${folder}/${file.replaceAll(path.sep, "/")}`);
}

interface Edge extends Import {
  readonly file: string;
}

function importsOf(files: readonly string[]): Edge[] {
  return files.flatMap((file) =>
    parseImports(readFileSync(path.join(ROOT, file), "utf8"), file).map((each) => ({ file, ...each })),
  );
}

/** Imports that the check does not allow, as `file -> import`. */
function wrong(edges: readonly Edge[], allowed: (edge: Edge) => boolean): string[] {
  return edges.filter((edge) => !allowed(edge)).map(({ file, name }) => `${file} -> ${name}`);
}

const within = (edge: Edge, ...folders: readonly string[]): boolean =>
  folders.some((folder) => edge.target?.startsWith(`${folder}/`) === true);

describe("the parser of imports", () => {
  test("finds every form", () => {
    const source = [
      'import type { A } from "./a.js";',
      'import { type B, type C } from "../b.js";',
      "import {",
      "  type D,",
      "  e,",
      '} from "node:fs";',
      'import "./side.js";',
      'export * from "./star.js";',
      'export { type F } from "./f.js";',
      'const g = await import("./g.js");',
      '// import { h } from "./comment.js";',
      '/* import { i } from "./comment.js"; */',
    ].join("\n");
    expect(
      parseImports(source, "src/x/y.ts").map((each) => [each.target ?? each.name, each.typeOnly]),
    ).toEqual([
      ["src/x/a.js", true],
      ["src/b.js", true],
      ["node:fs", false],
      ["src/x/star.js", false],
      ["src/x/f.js", true],
      ["src/x/side.js", false],
      ["src/x/g.js", false],
    ]);
  });

  test("finds a circle, and no more than a circle", () => {
    const edge = (file: string, target: string): Edge => ({ file, target, name: target, typeOnly: true });
    const chain = [edge("a.ts", "b.js"), edge("b.ts", "c.js"), edge("a.ts", "c.js")];
    expect(circles(chain)).toEqual([]);
    expect(circles([...chain, edge("c.ts", "b.js")])).toEqual([["b.ts", "c.ts"]]);
  });

  test("misses none that a line begins with", () => {
    for (const file of [...filesUnder("src"), ...filesUnder("assembly")]) {
      const source = readFileSync(path.join(ROOT, file), "utf8");
      const begun = source.match(/^import\s|^export\s(?:type\s)?[{*]/gm)?.length ?? 0;
      expect(importsOf([file]).length, file).toBeGreaterThanOrEqual(begun);
    }
  });
});

/** The rooms from the bottom up. A room imports from those that it lists and from no other, besides itself. */
const FOUNDATION = ["src/kernel", "src/memory", "src/host"] as const;
const BELOW_ADAPTERS = [...FOUNDATION, "src/protocol", "src/http", "src/handshake", "src/deflate"] as const;
const LAYERS: readonly (readonly [folder: string, ...others: string[]])[] = [
  ["assembly"],
  ["src/kernel"],
  ["src/memory", "src/kernel"],
  ["src/host", "src/kernel", "src/memory"],
  ["src/http", "src/host"],
  ["src/protocol", ...FOUNDATION],
  ["src/handshake", "src/http", "src/host", "src/protocol"],
  ["src/deflate", ...FOUNDATION, "src/protocol", "src/handshake"],
  ["src/adapter", ...BELOW_ADAPTERS],
  ["src/streams", "src/adapter", ...BELOW_ADAPTERS],
  ["src/workerd", "src/streams", "src/adapter", ...BELOW_ADAPTERS],
  ["src/node", "src/adapter", ...BELOW_ADAPTERS],
  ["src/deno", "src/node", "src/adapter", ...BELOW_ADAPTERS],
  ["src/bun", "src/node", "src/adapter", ...BELOW_ADAPTERS],
  ["src/ws", "src/node", "src/adapter", ...BELOW_ADAPTERS],
  ["src/cli", "src/node", "src/deno", "src/bun", "src/adapter", ...BELOW_ADAPTERS],
];

/** The rooms inside of the adapter. A server and a client don't know each other; the last lists what entries have in common. */
const ADAPTER_ROOMS: readonly (readonly [folder: string, ...others: string[]])[] = [
  ["src/adapter/topics"],
  ["src/adapter/socket", "src/adapter/topics"],
  ["src/adapter/server", "src/adapter/socket", "src/adapter/topics"],
  ["src/adapter/client", "src/adapter/socket"],
  ["src/adapter/api", "src/adapter/socket", "src/adapter/server", "src/adapter/client"],
];

/** The layers above the protocol know kernels and linear memory by their types. One checks early that the host runs a kernel, entries of bundlers choose one, and the parts of `ws` are endpoints of their own. */
const MEMORY_VALUES = [
  "src/adapter/index.edge-light.ts -> ../kernel/load.edge-light.js",
  "src/adapter/index.workerd.ts -> ../kernel/load.workerd.js",
  "src/adapter/socket/options.ts -> ../../memory/workspace.js",
  "src/ws/engine.ts -> ../memory/workspace.js",
  "src/ws/preparation.ts -> ../memory/workspace.js",
  "src/ws/receiver.ts -> ../memory/workspace.js",
];

/** What leans on private parts of a runtime. The rest of the house knows these rooms by their index alone. */
const PRIVATE_ROOMS = ["src/node/internals", "src/deno/internals"] as const;

const MAY_USE_NODE = ["src/node", "src/deno", "src/ws", "src/cli"];

/** What only its own runtime has. */
const isRuntimes = ({ file, name }: Edge): boolean =>
  name.startsWith("node:") || (name === "cloudflare:sockets" && file.startsWith("src/workerd/"));

/** The files that import each other, directly or by way of others, each circle as a sorted list. */
function circles(edges: readonly Edge[]): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const { file, target } of edges) {
    if (target === undefined) continue;
    const found = targets.get(file) ?? new Set();
    targets.set(file, found.add(target.replace(/\.js$/, ".ts")));
  }
  const reachable = new Map([...targets.keys()].map((file) => [file, reach(file, targets)]));
  const found = new Map<string, string[]>();
  for (const [file, reached] of reachable) {
    if (!reached.has(file)) continue;
    const circle = [...reached].filter((each) => reachable.get(each)?.has(file) === true).sort();
    found.set(circle.join(), circle);
  }
  return [...found.values()];
}

/** All files that a file imports, directly or by way of others. */
function reach(file: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const target of targets.get(next) ?? []) {
      if (reached.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return reached;
}

/** The packages that the package.json of an example names, if it has one. */
function dependenciesOf(file: string): string[] {
  const [, folder] = /^(examples\/[^/]+)\//.exec(file) ?? [];
  if (!existsSync(path.join(ROOT, `${folder}/package.json`))) return [];
  return Object.keys(
    JSON.parse(readFileSync(path.join(ROOT, `${folder}/package.json`), "utf8")).dependencies,
  );
}

describe("imports", () => {
  test("these are all layers", () => {
    const folders = readdirSync(path.join(ROOT, "src"), { withFileTypes: true })
      .filter((each) => each.isDirectory())
      .map((each) => `src/${each.name}`);
    expect(LAYERS.map(([folder]) => folder).sort()).toEqual(["assembly", ...folders].sort());
  });

  test.each(LAYERS)("of %s stay in its place", (folder, ...others) => {
    const edges = importsOf(filesUnder(folder));
    // The lowest imports nothing.
    expect(edges.length > 0 || others.length === 0).toBe(true);
    const mayUseNode = MAY_USE_NODE.includes(folder);
    expect(
      wrong(
        edges,
        (edge) =>
          within(edge, folder, ...others) ||
          (isRuntimes(edge) && (mayUseNode || !edge.name.startsWith("node:"))),
      ),
    ).toEqual([]);
  });

  test("of the handshake from the protocol are its checks of arguments", () => {
    const edges = importsOf(filesUnder("src/handshake")).filter((edge) => within(edge, "src/protocol"));
    expect(edges.length).toBeGreaterThan(0);
    expect(
      wrong(edges, ({ target = "" }) => /^src\/protocol\/(arguments|option-readers)\.js$/.test(target)),
    ).toEqual([]);
  });

  test.each(ADAPTER_ROOMS)("of %s leave the other rooms of the adapter alone", (folder, ...others) => {
    const rooms = ADAPTER_ROOMS.map(([room]) => room);
    const edges = importsOf(filesUnder(folder)).filter((edge) => within(edge, ...rooms));
    expect(wrong(edges, (edge) => within(edge, folder, ...others))).toEqual([]);
  });

  test("of the rooms that all adapters share come from inside of the adapter alone", () => {
    const shared = filesUnder("src/adapter").filter(
      (file) => file.split("/").length === 3 && !/\/index[.\w-]*\.ts$/.test(file),
    );
    const edges = importsOf(shared).filter((edge) => within(edge, ...ADAPTER_ROOMS.map(([room]) => room)));
    expect(wrong(edges, ({ typeOnly }) => typeOnly)).toEqual([]);
  });

  test.each(PRIVATE_ROOMS)("of %s from outside go through its index", (folder) => {
    const others = filesUnder("src").filter((file) => !file.startsWith(`${folder}/`));
    const edges = importsOf(others).filter((edge) => within(edge, folder));
    expect(edges.length).toBeGreaterThan(0);
    expect(wrong(edges, ({ target }) => target === `${folder}/index.js`)).toEqual([]);
    // Inside of the room files import each other.
    const inside = importsOf(filesUnder(folder)).filter((edge) => within(edge, folder));
    expect(
      wrong(inside, ({ target, file }) => file.endsWith("/index.ts") || target !== `${folder}/index.js`),
    ).toEqual([]);
  });

  test("make no circle, types included", () => {
    expect(circles(importsOf([...filesUnder("src"), ...filesUnder("assembly")]))).toEqual([]);
  });

  test("of kernels and linear memory from above the protocol are types", () => {
    const edges = importsOf([
      ...filesUnder("src/adapter"),
      ...filesUnder("src/node"),
      ...filesUnder("src/ws"),
      ...filesUnder("src/deno"),
      ...filesUnder("src/bun"),
    ]);
    expect(wrong(edges, (edge) => !within(edge, "src/kernel", "src/memory") || edge.typeOnly)).toEqual(
      MEMORY_VALUES,
    );
  });

  test("of the demo's page are what a browser has", () => {
    const edges = importsOf(filesUnder("src/cli/demo/page"));
    expect(edges.length).toBeGreaterThan(0);
    expect(wrong(edges, (edge) => within(edge, "src/cli", "src/kernel"))).toEqual([]);
    const files = new Set(filesUnder("src/cli/demo/page"));
    for (const edge of edges) if (edge.target !== undefined) files.add(edge.target.replace(/\.js$/, ".ts"));
    expect(importsOf([...files]).filter(({ name }) => name.startsWith("node:"))).toEqual([]);
  });

  test("of the barrel are the codec and nothing else", () => {
    const edges = importsOf(["src/index.ts"]);
    expect(edges.length).toBeGreaterThan(0);
    expect(wrong(edges, (edge) => within(edge, ...FOUNDATION, "src/protocol"))).toEqual([]);
  });

  test("lead to no package and to neither bench nor test", () => {
    const edges = importsOf([...filesUnder("src"), ...filesUnder("assembly")]);
    expect(wrong(edges, (edge) => within(edge, "src", "assembly") || isRuntimes(edge))).toEqual([]);
    const around = importsOf([...filesUnder("scripts"), ...filesUnder("bench"), ...filesUnder("examples")]);
    expect(around.length).toBeGreaterThan(0);
    expect(wrong(around, (edge) => !within(edge, "test"))).toEqual([]);
    const others = around.filter(({ file }) => !file.startsWith("bench/"));
    expect(wrong(others, (edge) => !within(edge, "bench"))).toEqual([]);
  });

  test("of the conformance runner stay in its folder, which can be published by itself", () => {
    const edges = importsOf(filesUnder("conformance"));
    expect(edges.length).toBeGreaterThan(0);
    expect(wrong(edges, (edge) => within(edge, "conformance") || edge.name.startsWith("node:"))).toEqual([]);
  });

  test("of the examples are what a user has", () => {
    const edges = importsOf(filesUnder("examples"));
    expect(edges.length).toBeGreaterThan(0);
    expect(
      wrong(
        edges,
        (edge) =>
          within(edge, "examples") ||
          /^(wsimd|wsimd\/(node|deno|bun|streams|workerd|handshake|adapter)|node:[a-z_/]+)$/.test(
            edge.name,
          ) ||
          dependenciesOf(edge.file).includes(edge.name),
      ),
    ).toEqual([]);
  });
});
