// Other implementations, as clients and as servers: Python's, Go's, libwebsockets, and those of the runtimes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { Recorder } from "../adapters/recorder.js";
import type { Scene } from "../adapters/scene.js";
import { runtimeBinary } from "../support/runtimes.js";
import { startDaemon } from "./daemon.js";
import { neighbourTest } from "./neighbour-test.js";
import { peerFile, runClient, startHost, startPeer, visit } from "./peer.js";

const DEBIAN_PYTHON = "/usr/bin/python3";
const MESSAGES = [...Array<string>(4).fill("text true"), ...Array<string>(6).fill("binary true")];

/** A client in ws and wss: it says these lines, and our server saw both of its connections end well. */
function clientTests(
  command: () => readonly string[],
  lines: readonly string[],
  closes: readonly string[],
): void {
  for (const secure of [false, true]) {
    neighbourTest(`as a client, ${secure ? "wss" : "ws"}`, async (scene) => {
      const host = await startHost(scene, secure);
      assert.deepEqual(await runClient(scene, host, command()), lines);
      await host.recorder.until("close", closes.length);
      const { log } = host.recorder;
      assert.deepEqual(
        log.filter((line) => line.startsWith("close")),
        closes,
      );
      assert.ok(log.includes("pong 68 69"), "our ping was answered");
    });
  }
}

/** A server that prints its port, and what it sees of us. */
function serverTest(command: () => readonly string[], seen: RegExp): void {
  neighbourTest("as a server", async (scene) => {
    const program = startPeer(scene, command());
    const port = (await program.shows(/port (\d+)/))[1];
    await visit(scene, `ws://127.0.0.1:${port}/`);
    await program.shows(seen);
  });
}

/** The implementations that answer a Close frame with its code alone, and those that answer with its reason as well. */
const CODE_ONLY = ['close 4001 "bye €" clean', "close 4321 clean"];
const WITH_REASON = ['close 4001 "bye €" clean', 'close 4321 "as you wish" clean'];

describe("websockets of Python", () => {
  clientTests(
    () => [DEBIAN_PYTHON, peerFile("websockets_peer.py"), "client"],
    [
      ...["protocol chat", "extensions 0", ...MESSAGES, "fragments sent in parts", "fragments in parts"],
      ...["pong", "closed 4001", "closed 4321 as you wish"],
    ],
    WITH_REASON,
  );
  serverTest(
    () => [DEBIAN_PYTHON, peerFile("websockets_peer.py"), "server"],
    /protocol chat\npong\nclosed 4001 bye €\n/,
  );
});

describe("websocket-client of Python", () => {
  clientTests(
    () => [DEBIAN_PYTHON, peerFile("websocket_client.py")],
    [
      ...["protocol chat", ...MESSAGES, "fragments sent in parts", "fragments in parts"],
      ...["pong", "closed 4001", "closed 4321 as you wish"],
    ],
    // It answers every Close with 1000.
    ['close 4001 "bye €" clean', "close 1000 clean"],
  );
});

describe("gorilla/websocket of Go", () => {
  let built: string;
  beforeAll(() => {
    built = mkdtempSync(path.join(tmpdir(), "wsimd-gorilla-"));
    const env = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode" };
    execFileSync("go", ["build", "-o", path.join(built, "gorilla"), peerFile("gorilla.go")], { env });
  }, 300_000);
  afterAll(() => rmSync(built, { recursive: true }));

  clientTests(
    () => [path.join(built, "gorilla"), "client"],
    [
      ...["protocol chat", ...MESSAGES, "fragments in parts", "pong hi"],
      ...["closed 4001", "closed 4321 as you wish"],
    ],
    CODE_ONLY,
  );
  serverTest(() => [path.join(built, "gorilla"), "server"], /protocol chat\npong\nclosed 4001 bye €\n/);
});

const RUNTIMES: readonly [name: string, command: () => readonly string[], closes: readonly string[]][] = [
  ["Node 22", () => [runtimeBinary("node-22")], CODE_ONLY],
  ["Node 24", () => [runtimeBinary("node-24")], CODE_ONLY],
  ["Node 26", () => [runtimeBinary("node-26")], CODE_ONLY],
  // It takes no certificate that vouches for itself.
  [
    "Deno",
    () => [
      runtimeBinary("deno"),
      "run",
      "-A",
      "--no-config",
      "--unsafely-ignore-certificate-errors=localhost",
    ],
    WITH_REASON,
  ],
  ["Bun", () => [runtimeBinary("bun")], WITH_REASON],
];

describe.each(RUNTIMES)("the WebSocket of %s", (_name, command, closes) => {
  clientTests(
    () => [...command(), peerFile("web-client.js")],
    [
      ...["protocol chat", 'extensions ""', ...MESSAGES, "text true", "fragments in parts"],
      ...["closed 4001  clean", "closed 4321 as you wish clean", "closed 1005  clean"],
    ],
    [...closes, "close 1005 clean"],
  );
});

describe("libwebsockets", () => {
  const start = (scene: Scene) =>
    startDaemon(scene, async (port) => ({
      program: "libwebsockets-test-server",
      args: [`--port=${port}`, "--interface=lo"],
    }));

  neighbourTest("as a server: numbers that count up, and a reset", async (scene) => {
    const { port } = await start(scene);
    const ours = new Recorder();
    const socket = await scene.connect(
      `ws://127.0.0.1:${port}/`,
      { protocols: ["dumb-increment-protocol"] },
      ours,
    );
    await ours.until("message", 5);
    const numbers = ours.messages.map(Number);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => (numbers[0] ?? 0) + i),
    );
    socket.ping(Uint8Array.of(1, 2, 3));
    await ours.until("pong");
    socket.close(3001, "bye");
    assert.match(await ours.closed(), /^close 3001 .*clean$/);
  });

  neighbourTest("as a server: a mirror for all of its clients", async (scene) => {
    const { port } = await start(scene);
    const url = `ws://127.0.0.1:${port}/`;
    const options = { protocols: ["lws-mirror-protocol"] };
    const [one, other] = [new Recorder(), new Recorder()];
    const socket = await scene.connect(url, options, one);
    await scene.connect(url, options, other);
    const text = "c #7A9237 487 181 14;";
    socket.send(text);
    socket.sendFragment(text.slice(0, 5), false);
    socket.sendFragment(text.slice(5), true);
    for (const recorder of [one, other]) {
      await recorder.until("message");
      assert.equal(recorder.messages.join("").slice(0, text.length), text);
    }
  });

  neighbourTest("as a client: one connection that draws, one that listens", async (scene) => {
    const recorder = new Recorder({
      open: (socket) => socket.ping(Uint8Array.of(1, 2, 3)),
      message(socket, data) {
        socket.send(data);
        if (recorder.count("message") === 3) socket.close(4321, "as you wish");
      },
    });
    const protocols = ["dumb-increment-protocol", "lws-mirror-protocol"];
    const server = await scene.serve({ protocols }, recorder);
    startPeer(scene, ["libwebsockets-test-client", "127.0.0.1", `--port=${server.port}`]);
    assert.equal(await recorder.closed(), 'close 4321 "as you wish" clean');
    assert.match(recorder.messages.join("\n"), /^(c #[0-9A-F]{6} \d+ \d+ \d+;?\n?){3,}$/);
    await recorder.until("pong", 2);
  });
});
