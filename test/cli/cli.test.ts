// The command line on this Node.
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import manifest from "../../package.json" with { type: "json" };
import { certificateFiles } from "../support/certificate-files.js";
import { open, startEcho } from "../support/echo-program.js";
import { killPrograms, wsimd } from "../support/program.js";

afterEach(killPrograms);

async function roundTrip(socket: WebSocket, message: string | Uint8Array): Promise<string | Buffer> {
  const reply = new Promise<string | Buffer>((resolve) => {
    socket.once("message", (data: Buffer, isBinary: boolean) => resolve(isBinary ? data : data.toString()));
  });
  socket.send(message);
  return reply;
}

describe("wsimd", () => {
  test("prints its version", async () => {
    const program = wsimd(["--version"]);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout).toBe(`${manifest.version}\n`);
  });

  test.each([["--help"], ["-h"]])("lists its commands for %s", async (option) => {
    const program = wsimd([option]);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    for (const command of ["echo", "connect", "demo"]) {
      expect(program.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
  });

  test.each(["echo", "connect", "demo"])("explains %s", async (command) => {
    const program = wsimd([command, "--help"]);
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout).toMatch(new RegExp(`^Usage: wsimd ${command} `));
    expect(program.stdout).toContain("Exit codes:");
    expect(program.stderr).toBe("");
  });

  test.each([
    [[], "no command"],
    [["fly"], 'unknown command "fly"'],
    [["--fly"], 'unknown option "--fly"'],
    [["echo"], "--port"],
    [["echo", "--port"], "--port"],
    [["echo", "--port", "http"], 'not "http"'],
    [["echo", "--port", "65536"], "65535"],
    [["echo", "--port", "1e3"], 'not "1e3"'],
    [["echo", "--port", "-1"], "--port"],
    [["echo", "--port", "0", "more"], "more"],
    [["echo", "--prot", "0"], "--prot"],
    [["echo", "--port", "0", "--kernel", "avx"], 'not "avx"'],
    [["echo", "--port", "0", "--max-message-bytes", "1k"], 'not "1k"'],
    [["echo", "--port", "0", "--workers", "0"], 'from 1 to 1024, not "0"'],
    [["echo", "--port", "0", "--workers", "all"], 'not "all"'],
    [["echo", "--port", "0", "--tls-cert", manifest.name], "needs --tls-key"],
    [["echo", "--port", "0", "--tls-key", manifest.name], "needs --tls-cert"],
    [
      ["echo", "--port", "0", "--tls-cert", "/no/cert", "--tls-key", "/no/key"],
      "/no/cert: there is no such file",
    ],
    [["echo", "--port", "0", "--tls-cert", "package.json", "--tls-key", "package.json"], "no certificate"],
    [["connect"], "needs a URL"],
    [["connect", "example.org"], "no URL"],
    [["connect", "ftp://example.org/"], "not ftp:"],
    [["connect", "ws://127.0.0.1:1/#part"], "fragment"],
    [["connect", "ws://127.0.0.1:1/", "ws://127.0.0.1:2/"], "127.0.0.1:2"],
    [["connect", "ws://127.0.0.1:1/", "--header", "none"], '"none"'],
    [["connect", "ws://127.0.0.1:1/", "--header", "Upgrade: other"], "Upgrade"],
    [["connect", "ws://127.0.0.1:1/", "--protocol", "a b"], "protocols"],
    [["connect", "ws://127.0.0.1:1/", "--insecure"], "--insecure needs a URL that begins with wss:"],
    [["connect", "ws://127.0.0.1:1/", "--ca", "package.json"], "--ca needs a URL that begins with wss:"],
    [["connect", "wss://127.0.0.1:1/", "--ca", "package.json"], "no certificate in PEM"],
    [["connect", "wss://127.0.0.1:1/", "--ca", "/no/ca"], "/no/ca: there is no such file"],
    [["connect", "wss://127.0.0.1:1/", "--ca", "/no/ca", "--insecure"], "exclude each other"],
    [["demo", "--port", "seven"], 'not "seven"'],
  ])("%j is refused with one line and exit code 2", async (args, words) => {
    const program = wsimd(args);
    program.stdin.end();
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toMatch(/^wsimd: [^\n]+\n$/);
    expect(program.stderr).toContain(words);
    expect(program.stdout).toBe("");
  });

  test("names the environment variable that asks for an unknown kernel", async () => {
    const program = wsimd(["echo", "--port", "0"], { env: { WSIMD_KERNEL: "avx" } });
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toBe('wsimd: WSIMD_KERNEL must be simd, scalar or js, not "avx"\n');
  });

  test.each(["echo", "demo"])("%s says that a port is in use", async (command) => {
    const { port } = await startEcho();
    const second = wsimd([command, "--port", String(port)]);
    expect(await second.exit).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(new RegExp(`^wsimd: port ${port} on 127\\.0\\.0\\.1 is in use[^\n]*\n$`));
    expect(second.stdout).toBe("");
  });
});

describe("wsimd echo", () => {
  test("sends each message back with its type", async () => {
    const { url } = await startEcho();
    const socket = await open(url);
    for (const text of ["hello", "", "κόσμε 🙂", "x".repeat(1 << 20)]) {
      expect(await roundTrip(socket, text)).toBe(text);
    }
    for (const length of [0, 1, 125, 126, 65_535, 65_536, 1 << 20]) {
      const bytes = Buffer.alloc(length, "bytes");
      const reply = await roundTrip(socket, bytes);
      expect(Buffer.isBuffer(reply) && reply.equals(bytes)).toBe(true);
    }
  });

  test.each(["simd", "scalar", "js"])("runs on the kernel %s", async (kernel) => {
    const { url } = await startEcho("--kernel", kernel);
    expect(await roundTrip(await open(url), "κόσμε")).toBe("κόσμε");
  });

  test("serves in several processes on one port", async () => {
    const { url } = await startEcho("--workers", "2");
    const sockets = await Promise.all([open(url), open(url), open(url)]);
    for (const socket of sockets) expect(await roundTrip(socket, "κόσμε")).toBe("κόσμε");
  });

  test("says once that the port of its workers is in use", async () => {
    const { port } = await startEcho();
    const second = wsimd(["echo", "--port", String(port), "--workers", "3"]);
    expect(await second.exit).toEqual({ code: 1, signal: null });
    expect(second.stderr).toMatch(/^wsimd: port \d+ on 127\.0\.0\.1 is in use; [^\n]*\n$/);
    expect(second.stdout).toBe("");
  });

  test("keeps up with a client that sends far more than it reads", async () => {
    const { url } = await startEcho();
    const socket = await open(url);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        received += data.length;
        if (received === 32 << 20) resolve();
      });
    });
    socket.pause();
    for (let i = 0; i < 32; i++) socket.send(Buffer.alloc(1 << 20));
    socket.resume();
    await all;
  });

  test("refuses longer messages than it was told to take", async () => {
    const { url } = await startEcho("--max-message-bytes", "10");
    const socket = await open(url);
    expect(await roundTrip(socket, "0123456789")).toBe("0123456789");
    socket.send("0123456789a");
    expect((await once(socket, "close"))[0]).toBe(1009);
  });

  test("serves TLS", async () => {
    const { certFile, keyFile, cert } = certificateFiles();
    const { url } = await startEcho("--tls-cert", certFile, "--tls-key", keyFile);
    expect(url).toMatch(/^wss:/);
    expect(await roundTrip(await open(url, { ca: cert }), "secret")).toBe("secret");
    const client = wsimd(["connect", url], { env: { NODE_EXTRA_CA_CERTS: certFile } });
    client.stdin.end("secret, too\n");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe("secret, too\n");
    const stranger = wsimd(["connect", url]);
    expect(await stranger.exit).toEqual({ code: 1, signal: null });
    expect(stranger.stderr).toMatch(
      /^wsimd: can't connect to [^\n]*certificate[^\n]*; see --ca and --insecure\n$/,
    );
    const knowing = wsimd(["connect", url, "--ca", certFile]);
    knowing.stdin.end("by --ca\n");
    expect(await knowing.exit).toEqual({ code: 0, signal: null });
    expect([knowing.stdout, knowing.stderr]).toEqual(["by --ca\n", ""]);
    const trusting = wsimd(["connect", url, "--insecure"]);
    trusting.stdin.end("by --insecure\n");
    expect(await trusting.exit).toEqual({ code: 0, signal: null });
    expect(trusting.stdout).toBe("by --insecure\n");
    expect(trusting.stderr).toMatch(/^wsimd: warning: --insecure: [^\n]+\n$/);
  });

  test("refuses a certificate with another one's key", async () => {
    const [one, other] = [certificateFiles(), certificateFiles()];
    const args = ["echo", "--port", "0", "--tls-cert", one.certFile, "--tls-key", other.keyFile];
    const program = wsimd(args);
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toMatch(/^wsimd: --tls-cert and --tls-key [^\n]+\n$/);
  });
});
