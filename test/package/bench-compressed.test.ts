// `wsimd bench --compress` and `--messages`, run as a program.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type PerMessageDeflateOptions, WebSocketServer } from "ws";
import { killPrograms, wsimd } from "../support/program.js";

const BRIEFLY = ["--connections", "5", "--seconds", "0.2", "--warmup", "0.05", "--depth", "16", "--json"];
const closers: (() => void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await killPrograms();
});

/** A server of the npm package `ws`, and the texts that it has received. */
async function startServer(perMessageDeflate: PerMessageDeflateOptions | false) {
  const texts = new Set<string>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
  closers.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, isBinary) => {
      texts.add(data.toString());
      socket.send(data, { binary: isBinary });
    });
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `ws://127.0.0.1:${address.port}/`, texts };
}

async function report(args: readonly string[]): Promise<Record<string, unknown>> {
  const program = wsimd(["bench", ...args]);
  expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
  const read: unknown = JSON.parse(program.stdout);
  return { ...(typeof read === "object" ? read : {}) };
}

/** What is left of the bytes, in either direction. */
function sharesOf({ compression }: Record<string, unknown>): { sent: number; received: number } {
  const bytes = new Map<string, unknown>(Object.entries(compression ?? {}));
  const payload = Number(bytes.get("payloadBytes"));
  expect(payload).toBeGreaterThan(0);
  return {
    sent: Number(bytes.get("sentBytes")) / payload,
    received: Number(bytes.get("receivedBytes")) / payload,
  };
}

describe("wsimd bench --compress", () => {
  test.each(["--text", "--mixed", "--binary"])(
    "sends many different messages compressed, %s",
    async (kind) => {
      const { url, texts } = await startServer({ threshold: 0 });
      const found = await report([url, ...BRIEFLY, "--compress", "--check", "--size", "1000", kind]);
      expect(found).toHaveProperty("errors", []);
      // Five connections begin seven messages apart, with 16 each.
      expect(texts.size).toBeGreaterThanOrEqual(44);
      expect(texts.size).toBeLessThanOrEqual(64);
      const { sent, received } = sharesOf(found);
      expect(sent).toBeLessThan(0.6);
      expect(received).toBeGreaterThan(0);
    },
  );

  test("tells from the bytes whether the replies are compressed, too", async () => {
    const { url } = await startServer({ threshold: 1e6 });
    const { received } = sharesOf(await report([url, ...BRIEFLY, "--compress", "--check", "--size", "1000"]));
    expect(received).toBeGreaterThan(0.9);
  });

  test("prints what is left of the bytes", async () => {
    const { url } = await startServer({ threshold: 0 });
    const program = wsimd(["bench", url, ...BRIEFLY.slice(0, -1), "--compress", "--size", "1000"]);
    await program.exit;
    expect(program.stdout).toMatch(
      /^bytes sent +\d+\.\d % of payload\nbytes received +\d+\.\d % of payload$/m,
    );
  });

  test("says that a server does not compress", async () => {
    const { url } = await startServer(false);
    const program = wsimd(["bench", url, ...BRIEFLY, "--compress"]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(`wsimd: can't connect to ${url}: the server does not compress\n`);
  });

  test.each([
    [["--compress", "--client", "wsimd"], "--compress is for --client raw"],
    [["--compress", "--size", "5000000"], "with --compress, --size"],
    [["--messages", "/nowhere/lines"], "there is no such file"],
  ])("refuses %j", async (args, message) => {
    const program = wsimd(["bench", "ws://127.0.0.1/", ...args]);
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain(message);
  });
});

describe("wsimd bench --messages", () => {
  const lines = ["one", '{"two":2}', "trois, déjà", "4".repeat(2000)];

  test.each([["--client", "raw"], ["--client", "wsimd"], ["--compress"]])(
    "sends the lines of a file, %s %s",
    async (...args) => {
      const folder = mkdtempSync(path.join(tmpdir(), "wsimd-lines-"));
      closers.push(() => rmSync(folder, { recursive: true }));
      const file = path.join(folder, "lines");
      writeFileSync(file, `${lines.join("\n")}\n\n`);
      const { url, texts } = await startServer({ threshold: 0 });
      const found = await report([url, ...BRIEFLY, "--messages", file, "--text", "--check", ...args]);
      expect(found).toMatchObject({ errors: [], size: Math.round(Buffer.byteLength(lines.join("")) / 4) });
      expect([...texts].sort()).toEqual([...lines].sort());
    },
  );

  test("refuses a file without a line", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "wsimd-lines-"));
    closers.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, "none"), "\n");
    const program = wsimd(["bench", "ws://127.0.0.1/", "--messages", path.join(folder, "none")]);
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain("there is no line in it");
  });
});
