// What users get: the tarball, installed where nothing else is.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { deadMarkdownLinks } from "../support/markdown-links.js";
import { killPrograms } from "../support/program.js";
import { install, type Packed, pack, runIn } from "../support/tarball.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/**
 * Code and declarations for each runtime, bundles of it, and copies in CommonJS take 3.0 MiB, the documentation 0.3 MiB.
 * Files that do not belong, such as sources, maps or another copy, would take more than the rest.
 */
const MOST_UNPACKED_BYTES = 3712 * 1024;

/** What bundles of several entries share. */
const SHARED = /^dist\/(?:bundled|cjs)\/(?:codec|sockets|net|rolldown-runtime)\.js$/;

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-pack-"));
let packed: Packed;

beforeAll(async () => {
  packed = await pack(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the tarball", () => {
  test("has what is needed and nothing else", () => {
    const files = packed.files.map((each) => each.path);
    const top = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
    const documentation =
      /^(docs\/[\w-]+\.md|examples(\/[\w.-]+)+\.(c?js|tsx?|html|css|json|md)|bench\/results\/[\w-]+\.svg)$/;
    const others = files.filter((file) => !file.startsWith("dist/") && !documentation.test(file));
    expect(others.sort()).toEqual(top);
    expect(files.filter((file) => /node_modules\/|package-lock/.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith("dist/") && !/\.(js|d\.ts|wasm)$/.test(file))).toEqual([
      "dist/cjs/package.json",
      "dist/cjs/ws/index.d.mts",
      "dist/cjs/ws/wrapper.mjs",
    ]);
    for (const needed of [
      "dist/index.js",
      "dist/node/index.js",
      "dist/cli/main.js",
      "dist/kernel/generated/simd.wasm",
      "docs/loading.md",
      "examples/echo/main.js",
    ]) {
      expect(files).toContain(needed);
    }
  });

  test("is small", () => {
    console.log(`unpacked: ${packed.unpackedSize} bytes in ${packed.files.length} files`);
    expect(packed.unpackedSize).toBeLessThan(MOST_UNPACKED_BYTES);
  });

  test("has no source that the build no longer makes", () => {
    const made = packed.files.map((each) => each.path).filter((file) => /^dist\/.*\.js$/.test(file));
    expect(made.length).toBeGreaterThan(50);
    for (const file of made.filter((each) => !SHARED.test(each))) {
      const source = file.replace(/^dist\/(?:(?:bundled|cjs)\/)?/, "src/").replace(/\.js$/, ".ts");
      expect(existsSync(path.join(ROOT, source)), `${file} has no ${source}`).toBe(true);
    }
  });
});

// Scripts are allowed in the second: one that ran would fail, since no compiler is there.
describe.each([["--ignore-scripts"], ["--foreground-scripts"]])("installed offline with %s", (option) => {
  const project = path.join(folder, option.replace(/^--/, ""));
  const installed = path.join(project, "node_modules/wsimd");

  beforeAll(() => install(project, path.join(folder, packed.filename), option));

  test("is alone, and as it was packed", () => {
    expect(readdirSync(path.join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "wsimd",
    ]);
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(files.length).toBe(packed.files.length);
  });

  test("has no dependency and no script that an installation runs", () => {
    const theirs: Record<string, unknown> = JSON.parse(
      readFileSync(path.join(installed, "package.json"), "utf8"),
    );
    for (const key of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"]) {
      expect(theirs[key]).toBeUndefined();
    }
    // npm 11 and pnpm warn of these when a package has them, of `prepare` too if it comes from a tarball or from git.
    const scripts = Object.keys(theirs.scripts ?? {});
    const installing = /^((pre|post)?install|(pre|post)?prepare|prepublish)$/;
    expect(scripts.filter((name) => installing.test(name))).toEqual([]);
    const lock: unknown = JSON.parse(readFileSync(path.join(project, "package-lock.json"), "utf8"));
    expect(JSON.stringify(lock)).not.toContain("hasInstallScript");
  });

  test("has no dead link in its documentation", () => {
    const pages = packed.files.map((each) => each.path).filter((file) => file.endsWith(".md"));
    expect(pages.length).toBeGreaterThan(30);
    const dead = pages.flatMap((page) =>
      deadMarkdownLinks(installed, page).map((link) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  test("has examples that run where it is installed", async () => {
    expect(await runIn(installed, process.execPath, "examples/bare-codec/main.js")).not.toBe("");
  });

  test.each(["simd", "scalar"])("has as %s.wasm the bytes that the source compiles to", (name) => {
    const file = `kernel/generated/${name}.wasm`;
    // test/unit/kernel/build.test.ts compiles again and compares.
    const compiled = readFileSync(path.join(ROOT, "src", file));
    expect(readFileSync(path.join(installed, "dist", file)).equals(compiled)).toBe(true);
  });

  test("has the bytes of simd.wasm inlined", () => {
    const inlined = readFileSync(path.join(installed, "dist/kernel/generated/simd.js"), "utf8");
    const [literal = ""] = /".+"/.exec(inlined) ?? [];
    const file = readFileSync(path.join(installed, "dist/kernel/generated/simd.wasm"));
    expect(file.equals(Buffer.from(String(JSON.parse(literal)), "hex"))).toBe(true);
  });

  const BODY = `const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => socket.send(data) });
    const reply = await new Promise((resolve, reject) => {
      connect(server.url, {}, { message: (_, data) => resolve(data) }).then((socket) => socket.send("hi"), reject);
    });
    await server.close();
    console.log(reply, new Connection({ role: "server" }).kernel !== undefined);`;

  test("serves and connects when imported", async () => {
    const code = `import { Connection } from "wsimd"; import { connect, serve } from "wsimd/node"; ${BODY}`;
    expect(await runIn(project, process.execPath, "--input-type=module", "-e", code)).toBe("hi true\n");
  });

  test("serves and connects when required", async () => {
    const code = `const { Connection } = require("wsimd"); const { connect, serve } = require("wsimd/node");
      (async () => { ${BODY} })();`;
    expect(await runIn(project, process.execPath, "--input-type=commonjs", "-e", code)).toBe("hi true\n");
  });

  test("brings the program wsimd", async () => {
    expect(await runIn(project, path.join(project, "node_modules/.bin/wsimd"), "--version")).toBe(
      `${manifest.version}\n`,
    );
  });
});

describe("npm has nothing to say about an installation", () => {
  async function printedFor(source: string): Promise<string> {
    const project = mkdtempSync(path.join(folder, "quiet-"));
    writeFileSync(path.join(project, "package.json"), '{ "private": true }');
    const printed = await runIn(project, "sh", "-c", 'npm install --no-audit --no-fund "$0" 2>&1', source);
    const code = 'console.log(require("wsimd").kernelInUse().name)';
    expect(await runIn(project, process.execPath, "-e", code)).toBe("simd\n");
    return printed.replace(/\d+(?:ms|m|s)\b/, "…s").trim();
  }

  test("of the tarball", async () => {
    expect(await printedFor(path.join(folder, packed.filename))).toBe("added 1 package in …s");
  });

  // It is built from the last commit, which takes a while.
  test("from git", { timeout: 300_000 }, async () => {
    expect(await printedFor(`git+file://${ROOT}`)).toBe("added 1 package in …s");
  });
});

test("npm run sbom lists what comes with wsimd, which is nothing, without a network", async () => {
  const program = ["npm", "run", "--silent", "sbom", "--", "--offline"] as const;
  const sbom: unknown = JSON.parse(await runIn(ROOT, ...program));
  const purl = `pkg:npm/wsimd@${manifest.version}`;
  expect(sbom).toMatchObject({ bomFormat: "CycloneDX", metadata: { component: { purl } }, components: [] });
});
