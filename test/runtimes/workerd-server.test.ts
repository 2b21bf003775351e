// A server in a real worker, on the TCP connections that workerd hands to the handler `connect`. The clients are here.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { nodeAdapter } from "../adapters/node-adapter.js";
import { masked, request } from "../adapters/raw-peer.js";
import { Recorder } from "../adapters/recorder.js";
import { type Case, Scene } from "../adapters/scene.js";
import { certificate } from "../support/certificate.js";
import type { Program } from "../support/program.js";
import { distModules, serveWorker, streamsEntry } from "../support/workerd.js";

const GREETING = "kernel simd, peer 127.0.0.1";

describe.each(["2025-06-01", "2026-11-01"])("wsimd/streams in a worker, compatibility date %s", (date) => {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-workerd-server-"));
  let program: Program;
  let port = 0;

  beforeAll(async () => {
    const entry = { name: "worker.js", bytes: readFileSync(new URL("workerd-server.js", import.meta.url)) };
    const modules = [entry, ...distModules("dist"), streamsEntry("dist")];
    const served = await serveWorker(folder, date, modules, certificate().cert);
    program = served.program;
    port = served.tcpPort;
  });

  afterAll(async () => {
    // Asked to end it would wait for its connections.
    program.signal("SIGKILL");
    await program.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const inScene = (run: Case["run"]): Promise<void> =>
    Scene.run(nodeAdapter("off"), { name: "a worker's own", run });

  test("messages of all sizes go both ways, on several connections", () =>
    inScene(async (scene) => {
      const messages = ["", "grüß dich", "x".repeat(70_000), new Uint8Array(300), new Uint8Array(400_000)];
      for (let i = 0; i < 3; i++) {
        const ours = new Recorder();
        const socket = await scene.connect(`ws://127.0.0.1:${port}/`, { protocols: ["chat"] }, ours);
        assert.equal(socket.protocol, "chat");
        for (const message of messages) socket.send(message);
        await ours.until("message", messages.length + 1);
        const expected = [GREETING, ...messages].map((each) =>
          typeof each === "string" ? each : Buffer.from(each),
        );
        assert.deepEqual(ours.messages, expected);
        socket.close(3001, "bye");
        assert.equal(await ours.closed(), "close 3001 clean");
      }
    }));

  test("a violation gets its Close frame, and the end", () =>
    inScene(async (scene) => {
      const peer = await scene.client({ port });
      await peer.expect(`81 1b '${GREETING}'`);
      await peer.write(masked("83 00 |"));
      const [close] = await peer.frames(1);
      assert.equal(Buffer.from(close?.payload ?? []).readUInt16BE(), 1002);
      peer.end();
      await peer.gone();
    }));

  test("silence gets a ping, and then the end", () =>
    inScene(async (scene) => {
      const peer = await scene.client({ port });
      await peer.expect(`81 1b '${GREETING}'`);
      const [ping] = await peer.frames(1);
      assert.equal(ping?.opcode, 9);
      await peer.gone();
    }));

  test("plain requests go to fetch, and what is no request gets 400", () =>
    inScene(async (scene) => {
      const plain = await scene.raw({ port });
      await plain.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assert.match(await plain.head(), /^HTTP\/1\.1 200 /);
      await plain.expect("'plain' 0a");
      await plain.gone();
      const wrong = await scene.raw({ port });
      await wrong.write(request({ "Sec-WebSocket-Version": "12" }));
      assert.match(await wrong.head(), /^HTTP\/1\.1 426 /);
      await wrong.gone();
    }));

  test("a client that resets leaves the others alone", () =>
    inScene(async (scene) => {
      const peer = await scene.client({ port });
      peer.reset();
      const ours = new Recorder();
      const socket = await scene.connect(`ws://127.0.0.1:${port}/`, {}, ours);
      socket.send("still there");
      await ours.until("message", 2);
      assert.deepEqual(ours.messages, [GREETING, "still there"]);
    }));
});
