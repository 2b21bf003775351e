// What TypeScript's users get of the tarball, under each way to resolve modules.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bundlersProgram } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { install, pack, runIn } from "../support/tarball.js";

const MODULES = fileURLToPath(new URL("../../node_modules/", import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-types-"));
const project = path.join(folder, "project");
let tarball: string;

beforeAll(async () => {
  const { filename } = await pack(folder);
  tarball = path.join(folder, filename);
  await install(project, tarball, "--ignore-scripts");
  symlinkSync(path.join(MODULES, "@types"), path.join(project, "node_modules/@types"));
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CODEC = `import scalar from "wsimd/scalar.wasm";
import simd from "wsimd/simd.wasm";
import { Connection, type ConnectionEvent, type KernelName, kernelInUse, provideKernel } from "wsimd";
provideKernel("simd", simd);
provideKernel("scalar", scalar);
const name: KernelName = kernelInUse().name;
const connection = new Connection({ role: "server", kernel: name, limits: { maxMessageBytes: 1 << 16 } });
export function echo(chunk: Uint8Array): Uint8Array[] {
  connection.receive(chunk).forEach((event: ConnectionEvent) => {
    if (event.type === "text") connection.sendText(event.text);
    else if (event.type === "binary") connection.sendBinary(event.payload);
  });
  return connection.takeOutput();
}
// @ts-expect-error: there is no such kernel
provideKernel("js", simd);
// @ts-expect-error: there is no such role
new Connection({ role: "proxy" });
`;

const SERVER = `import type { Server } from "node:http";
import { attach, connect, type Handlers, serve, type Socket } from "wsimd/node";
const handlers: Handlers = {
  message(socket: Socket, data: string | Uint8Array): void {
    socket.send(data);
  },
};
export async function start(http: Server): Promise<number> {
  attach(http, { protocols: ["chat"] }, handlers);
  const server = await serve({ port: 0 }, handlers);
  const client = await connect(server.url, {}, {});
  client.send("hello");
  return server.port;
}
// @ts-expect-error: a port is a number
serve({ port: "8080" }, handlers);
`;

const STRICT = [
  "--strict",
  "--noUncheckedIndexedAccess",
  "--exactOptionalPropertyTypes",
  "--isolatedModules",
  "--noPropertyAccessFromIndexSignature",
];

/** Checks a file with the strictest settings, all declarations that it leads to included. */
async function check(file: string, code: string, ...options: string[]): Promise<void> {
  writeFileSync(path.join(project, file), code);
  const args = ["--noEmit", ...STRICT, "--target", "es2022", ...options, file];
  await runIn(project, process.execPath, path.join(MODULES, "typescript/bin/tsc"), ...args);
}

/** These use nothing of any runtime. */
const PLAIN_ENTRIES = ["wsimd", "wsimd/handshake"];
/** These use what all runtimes have: URLs, streams and signals, from the types of the DOM or of a runtime. */
const WEB_ENTRIES = ["wsimd/adapter", "wsimd/streams", "wsimd/workerd"];
const NODE_ENTRIES = ["wsimd/bun", "wsimd/deno", "wsimd/node"];

/** The libraries that each entry needs, and no more. */
const NEEDS: readonly (readonly [entries: readonly string[], lib: string, types: string])[] = [
  [PLAIN_ENTRIES, "es2022", ""],
  [[...PLAIN_ENTRIES, ...WEB_ENTRIES], "es2022,dom", ""],
  [[...PLAIN_ENTRIES, ...WEB_ENTRIES, ...NODE_ENTRIES], "es2022", "node"],
  // These know `Symbol.asyncDispose` themselves.
  [[...PLAIN_ENTRIES, ...WEB_ENTRIES], "es2022,esnext.disposable,dom", ""],
  [[...PLAIN_ENTRIES, ...WEB_ENTRIES, ...NODE_ENTRIES], "esnext", "node"],
];

function importAll(entries: readonly string[]): string {
  return entries.map((entry, i) => `export * as entry${i} from "${entry}";\n`).join("");
}

const RESOLUTIONS = [
  ["node16", "node16"],
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
] as const;

describe.each(RESOLUTIONS)("with the resolution %s", (moduleResolution, module) => {
  const options = ["--moduleResolution", moduleResolution, "--module", module, "--verbatimModuleSyntax"];

  test("the codec has its types, and needs none of a runtime's", async () => {
    await check("codec.mts", CODEC, ...options, "--lib", "es2022", "--types", "");
  });

  test("the adapter for Node has its types", async () => {
    await check("server.mts", SERVER, ...options, "--lib", "es2022", "--types", "node");
  });

  test("servers and sockets can be held by await using", async () => {
    const code = `import { connect, serve } from "wsimd/node";
export async function hello(): Promise<void> {
  await using server = await serve({}, {});
  await using socket = await connect(server.url);
  socket.send("hello");
}
export async function wrong(): Promise<void> {
  await using server = await serve({}, {});
  // @ts-expect-error: a URL is none
  await using url = server.url;
}
`;
    await check("using.mts", code, ...options, "--lib", "es2022,esnext.disposable", "--types", "node");
  });

  test.each(NEEDS)("%j have no error with the libraries %j and the types %j", async (entries, lib, types) => {
    await check("entries.mts", importAll(entries), ...options, "--lib", lib, "--types", types);
  });
});

describe.each(["node16", "nodenext"])("CommonJS in TypeScript, with %s", (module) => {
  const options = ["--module", module, "--moduleResolution", module, "--lib", "es2022"];

  test("imports the codec as any other package", async () => {
    // ES modules that CommonJS must not import would be TS1479.
    await check("codec.cts", CODEC, ...options, "--types", "");
  });

  test("imports the adapter for Node", async () => {
    await check("server.cts", SERVER, ...options, "--types", "node");
  });

  test("imports the adapter for streams", async () => {
    const code =
      'import { CodecStreams } from "wsimd/streams";\nexport const streams = new CodecStreams({ role: "server" });\n';
    await check("streams.cts", code, ...options, "--types", "node");
  });
});

test("CommonJS in TypeScript may require it", async () => {
  const code = `import wsimd = require("wsimd");\nexport const { name }: { name: "simd" | "scalar" | "js" } = wsimd.kernelInUse();\n`;
  await check("required.cts", code, "--module", "nodenext", "--lib", "es2022", "--types", "");
});

test("a wrong use is seen", async () => {
  const code = 'import { Connection } from "wsimd";\nnew Connection({ role: "proxy" });\n';
  const checked = check("wrong.mts", code, "--module", "nodenext", "--lib", "es2022", "--types", "");
  await expect(checked).rejects.toThrow("Type '\"proxy\"' is not assignable");
});

test("publint finds nothing", async () => {
  const printed = await runIn(
    folder,
    process.execPath,
    path.join(MODULES, "publint/src/cli.js"),
    tarball,
    "--strict",
  );
  expect(printed).toContain("All good!");
});

// What is for workerd is ES modules only, which the rule that is ignored looks for.
test("are-the-types-wrong finds nothing", async () => {
  const options = ["--ignore-rules", "cjs-resolves-to-esm", "--no-color", "--no-emoji"];
  const printed = await runIn(folder, bundlersProgram("attw"), tarball, ...options);
  for (const entry of ["wsimd", "wsimd/node", "wsimd/simd.wasm"]) expect(printed).toContain(`"${entry}"`);
});
