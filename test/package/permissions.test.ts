// Programs that may not use the network: connect() and serve() reject, and no process ends for it.

import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";

/** A server listens, so that a failure is due to a missing permission. */
const server: Server = createServer((socket) => socket.destroy());
let port: number;

beforeAll(async () => {
  mainFile();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});

afterEach(killPrograms);
afterAll(() => void server.close());

/** Tries one call after the other, and says what each comes to. */
function program(module: string): string {
  const proxied = `{ proxy: "http://127.0.0.1:${port}" }`;
  return `import { connect, serve } from "${module}";
    const there = "127.0.0.1:${port}";
    for (const attempt of [
      () => connect("ws://" + there),
      () => connect("ws://localhost:${port}"),
      () => connect("wss://" + there),
      () => connect("ws://" + there, { internals: "off" }),
      () => connect("ws://" + there, { internals: "auto" }),
      () => connect("ws://" + there, ${proxied}),
      () => connect("wss://localhost:${port}", ${proxied}),
      () => connect("ws+unix:/tmp/nobody-is-there.sock"),
      () => serve({ host: "127.0.0.1" }, {}),
      () => serve({ host: "127.0.0.1", internals: "off" }, {}),
    ]) {
      console.log(await attempt().then(() => "went on", ({ code, name }) => code ?? name));
    }
    process.exit();`;
}

async function outcomes(file: string, args: readonly string[]): Promise<string[]> {
  const child = new Program(file, args);
  expect(await child.exit, child.stderr).toEqual({ code: 0, signal: null });
  return child.stdout.trim().split("\n");
}

test("Node with --permission, and without --allow-net", async () => {
  const flags = ["--permission", "--allow-fs-read=*", "--input-type=module", "-e"];
  const found = await outcomes(runtimeBinary("node-26"), [...flags, program("wsimd/node")]);
  expect(found).toEqual(Array.from({ length: 10 }, () => "ERR_ACCESS_DENIED"));
});

// Their permissions are of files, processes and addons: the network is not restricted, and internals may be out of
// reach.
describe.each([
  ["Node 20", () => process.execPath, "--experimental-permission"],
  ["Node 22", () => runtimeBinary("node-22"), "--experimental-permission"],
  ["Node 24", () => runtimeBinary("node-24"), "--permission"],
] as const)("%s, whose permissions are of other things", (_, runtime, flag) => {
  test("connects to what is there, and serves", async () => {
    const found = await outcomes(runtime(), [
      flag,
      "--allow-fs-read=*",
      "--input-type=module",
      "-e",
      program("wsimd/node"),
    ]);
    expect(found.slice(-2)).toEqual(["went on", "went on"]);
    expect(found.slice(0, 7)).not.toContain("ERR_ACCESS_DENIED");
    expect(found.slice(0, 7)).not.toContain("went on");
  });
});

test("Deno without --allow-net", async () => {
  const args = [
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-prompt",
    "--allow-read",
    "--allow-env",
    "-",
  ];
  const child = new Program(runtimeBinary("deno"), args);
  child.stdin.end(program(new URL("../../dist/deno/index.js", import.meta.url).href));
  expect(await child.exit, child.stderr).toEqual({ code: 0, signal: null });
  const found = child.stdout.trim().split("\n");
  expect(found.length).toBe(10);
  for (const each of found) expect(["NotCapable", "EPERM"]).toContain(each);
});
