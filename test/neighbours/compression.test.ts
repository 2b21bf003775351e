// permessage-deflate with other implementations, as clients and as servers: ws, Python's, and those of runtimes and
// browsers.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe } from "vitest";
import {
  type ClientOptions,
  type PerMessageDeflateOptions,
  WebSocketServer,
  WebSocket as WsSocket,
} from "ws";
import type { CompressionOption } from "../../src/adapter/compression.js";
import { Recorder } from "../adapters/recorder.js";
import type { Scene } from "../adapters/scene.js";
import { happened, until } from "../adapters/until.js";
import { compressibleText, incompressibleBytes } from "../support/compressible.js";
import { runtimeBinary } from "../support/runtimes.js";
import { BROWSERS } from "./browsers.js";
import { echo, LARGE_LIMITS, neighbourTest } from "./neighbour-test.js";
import { PageServer } from "./page-server.js";
import { peerFile, runClient, startHost, startPeer, visit } from "./peer.js";

const DEBIAN_PYTHON = "/usr/bin/python3";
const PATIENCE_MS = 240_000;

/** What our side asks for. */
const OURS: readonly NonNullable<CompressionOption["compression"]>[] = [
  true,
  { takeover: false },
  { threshold: 0, windowBits: 9, effort: "fast" },
  { threshold: 0, windowBits: 15, memoryBudget: 50_000 },
  { windowBits: 8 },
];

/** What ws asks for. It can't deflate with windows of 8 bits. */
const THEIRS: readonly PerMessageDeflateOptions[] = [
  { threshold: 0 },
  { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
];

const LENGTHS = [0, 1, 2, 63, 64, 255, 256, 1_000, 20_000, 65_535, 65_536, 1 << 20];

/** Text and bytes of all lengths, what can be compressed and what can't, and some of it again. */
const MESSAGES: readonly (string | Buffer)[] = LENGTHS.flatMap((length) => {
  const text = compressibleText(length);
  return [text, Buffer.from(text), Buffer.from(incompressibleBytes(length)), text];
});

function assertSame(found: readonly (string | Uint8Array)[]): void {
  assert.equal(found.length, MESSAGES.length);
  for (const [i, message] of MESSAGES.entries()) {
    const back = found[i];
    if (typeof message === "string") assert.ok(back === message, `text ${i}`);
    else assert.ok(back instanceof Uint8Array && message.equals(back), `bytes ${i}`);
  }
}

/** Sends all messages, one at a time. */
async function exchange(send: (message: string | Buffer) => void, came: () => number): Promise<void> {
  for (const [i, message] of MESSAGES.entries()) {
    send(message);
    await until(
      () => came() > i,
      () => `message ${i}`,
    );
  }
}

async function wsClient(scene: Scene, url: string, options: ClientOptions): Promise<WsSocket> {
  const socket = new WsSocket(url, options);
  scene.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

describe.each(OURS)("ws, and %j here", (compression) => {
  neighbourTest("ws as a client", async (scene) => {
    const recorder = echo();
    const server = await scene.serve({ compression, limits: LARGE_LIMITS }, recorder);
    for (const [i, perMessageDeflate] of THEIRS.entries()) {
      const socket = await wsClient(scene, server.url, { perMessageDeflate });
      assert.match(socket.extensions, /^permessage-deflate/);
      const found: (string | Buffer)[] = [];
      socket.on("message", (data, isBinary) => {
        assert.ok(data instanceof Buffer);
        found.push(isBinary ? data : data.toString());
        happened();
      });
      await exchange(
        (message) => socket.send(message),
        () => found.length,
      );
      assertSame(found);
      socket.close(1000);
      await recorder.until("close", i + 1);
    }
    assert.deepEqual(
      recorder.closes.map(({ code, wasClean }) => [code, wasClean]),
      THEIRS.map(() => [1000, true]),
    );
  });

  neighbourTest("ws as a server", async (scene) => {
    for (const perMessageDeflate of THEIRS) {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
      scene.after(() => server.close());
      server.on("connection", (socket) =>
        socket.on("message", (data, binary) => socket.send(data, { binary })),
      );
      await once(server, "listening");
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      const recorder = new Recorder();
      const url = `ws://127.0.0.1:${address.port}/`;
      const socket = await scene.connect(url, { compression, limits: LARGE_LIMITS }, recorder);
      assert.match(socket.extensions, /^permessage-deflate/);
      await exchange(
        (message) => void socket.send(message),
        () => recorder.messages.length,
      );
      assertSame(recorder.messages);
      socket.close(1000);
      assert.equal(await recorder.closed(), "close 1000 clean");
    }
  });
});

describe("websockets of Python", () => {
  for (const compression of OURS) {
    neighbourTest(`as a client, and ${JSON.stringify(compression)} here`, async (scene) => {
      const host = await startHost(scene, false, { compression });
      const lines = await runClient(scene, host, [DEBIAN_PYTHON, peerFile("websockets_peer.py"), "client"]);
      assert.equal(lines[1], "extensions 1");
      assert.deepEqual(
        lines.filter((line) => line.includes("false")),
        [],
      );
      assert.equal(lines.at(-1), "closed 4321 as you wish");
      assert.match(host.recorder.socket.extensions, /^permessage-deflate/);
    });

    neighbourTest(`as a server, and ${JSON.stringify(compression)} here`, async (scene) => {
      const program = startPeer(scene, [DEBIAN_PYTHON, peerFile("websockets_peer.py"), "server"]);
      const port = (await program.shows(/port (\d+)/))[1];
      const { extensions } = await visit(scene, `ws://127.0.0.1:${port}/`, { compression });
      assert.match(extensions, /^permessage-deflate/);
    });
  }
});

/** Whether all messages of conversation.js came back, and what it has seen of extensions. */
function extensionsIn(lines: readonly string[]): string {
  assert.deepEqual(
    lines.filter((line) => line.includes("false")),
    [],
  );
  assert.ok(lines.includes("fragments in parts") && lines.at(-1) === "closed 1005  clean", lines.join("\n"));
  return /^extensions "(.*)"$/.exec(lines[1] ?? "")?.[1] ?? "";
}

const RUNTIMES: readonly [name: string, command: () => readonly string[], offers: boolean][] = [
  ["Node 26", () => [runtimeBinary("node-26")], true],
  // It offers nothing.
  ["Deno", () => [runtimeBinary("deno"), "run", "-A", "--no-config"], false],
  ["Bun", () => [runtimeBinary("bun")], true],
];

describe.each(RUNTIMES)("the WebSocket of %s", (_name, command, offers) => {
  for (const compression of OURS) {
    neighbourTest(`as a client, and ${JSON.stringify(compression)} here`, async (scene) => {
      const host = await startHost(scene, false, { compression });
      const lines = await runClient(scene, host, [...command(), peerFile("web-client.js")]);
      const { extensions } = host.recorder.socket;
      assert.equal(extensionsIn(lines), extensions);
      assert.equal(extensions.startsWith("permessage-deflate"), offers);
    });
  }
});

describe.each(BROWSERS)("$name", (browser) => {
  for (const compression of OURS) {
    neighbourTest(
      `as a client, and ${JSON.stringify(compression)} here`,
      async (scene) => {
        const pages = await PageServer.start(scene, "websocket.ts");
        const host = await startHost(scene, false, { compression, origins: [pages.origin] });
        await browser.open(scene, pages.url({ url: host.url, bytes: String(1 << 20) }));
        const { lines, error } = await pages.report;
        if (lines === undefined) throw new Error(error);
        // Firefox leaves out the parameters.
        assert.match(extensionsIn(lines), /^permessage-deflate/);
        assert.ok(host.recorder.socket.extensions.startsWith(extensionsIn(lines)));
      },
      PATIENCE_MS,
    );
  }
});
