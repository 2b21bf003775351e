// The command `wsimd bench`, run as a program.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { certificateFiles } from "../support/certificate-files.js";
import { killPrograms, type Program, wsimd } from "../support/program.js";

const closers: (() => void)[] = [];
/** A fraction of a second, and not the same work in it twice: nothing here depends on how much that is. */
const BRIEFLY = ["--connections", "5", "--seconds", "0.2", "--warmup", "0.05"];

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await killPrograms();
});

type Answer = (socket: WebSocket, data: Buffer, isBinary: boolean) => void;

const echo: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });

async function listen(server: ReturnType<typeof createHttpServer>): Promise<number> {
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function serveWith(answer: Answer, http: ReturnType<typeof createHttpServer>): WebSocketServer {
  const server = new WebSocketServer({ server: http });
  closers.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer, isBinary: boolean) => answer(socket, data, isBinary));
    socket.on("error", () => {});
  });
  return server;
}

/** A server of the npm package `ws` in this process. */
async function startServer(answer: Answer): Promise<{ url: string; server: WebSocketServer }> {
  const http = createHttpServer();
  const server = serveWith(answer, http);
  return { url: `ws://127.0.0.1:${await listen(http)}/`, server };
}

async function reportOf(program: Program): Promise<Record<string, unknown>> {
  await program.exit;
  const report: unknown = JSON.parse(program.stdout);
  if (typeof report !== "object" || report === null) throw new Error(`no object: ${program.stdout}`);
  return { ...report };
}

const NUMBER: unknown = expect.any(Number);
const LATENCY = { mean: NUMBER, p50: NUMBER, p90: NUMBER, p99: NUMBER, p999: NUMBER, max: NUMBER };

describe("wsimd bench", () => {
  test.each([
    ["binary", 1, []],
    ["binary", 16, ["--depth", "16", "--size", "1000", "--check"]],
    ["text", 1, ["--text", "--check"]],
    ["mixed", 3, ["--mixed", "--depth", "3", "--size", "70000", "--check"]],
    ["binary", 2, ["--depth", "2", "--size", "0", "--check"]],
    ["mixed", 4, ["--client", "wsimd", "--mixed", "--depth", "4", "--check"]],
  ])("measures a server of ws with %s messages, depth %i %j", async (kind, depth, args) => {
    const { url } = await startServer(echo);
    const program = wsimd(["bench", url, ...BRIEFLY, ...args, "--json"]);
    const { noise, ...report } = await reportOf(program);
    // In so short a time on a busy machine, a slice may have no message, so that it is not known.
    const known: unknown = noise ?? { floor: 0, tooNoisy: false };
    expect(known).toEqual({ floor: NUMBER, tooNoisy: expect.any(Boolean) });
    expect(report).toEqual({
      url,
      connections: 5,
      size: NUMBER,
      kind,
      depth,
      client: args.includes("wsimd") ? "wsimd" : "raw",
      checked: args.includes("--check"),
      seconds: NUMBER,
      messages: NUMBER,
      messagesPerSecond: NUMBER,
      megabytesPerSecond: NUMBER,
      latencyUs: LATENCY,
      loadCpuShare: NUMBER,
      errors: [],
    });
    expect(report).not.toHaveProperty("messages", 0);
    expect(program.stderr).toBe("");
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test("keeps as many messages in flight as it was told, and no more", async () => {
    let most = 0;
    const waiting = new Map<WebSocket, Buffer[]>();
    const { url } = await startServer((socket, data) => {
      const held = waiting.get(socket) ?? [];
      waiting.set(socket, held);
      held.push(data);
      most = Math.max(most, held.length);
      // Nothing is answered until all that may come has come.
      if (held.length < 7) return;
      setImmediate(() => {
        for (const each of held.splice(0)) socket.send(each);
      });
    });
    const { messages } = await reportOf(wsimd(["bench", url, ...BRIEFLY, "--depth", "7", "--json"]));
    expect(messages).toBeGreaterThan(0);
    expect(most).toBe(7);
  });

  test("prints a table with what the server's process uses", async () => {
    const { url } = await startServer(echo);
    const program = wsimd(["bench", url, ...BRIEFLY, "--pid", String(process.pid)]);
    const { code } = await program.exit;
    if (process.platform !== "linux") {
      expect(program.stderr).toBe("wsimd: --pid works on Linux only, for it reads /proc\n");
      return;
    }
    expect(program.stderr).toBe("");
    expect(code).toBe(0);
    const names = program.stdout.split("\n").map((line) => line.slice(0, 20).trim());
    expect(names.slice(2, -1)).toEqual([
      ...["messages/s", "MB/s each way", "latency p50", "p90", "p99", "p99.9", "max"],
      ...["server CPU/message", "server CPU", "server RSS", "load CPU", "noise", "errors"],
    ]);
  });

  test("loads a server over TLS, and trusts whom it is told to", async () => {
    const { cert, key, certFile } = certificateFiles();
    const https = createHttpsServer({ cert, key });
    serveWith(echo, https);
    const url = `wss://127.0.0.1:${await listen(https)}/`;
    for (const trust of [["--tls-ca", certFile], ["--insecure"]]) {
      const program = wsimd(["bench", url, ...BRIEFLY, ...trust, "--size", "20000", "--check", "--json"]);
      expect(await reportOf(program)).toHaveProperty("errors", []);
      expect(await program.exit).toEqual({ code: 0, signal: null });
    }
    const program = wsimd(["bench", url, ...BRIEFLY]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toMatch(/^wsimd: can't connect to wss:.*: self-signed certificate.*\n$/);
  });

  test("answers pings", async () => {
    const pongs: string[] = [];
    const { url, server } = await startServer(echo);
    server.on("connection", (socket) => {
      socket.on("pong", (payload) => pongs.push(payload.toString()));
      socket.ping("are you there?");
    });
    const { errors } = await reportOf(wsimd(["bench", url, ...BRIEFLY, "--json"]));
    expect(errors).toEqual([]);
    expect(pongs).toEqual(Array.from({ length: 5 }, () => "are you there?"));
  });

  test("says goodbye with 1000", async () => {
    const { url, server } = await startServer(echo);
    const codes: Promise<number>[] = [];
    server.on("connection", (socket) => {
      codes.push(once(socket, "close").then(([code]) => code));
    });
    await wsimd(["bench", url, ...BRIEFLY]).exit;
    expect(await Promise.all(codes)).toEqual([1000, 1000, 1000, 1000, 1000]);
  });

  test.each(["raw", "wsimd"])("--check finds one byte that is wrong, with the %s client", async (client) => {
    let count = 0;
    const { url } = await startServer((socket, data) => {
      if (++count === 30) data[19] = (data[19] ?? 0) ^ 1;
      socket.send(data);
    });
    const program = wsimd([
      "bench",
      url,
      ...BRIEFLY,
      "--check",
      "--client",
      client,
      "--warmup",
      "0",
      "--json",
    ]);
    const { errors } = await reportOf(program);
    const reason = client === "raw" ? "a reply differs from its message at byte 19" : expect.any(String);
    expect(errors).toEqual([{ reason, count: 1 }]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toContain("wsimd: a reply differs from its message");
  });

  test.each([
    [
      "cuts all connections",
      (socket: WebSocket) => socket.terminate(),
      /the server (ended|reset) the connection/,
    ],
    [
      "closes them",
      (socket: WebSocket) => socket.close(1013, "too much"),
      /closed the connection with 1013: too much/,
    ],
  ])("reports a server that %s, and does not wait for the end", async (_what, end, reason) => {
    let count = 0;
    const { url, server } = await startServer((socket, data) => {
      socket.send(data);
      if (++count === 50) for (const each of server.clients) end(each);
    });
    const program = wsimd(["bench", url, ...BRIEFLY, "--seconds", "3600", "--json"]);
    const { errors } = await reportOf(program);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(JSON.stringify(errors)).toMatch(reason);
    expect(program.stderr).toMatch(reason);
    expect(program.stderr.split("\n")).toHaveLength(2);
  });

  test("says so if nothing comes back", async () => {
    const { url } = await startServer(() => {});
    const program = wsimd(["bench", url, ...BRIEFLY]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe("wsimd: no reply came: does the server send messages back?\n");
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("prints what it has at %s", async (signal, code) => {
    let seen: () => void = () => {};
    const loaded = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const { url } = await startServer((socket, data) => {
      seen();
      socket.send(data);
    });
    const program = wsimd(["bench", url, ...BRIEFLY, "--seconds", "3600", "--json"]);
    await loaded;
    program.signal(signal);
    expect(await reportOf(program)).toHaveProperty("errors", []);
    expect(await program.exit).toEqual({ code, signal: null });
  });
});

describe("wsimd bench without a server", () => {
  test("says that nobody listens", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const port = portOf(server.address());
    server.close();
    await once(server, "close");
    for (const client of ["raw", "wsimd"]) {
      const program = wsimd(["bench", `ws://127.0.0.1:${port}/`, "--client", client]);
      expect(await program.exit).toEqual({ code: 1, signal: null });
      expect(program.stderr).toBe(`wsimd: can't connect to ws://127.0.0.1:${port}/: connection refused\n`);
    }
  });

  test("says what was answered instead of the handshake", async () => {
    const port = await listen(createHttpServer((_request, response) => response.writeHead(404).end()));
    const program = wsimd(["bench", `ws://127.0.0.1:${port}/`]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(`wsimd: can't connect to ws://127.0.0.1:${port}/: the server answered 404\n`);
  });

  test.each([
    ["hangs up", "", "the server ended the connection"],
    ["speaks something else", "220 mail.example ESMTP\r\n", "the answer is no HTTP response"],
  ])("says so of one that %s", async (_what, words, reason) => {
    const server = createTcpServer((socket) => socket.on("error", () => {}).end(words)).listen(
      0,
      "127.0.0.1",
    );
    closers.push(() => server.close());
    await once(server, "listening");
    const program = wsimd(["bench", `ws://127.0.0.1:${portOf(server.address())}/`, "--connections", "1"]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toContain(reason);
    expect(program.stderr.split("\n")).toHaveLength(2);
  });

  test("says that there is no such process", async () => {
    if (process.platform !== "linux") return;
    const { url } = await startServer(echo);
    const program = wsimd(["bench", url, ...BRIEFLY, "--pid", "2147483647"]);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe("wsimd: --pid 2147483647: there is no such process\n");
  });

  test.each([
    [[], "bench needs a URL"],
    [["nonsense"], '"nonsense" is no WebSocket URL'],
    [["ftp://example.org/"], "ftp:"],
    [["ws://example.org/#top"], "fragment"],
    [["ws://127.0.0.1/", "more"], "unexpected argument 'more'"],
    [["ws://127.0.0.1/", "--connections", "0"], "--connections"],
    [["ws://127.0.0.1/", "--size", "-1"], "--size"],
    [["ws://127.0.0.1/", "--size", "1e3"], "--size"],
    [["ws://127.0.0.1/", "--size", "1000000", "--depth", "1000"], "--size times --depth"],
    [["ws://127.0.0.1/", "--depth", "0"], "--depth"],
    [["ws://127.0.0.1/", "--seconds", "0"], "--seconds"],
    [["ws://127.0.0.1/", "--seconds", "soon"], "--seconds"],
    [["ws://127.0.0.1/", "--warmup", "-1"], "--warmup"],
    [["ws://127.0.0.1/", "--binary", "--text"], "--binary"],
    [["ws://127.0.0.1/", "--client", "curl"], "--client"],
    [["ws://127.0.0.1/", "--pid", "me"], "--pid"],
    [["ws://127.0.0.1/", "--tls-ca", "/nowhere/ca.pem"], "there is no such file"],
    [["ws://127.0.0.1/", "--fast"], "'--fast'"],
  ])("refuses %j", async (args, message) => {
    const program = wsimd(["bench", ...args]);
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain(message);
    expect(program.stderr.split("\n")).toHaveLength(2);
    expect(program.stdout).toBe("");
  });
});
