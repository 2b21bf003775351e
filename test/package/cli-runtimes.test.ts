// The command line on the other runtimes.
import { afterEach, describe, expect, test, vi } from "vitest";
import * as bun from "../../src/bun/index.js";
import { runtimeAdapter } from "../../src/cli/runtime.js";
import * as deno from "../../src/deno/index.js";
import * as node from "../../src/node/index.js";
import { certificateFiles } from "../support/certificate-files.js";
import { killPrograms, mainFile, Program, wsimd } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";

afterEach(async () => {
  vi.unstubAllGlobals();
  await killPrograms();
});

const RUNTIMES = [
  { runtime: "deno", args: ["run", "-A", "--quiet", "--no-config", "--no-lock"] },
  { runtime: "bun", args: [] },
] as const;

describe.each(RUNTIMES)("wsimd on $runtime", ({ runtime, args }) => {
  const run = (...command: string[]): Program =>
    new Program(runtimeBinary(runtime), [...args, mainFile(), ...command]);

  test("echoes and connects, with each other and with Node, and ends with SIGTERM", async () => {
    const server = run("echo", "--port", "0");
    const [, url = ""] = await server.shows(/^listening on (ws:\/\/127\.0\.0\.1:\d+)\n/);
    const clients = [run("connect", url), wsimd(["connect", url])];
    for (const client of clients) {
      client.stdin.end("one\nκόσμε 🙂\n");
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(client.stdout).toBe("one\nκόσμε 🙂\n");
      expect(client.stderr).toBe("");
    }
    server.signal("SIGTERM");
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.stderr).toBe("");
  });

  test("echoes in several processes on one port, and ends with SIGTERM", async () => {
    const server = run("echo", "--port", "0", "--workers", "2");
    const [, url = ""] = await server.shows(/^listening on (ws:\/\/127\.0\.0\.1:\d+)\n/);
    for (let i = 0; i < 4; i++) {
      const client = wsimd(["connect", url]);
      client.stdin.end("κόσμε\n");
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(client.stdout).toBe("κόσμε\n");
    }
    server.signal("SIGTERM");
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.stderr).toBe("");
  });

  test("trusts the certificate of --ca, and any with --insecure", async () => {
    const { certFile, keyFile } = certificateFiles();
    const server = run("echo", "--port", "0", "--tls-cert", certFile, "--tls-key", keyFile);
    const [, url = ""] = await server.shows(/^listening on (wss:\/\/\S+)\n/);
    for (const option of [["--ca", certFile], ["--insecure"]]) {
      const client = run("connect", url, ...option);
      client.stdin.end("secret\n");
      expect(await client.exit, client.stderr).toEqual({ code: 0, signal: null });
      expect(client.stdout).toBe("secret\n");
    }
    const stranger = run("connect", url);
    expect(await stranger.exit).toEqual({ code: 1, signal: null });
    expect(stranger.stderr).toMatch(/^wsimd: can't connect to [^\n]+\n$/);
  });

  test("measures with both of its clients", async () => {
    const server = run("echo", "--port", "0");
    const [, url = ""] = await server.shows(/^listening on (ws:\/\/\S+)\n/);
    for (const client of ["raw", "wsimd"]) {
      const options = ["--connections", "3", "--seconds", "0.2", "--warmup", "0", "--check", "--json"];
      const load = run("bench", url, ...options, "--client", client);
      expect(await load.exit, load.stderr).toEqual({ code: 0, signal: null });
      expect(JSON.parse(load.stdout).messages).toBeGreaterThan(0);
    }
  });

  test("tells mistakes in one line, with the exit codes of every runtime", async () => {
    const wrong = run("echo");
    expect(await wrong.exit).toEqual({ code: 2, signal: null });
    expect(wrong.stderr).toBe("wsimd: echo needs --port\n");
    const nobody = run("connect", "ws://127.0.0.1:1/");
    expect(await nobody.exit).toEqual({ code: 1, signal: null });
    expect(nobody.stderr).toBe("wsimd: can't connect to ws://127.0.0.1:1/: connection refused\n");
  });
});

describe("the adapter of the command line", () => {
  test.each([
    ["Deno", deno],
    ["Bun", bun],
  ] as const)("is that of %s there", async (name, { serve, connect }) => {
    vi.stubGlobal(name, {});
    expect(await runtimeAdapter()).toMatchObject({ serve, connect });
  });

  test("is that of Node elsewhere", async () => {
    const { serve, connect } = node;
    expect(await runtimeAdapter()).toMatchObject({ serve, connect });
  });
});
