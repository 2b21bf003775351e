// The programs of docs/frameworks.md, next to the frameworks themselves.
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { listening, PagePrograms, type PageServer, stop } from "../support/page-programs.js";
import { project, runningIn, started } from "../support/page-project.js";
import { killPrograms } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";
import { silentConnection } from "../support/silent-connection.js";
import { runIn } from "../support/tarball.js";
import { Inbox } from "../support/ws-inbox.js";

const PACKAGES = fileURLToPath(new URL("node_modules/", import.meta.url));
const page = new PagePrograms("docs/frameworks.md");

afterEach(killPrograms);

test("each block has a test here", () => {
  const names = readFileSync(fileURLToPath(import.meta.url), "utf8").matchAll(
    /page\.take\("(?<name>[^"]+)"\)/g,
  );
  expect([...names].map(({ groups }) => groups?.name)).toEqual(page.headings);
});

async function echoes(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const inbox = await Inbox.open(url, options);
  inbox.socket.send("hello");
  expect(await inbox.next()).toBe("hello");
  return inbox.socket;
}

async function pageAt({ port }: PageServer, target = "/"): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${target}`);
  expect(answer.status).toBe(200);
  return answer.text();
}

async function refusal(url: string, options: ClientOptions = {}): Promise<number> {
  const [error]: unknown[] = await once(new WebSocket(url, options), "error");
  return Number(/response: (\d+)/.exec(String(error))?.[1]);
}

/** A server serves a page and echoes on its path alone. */
async function servesBoth(server: PageServer): Promise<void> {
  expect(await pageAt(server)).toBe("a page\n");
  const socket = await echoes(`${server.url}/chat`);
  expect(await refusal(`${server.url}/elsewhere`)).toBe(404);
  socket.terminate();
}

/** A server closes a connection that is open, and ends by itself, although another client has sent nothing yet. */
async function endsCleanly(server: PageServer, options: ClientOptions = {}): Promise<void> {
  await silentConnection(server.port);
  const { closed } = await Inbox.open(`${server.url}/chat`, options);
  server.program.signal("SIGTERM");
  expect(await closed).toBe(1001);
  const { code, signal } = await server.program.exit;
  expect({ code: signal ?? code, stderr: server.program.stderr }).toEqual({ code: 0, stderr: "" });
}

test("node:http, where a request in progress is answered", async () => {
  const block = page.take("Stop both");
  const slow = block.code.replace(
    'response.end("a page\\n")',
    'setTimeout(() => response.end("a page\\n"), _request.url === "/slow" ? 500 : 0)',
  );
  expect(slow).not.toBe(block.code);
  const server = await started({ ...block, code: slow });
  await servesBoth(server);
  const request = connect(server.port, "127.0.0.1");
  let answer = "";
  request.setEncoding("latin1").on("data", (text) => {
    answer += text;
  });
  request.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await endsCleanly(server);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*a page\n/);
});

test("Express", async () => {
  const server = await started(page.take("Express"));
  await servesBoth(server);
  await endsCleanly(server);
});

test("sessions of Express, and Passport", async () => {
  const block = page.take("Sessions and Passport");
  const server = await started(block);
  const origin = `http://127.0.0.1:${server.port}`;
  const logIn = (password: string) =>
    fetch(`${origin}/login`, { method: "POST", body: new URLSearchParams({ username: "Ada", password }) });
  expect((await logIn("wrong")).status).toBe(401);
  const answer = await logIn("s3cret");
  expect(await answer.text()).toBe("Ada");
  const headers = { Cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };

  const inbox = await Inbox.open(`${server.url}/chat`, { headers, origin });
  inbox.socket.send("hello");
  expect(await inbox.next()).toBe("Ada: hello");
  expect(await refusal(`${server.url}/chat`, { origin })).toBe(401);
  expect(await refusal(`${server.url}/chat`, { headers, origin: "https://example.org" })).toBe(403);
  await stop(server);

  // A guard answers by itself instead of calling the next middleware.
  const guard = `signedIn.use((request, response, next) => {
  if (request.url === "/chat" && !request.user) response.writeHead(302, { Location: "/login" }).end();
  else next();
});
`;
  const code = block.code.replace("const app = express();", `${guard}$&`);
  const guarded = await started({ ...block, code });
  const own = `http://127.0.0.1:${guarded.port}`;
  expect(await refusal(`${guarded.url}/chat`, { origin: own })).toBe(302);
  await stop(guarded);
});

test("Koa", async () => {
  const server = await started(page.take("Koa"));
  await servesBoth(server);
  await endsCleanly(server);
});

test("Fastify", async () => {
  const server = await started(page.take("Fastify"));
  await servesBoth(server);
  await endsCleanly(server);
});

test("a plugin of Fastify", async () => {
  const server = await started(page.take("As a plugin"));
  await echoes(`${server.url}/chat`);
  expect(JSON.parse(await pageAt(server, "/online"))).toEqual({ connections: 1 });
  await endsCleanly(server);
});

test("NestJS", { timeout: 120_000 }, async () => {
  const block = page.take("NestJS");
  expect(block.info).toBe("ts run");
  const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };
  const compilerOptions = {
    strict: true,
    target: "es2023",
    module: "nodenext",
    types: ["node"],
    ...decorators,
  };
  const code = block.code.replaceAll("8080", "Number(process.env.PORT)");
  const folder = project({ "main.ts": code, "tsconfig.json": JSON.stringify({ compilerOptions }) });
  await runIn(folder, process.execPath, path.join(ROOT, "node_modules/typescript/bin/tsc"));
  const server = await listening(block, (_, port) =>
    runningIn(folder, process.execPath, ["main.js"], { PORT: String(port) }),
  );
  await silentConnection(server.port);
  const socket = await echoes(`${server.url}/chat`);
  const closed = once(socket, "close");
  server.program.signal("SIGTERM");
  expect((await closed)[0]).toBe(1001);
  await server.program.exit;
  expect(server.program.stderr).toBe("");
});

test("Hono on Node", async () => {
  const server = await started(page.take("Hono"));
  await servesBoth(server);
  await endsCleanly(server);
});

test("Hono on Deno and Bun", async () => {
  const block = page.take("On Deno and Bun");
  const onBun = { ...block, code: block.code.replace("wsimd/deno", "wsimd/bun") };
  for (const server of [
    await started(block, [
      runtimeBinary("deno"),
      "run",
      "-A",
      "--quiet",
      "--no-lock",
      "--node-modules-dir=manual",
    ]),
    await started(onBun, [runtimeBinary("bun")]),
  ]) {
    expect(await pageAt(server)).toBe("a page\n");
    (await echoes(server.url)).terminate();
    await stop(server);
  }
});

test("Vite, which goes on reloading modules", async () => {
  const block = page.take("Vite");
  let folder = "";
  const server = await listening(block, (code, port) => {
    folder = project({
      "vite.config.js": code.replaceAll("8080", String(port)).replace("server: {", '$& host: "127.0.0.1",'),
      "index.html": '<script type="module" src="/main.js"></script>',
      "main.js": "import.meta.hot.accept();\n",
    });
    return runningIn(folder, process.execPath, [path.join(PACKAGES, "vite/bin/vite.js")]);
  });
  const token = /wsToken = "(?<token>[^"]+)"/.exec(await pageAt(server, "/@vite/client"))?.groups?.token;
  const reloads = new WebSocket(`${server.url}/?token=${token}`, "vite-hmr");
  const [first]: unknown[] = await once(reloads, "message");
  expect(JSON.parse(String(first))).toEqual({ type: "connected" });
  const socket = await echoes(`${server.url}/chat`);
  expect(await pageAt(server)).toContain("/@vite/client");
  await pageAt(server, "/main.js");
  const update = once(reloads, "message");
  writeFileSync(path.join(folder, "main.js"), "import.meta.hot.accept(); // changed\n");
  expect(JSON.parse(String((await update)[0]))).toMatchObject({ type: "update" });
  socket.terminate();
  reloads.terminate();
  // Vite ends with the status that a shell has for SIGTERM.
  server.program.signal("SIGTERM");
  expect(await server.program.exit).toEqual({ code: 143, signal: null });
});

test("Next.js, which goes on reloading pages", { timeout: 60_000 }, async () => {
  const block = page.take("Next.js");
  let folder = "";
  const server = await listening(
    block,
    (code, port) => {
      folder = project({
        "server.js": code.replaceAll("8080", String(port)),
        // Several lock files above make Next.js warn that it had to choose one.
        "next.config.js":
          'export default { turbopack: { root: new URL("..", import.meta.url).pathname } };\n',
        "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;\n",
        "app/page.js": "export default () => <p>a page</p>;\n",
      });
      return runningIn(folder, process.execPath, ["server.js"], { NEXT_TELEMETRY_DISABLED: "1" });
    },
    60_000,
  );
  expect(await pageAt(server)).toContain("<p>a page</p>");
  const origin = `http://127.0.0.1:${server.port}`;
  // For Next.js, the pages of this machine are those of localhost.
  const reloads = await Inbox.open(`${server.url}/_next/hmr?id=test`, { origin: "http://localhost" });
  expect(String(await reloads.next())).toContain("type");
  const socket = await echoes(`${server.url}/chat`, { origin });
  expect(await refusal(`${server.url}/chat`, { origin: "https://example.org" })).toBe(403);
  socket.terminate();
  await endsCleanly(server, { origin });
});

test("beside Socket.IO", async () => {
  const server = await started(page.take("Beside Socket.IO or ws"));
  const client = `import { io } from "socket.io-client";
const client = io("http://127.0.0.1:${server.port}", { transports: ["websocket"] });
client.emit("say", "hello");
client.on("said", (text) => {
  console.log(text);
  client.disconnect();
});
`;
  const folder = project({ "client.js": client });
  expect(await runIn(folder, process.execPath, "client.js")).toBe("hello\n");
  (await echoes(`${server.url}/chat`)).terminate();
  await stop(server);
});
