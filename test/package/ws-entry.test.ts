// The drop-in for `ws` as it is packed, in `wsimd/ws` and in the package wsimd-ws: the names of `ws`, one copy of everything
// for `import` and `require`, and nothing that is not beside it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../packages/ws/package.json" with { type: "json" };
import { BUNDLERS, bundle } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";
import { type Packed, pack, runIn, unpack } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-ws-entry-"));
const project = path.join(folder, "project");
let alone: Packed;

beforeAll(async () => {
  mkdirSync(project);
  writeFileSync(path.join(project, "package.json"), '{ "private": true }');
  alone = await pack(folder, "packages/ws");
  await unpack(path.join(folder, (await pack(folder)).filename), path.join(project, "node_modules/wsimd"));
  for (const name of ["wsimd-ws", "ws"])
    await unpack(path.join(folder, alone.filename), path.join(project, "node_modules", name));
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs code where both packages are installed, and gives what it prints. */
async function evaluate(type: "module" | "commonjs", code: string, ...flags: string[]): Promise<string> {
  const args = [...flags, `--input-type=${type}`, "-e", code];
  return (await runIn(project, process.execPath, ...args)).trim();
}

/** What the real `ws` prints: it is installed for the project. */
async function ofWs(type: "module" | "commonjs", code: string): Promise<string> {
  return (await runIn(ROOT, process.execPath, `--input-type=${type}`, "-e", code)).trim();
}

/** A server and a client that exchange a compressed message. They wait for `WebSocket` and `WebSocketServer`. */
const ECHO = `const wss = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  wss.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  wss.on("listening", () => {
    const client = new WebSocket("ws://127.0.0.1:" + wss.address().port);
    client.on("open", () => client.send("grüß dich ".repeat(200)));
    client.on("message", (data, isBinary) => {
      console.log(data.toString().slice(0, 9), data.length, isBinary, client.extensions);
      client.close();
      wss.close();
    });
  });`;
const ECHOED = "grüß dich 2400 false permessage-deflate";

describe.each(["wsimd/ws", "wsimd-ws"])("%s", (name) => {
  test("has by require() what ws has", async () => {
    const code = (from: string) => `const WebSocket = require("${from}");
      console.log(typeof WebSocket, WebSocket.name, Object.keys(WebSocket).sort().join());
      console.log(WebSocket.Server === WebSocket.WebSocketServer, WebSocket.WebSocket === WebSocket);
      console.log(Object.keys(WebSocket.prototype).sort().join());
      for (const key of ["Server", "Receiver", "Sender", "PerMessageDeflate", "createWebSocketStream"])
        console.log(WebSocket[key].name);
      for (const key of ["extension", "subprotocol"]) console.log(Object.keys(WebSocket[key]).sort().join());`;
    expect(await evaluate("commonjs", code(name))).toBe(await ofWs("commonjs", code("ws")));
  });

  test("has by import what ws has", async () => {
    const code = (from: string) => `import WebSocket, * as names from "${from}";
      console.log(Object.keys(names).sort().join(), WebSocket === names.WebSocket);`;
    expect(await evaluate("module", code(name))).toBe(await ofWs("module", code("ws")));
  });

  const SAME = `import { createRequire } from "node:module";
    import WebSocket, * as names from "${name}";
    const required = createRequire(process.cwd() + "/")("${name}");
    const { default: _, ...others } = names;
    console.log(required === WebSocket, Object.keys(others).every((key) => required[key] === names[key]));`;

  test("is the same for import and require()", async () => {
    expect(await evaluate("module", SAME)).toBe("true true");
    expect(await evaluate("module", SAME, "--no-experimental-require-module")).toBe("true true");
  });

  test.each(["node-22", "node-24", "node-26", "bun", "deno"] as const)(
    "is the same on %s",
    async (runtime) => {
      writeFileSync(path.join(project, "same.mjs"), SAME);
      const flags = runtime === "deno" ? ["run", "-A", "--quiet", "--no-lock"] : [];
      expect((await runIn(project, runtimeBinary(runtime), ...flags, "same.mjs")).trim()).toBe("true true");
    },
  );

  test.each([
    ["with import", "module", `import { WebSocket, WebSocketServer } from "${name}";`, []],
    ["with require()", "commonjs", `const { WebSocket, WebSocketServer } = require("${name}");`, []],
    [
      "on a processor without SIMD",
      "module",
      `import { WebSocket, WebSocketServer } from "${name}";`,
      ["--no-enable-sse4-1"],
    ],
  ] as const)("serves and connects %s", async (_, type, imports, flags) => {
    expect(await evaluate(type, imports + ECHO, ...flags)).toBe(ECHOED);
  });

  test.each(BUNDLERS)("throws in a bundle of %s for browsers", async (bundler) => {
    const code = `import WebSocket from "${name}";
      try { new WebSocket("ws://a"); } catch ({ message }) { console.log(message); }`;
    const file = await bundle(project, code, { bundler });
    const printed = await runIn(folder, process.execPath, file);
    expect(printed).toBe(
      "ws does not work in the browser. Browser clients must use the native WebSocket object\n",
    );
  });

  test.each(BUNDLERS)("works in a bundle of %s for Node", async (bundler) => {
    const code = `import { WebSocket, WebSocketServer } from "${name}"; ${ECHO}`;
    const file = await bundle(project, code, { bundler, platform: "node" });
    expect((await runIn(folder, process.execPath, file)).trim()).toBe(ECHOED);
  });
});

describe("the package wsimd-ws", () => {
  test("has these files", () => {
    expect(alone.files.map((file) => file.path).sort()).toEqual([
      "LICENSE",
      "README.md",
      "browser.js",
      "deflate-scalar.wasm",
      "index.d.mts",
      "index.d.ts",
      "index.js",
      "package.json",
      "scalar.wasm",
      "wrapper.mjs",
    ]);
  });

  test("has the files of wsimd/ws", () => {
    const files = (place: string): string[] => readdirSync(path.join(project, "node_modules", place)).sort();
    const own = ["LICENSE", "README.md", "package.json"];
    const shared = files("wsimd-ws").filter((file) => !own.includes(file));
    expect(files("wsimd/dist/cjs/ws")).toEqual(shared);
    for (const file of shared) {
      const [here, there] = ["wsimd-ws", "wsimd/dist/cjs/ws"].map((place) =>
        readFileSync(path.join(project, "node_modules", place, file)),
      );
      expect(here?.equals(there ?? Buffer.alloc(0)), file).toBe(true);
    }
  });

  test("has the version of the ws whose API it has, and nothing that is installed with it", () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, "node_modules/ws/package.json"), "utf8"));
    const [major, minor] = version.split(".");
    expect(manifest.version).toMatch(new RegExp(`^${major}\\.${minor}\\.\\d+$`));
    for (const key of ["dependencies", "peerDependencies", "optionalDependencies", "scripts"])
      expect(manifest).not.toHaveProperty(key);
  });

  test("is what publint wants", async () => {
    const publint = path.join(ROOT, "node_modules/publint/src/cli.js");
    const tarball = path.join(folder, alone.filename);
    expect(await runIn(folder, process.execPath, publint, tarball, "--strict")).toContain("All good!");
  });
});
