// The package under test runners, in their own worlds: no ES modules, clocks that stand still, globals of another realm.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { projectWithTarball, runIn } from "../support/tarball.js";

const RUNNERS = fileURLToPath(new URL("../runners/", import.meta.url));

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-runners-"));
let project: string;

beforeAll(async () => {
  project = await projectWithTarball(folder);
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The path of a module of test/runners. */
function runner(name: string): string {
  if (!existsSync(`${RUNNERS}node_modules`)) {
    throw new Error("test/runners/node_modules is missing: run `npm ci --prefix test/runners` first");
  }
  return createRequire(RUNNERS).resolve(name);
}

/** Sends what a test sends, and waits for the echoes. */
const ECHO = `async function echo(fake) {
  const server = await serve({ host: "127.0.0.1" }, { message: (socket, data) => void socket.send(data) });
  const got = [];
  let socket;
  const all = new Promise((resolve) => {
    const message = (_, data) => void (got.push(String(data)) === 5 && resolve());
    socket = connect(server.url, {}, { message });
  });
  socket = await socket;
  fake();
  socket.send("text");
  socket.send(Buffer.from("buffer"));
  socket.send(new Uint8Array([1, 2]));
  socket.send(new Float32Array(1).buffer);
  socket.send(new PreparedMessage(new DataView(new ArrayBuffer(1))));
  await all;
  const closed = server.close();
  await closed;
  return got;
}
const EXPECTED = ["text", "buffer", "\\x01\\x02", "\\0\\0\\0\\0", "\\0"];
`;

const REQUIRED = `
const { kernelInUse, PreparedMessage } = require("wsimd");
const { connect, serve } = require("wsimd/node");
const { CodecStreams } = require("wsimd/streams");
`;
const IMPORTED = `
import { jest } from "@jest/globals";
import { kernelInUse, PreparedMessage } from "wsimd";
import { connect, serve } from "wsimd/node";
import { CodecStreams } from "wsimd/streams";
`;
const JEST_TESTS = `${ECHO}
test("an echo, with clocks that stand still", async () => {
  expect(await echo(() => jest.useFakeTimers())).toEqual(EXPECTED);
});
test("an echo, with those of the configuration", async () => {
  expect(await echo(() => {})).toEqual(EXPECTED);
});
test("all of it loads, and the fastest kernel runs", () => {
  expect(kernelInUse()).toMatchObject({ name: "simd" });
  expect(typeof CodecStreams).toBe("function");
});
`;

const WS_TEST = `const WebSocket = require("wsimd/ws");
test("an echo", async () => {
  const wss = new WebSocket.Server({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
  wss.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  await new Promise((resolve) => wss.on("listening", resolve));
  const client = new WebSocket("ws://127.0.0.1:" + wss.address().port);
  client.on("open", () => client.send(Buffer.from("hello")));
  const data = await new Promise((resolve) => client.on("message", resolve));
  expect(data).toEqual(Buffer.from("hello"));
  expect(data).toBeInstanceOf(Buffer);
  client.close();
  await new Promise((resolve) => client.on("close", resolve));
  await new Promise((resolve) => wss.close(resolve));
});
`;

describe.each(["node", "jsdom"])("Jest with the environment %s", (environment) => {
  test.each([false, true])("serves, connects and sends; all timers are fake: %s", async (enableGlobally) => {
    writeFileSync(path.join(project, "echo.test.js"), REQUIRED + JEST_TESTS);
    const fakeTimers = { enableGlobally };
    await runJest([], { testEnvironment: runner(`jest-environment-${environment}`), fakeTimers });
  });
});

test.each([false, true])("Jest runs wsimd/ws; all timers are fake: %s", async (enableGlobally) => {
  writeFileSync(path.join(project, "ws.test.js"), WS_TEST);
  const testMatch = ["**/ws.test.js"];
  await runJest([], {
    testMatch,
    testEnvironment: runner("jest-environment-node"),
    fakeTimers: { enableGlobally },
  });
});

test("Jest serves, connects and sends with ES modules", async () => {
  writeFileSync(path.join(project, "echo.test.mjs"), IMPORTED + JEST_TESTS);
  const testMatch = ["**/echo.test.mjs"];
  await runJest(["--experimental-vm-modules"], {
    testMatch,
    testEnvironment: runner("jest-environment-node"),
  });
});

async function runJest(flags: readonly string[], options: object): Promise<void> {
  const config = JSON.stringify({ rootDir: project, ...options });
  const jest = path.join(path.dirname(runner("jest/package.json")), "bin/jest.js");
  const args = ["--config", config, "--watchman=false", "--ci", "--testTimeout=20000"];
  await runIn(project, process.execPath, ...flags, jest, ...args);
}

describe("sinon", () => {
  test.each(["import", "require"])("its clocks stop no connection of what came by %s", async (way) => {
    const load = (name: string): string =>
      way === "import" ? `await import("${name}")` : `require("${name}")`;
    const code = `(async () => {
      const { PreparedMessage } = ${load("wsimd")};
      const { connect, serve } = ${load("wsimd/node")};
      const sinon = require(${JSON.stringify(runner("sinon"))});
      ${ECHO}
      // Node's own sockets need the real process.nextTick.
      const toFake = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "Date", "performance"];
      console.log(JSON.stringify(await echo(() => sinon.useFakeTimers({ toFake }))) === JSON.stringify(EXPECTED));
      process.exit();
    })()`;
    expect(await runIn(project, process.execPath, "--input-type=commonjs", "-e", code)).toBe("true\n");
  });
});
