// Programs in TypeScript that were compiled against the tarball, by old and new compilers, run.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bundlersModule } from "../support/bundle.js";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { projectWithTarball, runIn } from "../support/tarball.js";

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-compiled-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
  symlinkSync(`${ROOT}node_modules/@types`, path.join(project, "node_modules/@types"));
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** TypeScript 5 is the last that has the resolution `node10`, which does not read `exports`. */
const COMPILERS = {
  5: () => bundlersModule("typescript/lib/tsc.js"),
  7: () => `${ROOT}node_modules/typescript/bin/tsc`,
} as const;

/** Uses every entry that a program on Node can load, types included. */
const PROGRAM = `import { Connection, kernelInUse, type KernelName } from "wsimd";
import { createRuntime, createServer, type Transport } from "wsimd/adapter";
import { serve as serveOnBun, type BunTls } from "wsimd/bun";
import { serve as serveOnDeno } from "wsimd/deno";
import { acceptKey, makeKey, type UpgradeRequest } from "wsimd/handshake";
import { connect, type Handlers, serve } from "wsimd/node";
import { createServer as createStreamServer, type ByteStreams } from "wsimd/streams";

export type Named = [Transport, BunTls, UpgradeRequest, ByteStreams];

const handlers: Handlers = { message: (socket, data) => socket.send(data) };

async function main(): Promise<void> {
  const server = await serve({ port: 0, host: "127.0.0.1", tls: undefined }, handlers);
  const reply = new Promise<string>((resolve, reject) => {
    connect(server.url, {}, { message: (_, data) => resolve(data.toString()) }).then((socket) => socket.send("hi"), reject);
  });
  const name: KernelName = kernelInUse().name;
  const { state } = new Connection({ role: "server" });
  console.log(await reply, name, state, acceptKey(makeKey()).length);
  await server.close();
  await createServer(createRuntime(), {}, {}).close();
  await createStreamServer({}, {}).close();
  for (const foreign of [serveOnBun, serveOnDeno]) {
    await Promise.resolve().then(() => foreign({}, {})).catch((error: Error) => console.log(error.message));
  }
}

void main();
`;

const PRINTED =
  "hi simd open 28\nwsimd/bun needs Bun; on Node it is wsimd/node\nwsimd/deno needs Deno; on Node it is wsimd/node\n";

const STRICT = [
  "--strict",
  "--noUncheckedIndexedAccess",
  "--exactOptionalPropertyTypes",
  "--isolatedModules",
  ...["--target", "es2022", "--lib", "es2022", "--types", "node"],
];

describe.each([
  [5, "commonjs", "node10", "cts"],
  [5, "node16", "node16", "cts"],
  [5, "node16", "node16", "mts"],
  [5, "nodenext", "nodenext", "cts"],
  [5, "preserve", "bundler", "mts"],
  [7, "commonjs", "bundler", "cts"],
  [7, "node16", "node16", "cts"],
  [7, "nodenext", "nodenext", "cts"],
  [7, "nodenext", "nodenext", "mts"],
] as const)(
  "TypeScript %s with module %s and the resolution %s",
  (version, module, resolution, extension) => {
    test(`compiles a .${extension} file, which runs`, async () => {
      const out = path.join(project, `out-${version}-${module}-${extension}`);
      writeFileSync(path.join(project, `program.${extension}`), PROGRAM);
      const how = ["--module", module, "--moduleResolution", resolution, "--outDir", out];
      if (extension === "mts") how.push("--verbatimModuleSyntax");
      await runIn(project, process.execPath, COMPILERS[version](), ...STRICT, ...how, `program.${extension}`);
      const printed = await runIn(
        project,
        process.execPath,
        path.join(out, `program.${extension.replace("t", "j")}`),
      );
      expect(printed).toBe(PRINTED);
    });
  },
);

test("all entries have types where exports are not read", async () => {
  const entries = ["wsimd/workerd", "wsimd/simd.wasm", "wsimd/scalar.wasm"];
  const code = entries.map((entry, i) => `export * as entry${i} from "${entry}";\n`).join("");
  writeFileSync(path.join(project, "others.ts"), code);
  const how = ["--noEmit", "--module", "commonjs", "--moduleResolution", "node10"];
  await runIn(project, process.execPath, COMPILERS[5](), ...STRICT, ...how, "others.ts");
});
