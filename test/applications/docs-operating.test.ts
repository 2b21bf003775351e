// The programs and configurations of docs/operating.md work as the page says.
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { DEFAULT_SOCKET_LIMITS, DEFAULT_TIMEOUTS } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { freePort } from "../support/free-port.js";
import type { CodeBlock } from "../support/markdown.js";
import { listening, PagePrograms, stop } from "../support/page-programs.js";
import { project, runningIn, started } from "../support/page-project.js";
import { killPrograms } from "../support/program.js";
import { runIn } from "../support/tarball.js";
import { Inbox } from "../support/ws-inbox.js";

const page = new PagePrograms("docs/operating.md");

/** The longest time of a stop: the waits of the program, and `close`, which may take a second more than its time-out. */
const STOP_MS = 2_000 + 500 + DEFAULT_TIMEOUTS.closeMs + 1_000;

afterEach(killPrograms);

test("each block has a test here", () => {
  const names = readFileSync(fileURLToPath(import.meta.url), "utf8").matchAll(
    /page\.take\("(?<name>[^"]+)"\)/g,
  );
  expect([...names].map(({ groups }) => groups?.name)).toEqual(page.headings);
});

test("a server stops without loss", async () => {
  const block = page.take("Stop without loss");
  const loop = page.take("Stop without loss");
  const server = await started({
    ...block,
    code: block.code.replace("  await server.close(", `${loop.code}  await server.close(`),
  });
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
  expect([await status("/livez"), await status("/readyz"), await status("/")]).toEqual([200, 200, 404]);
  const inbox = await Inbox.open(server.url);
  const begun = performance.now();
  server.program.signal("SIGTERM");
  await expect.poll(() => status("/readyz")).toBe(503);
  expect(await status("/livez")).toBe(200);
  inbox.socket.send("still served");
  expect(await inbox.next()).toBe("still served");
  expect(await inbox.closed).toBe(1012);
  expect(await server.program.exit).toEqual({ code: 0, signal: null });
  expect(performance.now() - begun).toBeGreaterThan(2_400);
  expect(server.program.stderr).toBe("");
});

/** The number that a configuration gives a name. */
function numberIn({ code }: CodeBlock, name: string): number {
  const value = new RegExp(`\\b${name}[=:] ?(?<value>[\\d_]+)`).exec(code)?.groups?.value;
  if (value === undefined) throw new Error(`there is no ${name}`);
  return Number(value.replaceAll("_", ""));
}

test("Kubernetes waits for the stop", async () => {
  const block = page.take("Kubernetes");
  expect(block.info).toBe("yaml");
  const file = "deployment.yaml";
  const folder = project({
    [file]: block.code,
    "parse.js": `import { readFileSync } from "node:fs";
import { parse } from "yaml";
console.log(JSON.stringify(parse(readFileSync("${file}", "utf8"))));
`,
  });
  const { spec } = JSON.parse(await runIn(folder, process.execPath, "parse.js"));
  expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
  const [container] = spec.template.spec.containers;
  expect(container.livenessProbe.httpGet).toEqual({ path: "/livez", port: 8080 });
  expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: 8080 });
  const [, seconds] = container.lifecycle.preStop.exec.command;
  const graceMs = spec.template.spec.terminationGracePeriodSeconds * 1000;
  expect(graceMs).toBeGreaterThan(Number(seconds) * 1000 + STOP_MS);
});

test("systemd waits for the stop", () => {
  const socket = page.take("systemd");
  const service = page.take("systemd");
  for (const { info, code } of [socket, service]) {
    expect(info).toBe("ini");
    for (const line of code.trimEnd().split("\n")) expect(line).toMatch(/^(?:#.*|\[\w+\]|[A-Za-z]+=\S.*|)$/);
  }
  expect(socket.code).toContain("\n[Socket]\nListenStream=443\n");
  expect(service.code).toContain("\n[Service]\nExecStart=/");
  expect(numberIn(service, "TimeoutStopSec") * 1000).toBeGreaterThan(STOP_MS);
});

test("PM2 waits for the stop", () => {
  const block = page.take("PM2");
  const module = { exports: { apps: [] } };
  runInNewContext(block.code, { module });
  expect(module.exports.apps).toMatchObject([
    { script: "server.js", exec_mode: "cluster", wait_ready: true },
  ]);
  expect(numberIn(block, "kill_timeout")).toBeGreaterThan(STOP_MS);
});

test("a certificate is renewed without a restart", async () => {
  let folder = "";
  const write = (): string => {
    const { key, cert } = certificate(["localhost"]);
    writeFileSync(path.join(folder, "example.key"), key);
    writeFileSync(path.join(folder, "example.pem"), cert);
    return cert;
  };
  let ca = "";
  const server = await listening(page.take("Certificates"), (code, port) => {
    folder = project({ "main.js": code.replaceAll("8080", String(port)).replaceAll("/etc/ssl/", "./") });
    ca = write();
    return runningIn(folder, process.execPath, ["main.js"]);
  });
  const url = `wss://localhost:${server.port}`;
  const old = await Inbox.open(url, { ca });
  const renewed = write();
  server.program.signal("SIGHUP");
  const opens = async () => {
    const socket = new WebSocket(url, { ca: renewed });
    const [event] = await Promise.race([
      once(socket, "open").then(() => ["open"]),
      new Promise<string[]>((resolve) => socket.on("error", (error) => resolve([error.message]))),
    ]);
    socket.terminate();
    return event;
  };
  await expect.poll(opens).toBe("open");
  old.socket.send("hello");
  expect(await old.next()).toBe("hello");
  await stop(server);
});

test("metrics", async () => {
  const metricsPort = await freePort();
  const block = page.take("Metrics");
  const server = await started({ ...block, code: block.code.replace("9090", String(metricsPort)) });
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const inbox = await Inbox.open(server.url);
  inbox.socket.send("hello");
  await inbox.next();
  expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(426);
  expect(await metrics()).toBe(
    "ws_messages_total 1\nws_refused_total 1\nws_errors_total 0\nws_connections 1\nws_buffered_bytes 0\n",
  );
  inbox.socket.close(4000);
  await inbox.closed;
  await expect.poll(metrics).toContain('ws_closed_total{reason="4000"} 1\nws_connections 0\n');
  const long = await Inbox.open(server.url);
  long.socket.send("x".repeat(DEFAULT_SOCKET_LIMITS.maxMessageBytes + 1));
  expect(await long.closed).toBe(1009);
  await expect.poll(metrics).toContain('ws_closed_total{reason="MESSAGE_TOO_LONG"} 1\nws_connections 0\n');
  await stop(server);
});

test("requests that were turned away", async () => {
  const server = await started(page.take("Requests that were turned away"));
  const [error]: unknown[] = await once(
    new WebSocket(`${server.url}/chat`, { origin: "https://example.com" }),
    "error",
  );
  expect(String(error)).toContain("403");
  await server.program.shows(/^403 .* 127\.0\.0\.1 \/chat https:\/\/example\.com$/m);
  await stop(server);
});
