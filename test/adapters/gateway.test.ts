// Servers and clients behind a gateway with limits, with the options that docs/edge.md gives for it.
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { ModelGateway } from "../support/model-gateway.js";
import type { DialOptions, ListenOptions } from "./adapter.js";
import { nodeAdapter } from "./node-adapter.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { until } from "./until.js";

const FRAME = 32 * 1024;
const MESSAGE = 128 * 1024;
/** In place of 10 minutes. */
const IDLE_MS = 1_000;

/** As in docs/edge.md, with a shorter ping interval. */
const OPTIONS = {
  maxFrameBytes: FRAME,
  limits: { maxMessageBytes: MESSAGE },
  timeouts: { pingIntervalMs: IDLE_MS / 4 },
} as const;

const LIMITS = { frameBytes: FRAME, messageBytes: MESSAGE, idleMs: IDLE_MS };

async function behind(
  scene: Scene,
  server: ListenOptions,
  client: DialOptions,
): Promise<{
  gateway: ModelGateway;
  theirs: Recorder;
  ours: Recorder;
  socket: Awaited<ReturnType<Scene["connect"]>>;
}> {
  const { server: listening, recorder: theirs } = await scene.echo(server);
  const gateway = await ModelGateway.listen(LIMITS, listening.port);
  scene.after(() => gateway.close());
  const ours = new Recorder();
  const socket = await scene.connect(gateway.url, client, ours);
  return { gateway, theirs, ours, socket };
}

const inScene = (run: (scene: Scene) => Promise<void>): Promise<void> =>
  Scene.run(nodeAdapter("off"), { name: "behind a gateway", run });

describe("behind a gateway with limits", () => {
  test("messages up to its limit pass both ways, text and binary, in frames up to its limit", () =>
    inScene(async (scene) => {
      const { gateway, ours, socket } = await behind(scene, OPTIONS, OPTIONS);
      const messages = [
        "",
        "grüß dich",
        "x".repeat(FRAME),
        "x".repeat(FRAME + 1),
        "€".repeat(MESSAGE / 4),
        new Uint8Array(FRAME + 1).fill(7),
        new Uint8Array(MESSAGE).fill(8),
      ];
      for (const [i, message] of messages.entries()) {
        socket.send(message);
        await ours.until("message", i + 1);
        const expected = typeof message === "string" ? message : Buffer.from(message);
        assert.deepEqual(ours.messages[i], expected);
      }
      assert.deepEqual(gateway.ended, []);
      assert.equal(gateway.longestFrame, FRAME);
      assert.equal(gateway.longestMessage, MESSAGE);
    }));

  test("the same messages in one frame end the connection: the gateway does enforce its limits", () =>
    inScene(async (scene) => {
      const { gateway, ours, socket } = await behind(scene, OPTIONS, { ...OPTIONS, maxFrameBytes: Infinity });
      socket.send("x".repeat(FRAME + 1));
      await ours.until("close");
      assert.deepEqual(gateway.ended, [`a frame of ${FRAME + 1} bytes`]);
    }));

  test("a connection that is quiet lives by its pings, for longer than the gateway's time-out", () =>
    inScene(async (scene) => {
      const { gateway, ours, theirs, socket } = await behind(scene, OPTIONS, {});
      const start = performance.now();
      await theirs.until("pong", 8);
      assert.ok(performance.now() - start > IDLE_MS, "it took longer than the time-out");
      assert.deepEqual(gateway.ended, []);
      socket.send("still there");
      await ours.until("message");
    }));

  test("without pings the gateway ends it", () =>
    inScene(async (scene) => {
      const { gateway, ours } = await behind(scene, {}, {});
      await ours.until("close");
      await until(() => gateway.ended.length > 0, "the gateway");
      assert.deepEqual(gateway.ended, ["idle"]);
    }));
});
