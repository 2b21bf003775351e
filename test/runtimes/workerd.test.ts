// The client in real workers, before and after the date from which on workerd compiles WebAssembly while a worker starts. The
// servers are here.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Adapter } from "../adapters/adapter.js";
import { Recorder } from "../adapters/recorder.js";
import { type Case, Scene, switching } from "../adapters/scene.js";
import { SUITE } from "../adapters/suite.js";
import { eventually } from "../adapters/until.js";
import { certificate } from "../support/certificate.js";
import type { Program } from "../support/program.js";
import { distModules, serveWorker, workerdEntry } from "../support/workerd.js";
import { kernelThere, workerdAdapter } from "./workerd-adapter.js";

/** What can't be seen from outside of the worker, or is said in other words there. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // workerd's errors have no code.
  "connect() fails: nobody listens",
  "connect() fails: the server resets the connection",
  // Handlers run here, and what they throw stays here.
  "connect(): an open() that throws ends the connection with 1011",
  // Its TLS is configured for the whole worker.
  "no redirect leads from TLS to plain text",
  // There are no Unix sockets.
  "a redirect on a Unix socket stays on it",
]);

/** The cases in which only a client is ours. */
const CLIENTS: Readonly<Record<string, readonly Case[]>> = {
  "opening handshake of a client": casesOf("opening handshake of a client"),
  "informational answers": casesOf("informational answers", /^(?!.*proxy)/),
  "refusals of a client": casesOf("refusals of a client", /^(?!.*(proxy|something breaks))/),
  connect: casesOf("connect"),
  redirects: casesOf("redirects"),
  closing: casesOf("closing", /client/),
  keepalive: casesOf("keepalive", /client/),
};

function casesOf(title: string, name = /(?:)/): readonly Case[] {
  const found = (SUITE[title] ?? []).filter((each) => name.test(each.name) && !LEFT_OUT.has(each.name));
  assert.ok(found.length > 0, title);
  return found;
}

/** With it a worker gives wsimd the kernel as a module. */
const PROVIDING = `import simd from "./dist/kernel/generated/simd.wasm";
import { provideKernel } from "./dist/index.js";
provideKernel("simd", simd);
`;

describe.each([
  ["2025-05-31", PROVIDING],
  ["2025-06-01", ""],
])("wsimd/workerd, compatibility date %s", (date, providing) => {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-workerd-"));
  const tls = certificate();
  let program: Program;
  let adapter: Adapter;

  beforeAll(async () => {
    const client = readFileSync(new URL("workerd-client.js", import.meta.url), "utf8");
    const compressing = 'import "./dist/deflate/index.workerd.js";\n';
    const entry = { name: "worker.js", bytes: Buffer.from(providing + compressing + client) };
    const modules = [entry, ...distModules("dist"), workerdEntry("dist")];
    const served = await serveWorker(folder, date, modules, tls.cert);
    program = served.program;
    adapter = workerdAdapter(served.port);
  });

  afterAll(async () => {
    // Asked to end it would wait for its connections.
    program.signal("SIGKILL");
    await program.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(Object.entries(CLIENTS))("%s", (_, cases) => {
    for (const each of cases) test(each.name, () => Scene.run(adapter, each));
  });

  /** Runs a case of workerd's own. */
  const inScene = (run: Case["run"]): Promise<void> => Scene.run(adapter, { name: "workerd's own", run });

  test("nobody listens: workerd's error says so", () =>
    inScene(async (scene) => {
      await assert.rejects(scene.connect("ws://127.0.0.1:1/"), /cannot connect/);
    }));

  test.each([
    ["ws:", {}],
    ["wss:", { tls }],
  ])("messages of all sizes, both ways, over %s, by the fastest kernel", (scheme, options) =>
    inScene(async (scene) => {
      const { server, recorder } = await scene.echo(options);
      const ours = new Recorder();
      // The name that the certificate is for.
      const socket = await scene.connect(`${scheme}//localhost:${server.port}/`, {}, ours);
      assert.equal(kernelThere(socket), "simd");
      const messages = ["", "grüß dich", "x".repeat(70_000), new Uint8Array(300), new Uint8Array(400_000)];
      for (const message of messages) socket.send(message);
      await ours.until("message", messages.length);
      for (const [i, message] of messages.entries()) assert.deepEqual(ours.messages[i], bytesOrText(message));
      socket.close(3001, "bye");
      assert.equal(await recorder.closed(), 'close 3001 "bye" clean');
      assert.equal(await ours.closed(), "close 3001 clean");
    }),
  );

  test("compression works where a worker imports wsimd/deflate, and may compile when it starts", () =>
    inScene(async (scene) => {
      const { server, recorder } = await scene.echo({ compression: true });
      const ours = new Recorder();
      const url = `ws://localhost:${server.port}/`;
      const socket = await scene.connect(url, { compression: true }, ours);
      assert.equal(socket.extensions.startsWith("permessage-deflate"), providing === "");
      const text = "grüß dich, ".repeat(1_000);
      for (const message of [text, text, new Uint8Array(70_000)]) socket.send(message);
      await ours.until("message", 3);
      assert.deepEqual(ours.messages, [text, text, new Uint8Array(70_000)].map(bytesOrText));
      assert.equal(recorder.socket.extensions, socket.extensions);
    }));

  test("a client connects again", () =>
    inScene(async (scene) => {
      const raw = await scene.rawServer(async (peer) => {
        await peer.write(switching(await peer.head()));
        if (raw.peers.length === 1) peer.end();
      });
      const attempts: number[] = [];
      const waits: number[] = [];
      const options = { reconnect: { minDelayMs: 1, maxDelayMs: 60_000 } };
      const socket = await scene.connect(raw.url, options, {
        open: (_, { attempt }) => void attempts.push(attempt),
        reconnecting: ({ delayMs }) => void waits.push(delayMs),
      });
      await eventually(() => attempts.length === 2, "the second connection");
      assert.deepEqual(attempts, [0, 1]);
      assert.equal(waits.length, 1);
      socket.send("again");
      const [frame] = (await raw.peers[1]?.frames(1)) ?? [];
      assert.equal(Buffer.from(frame?.payload ?? []).toString(), "again");
    }));

  test("one connection's time-outs do not depend on the request that another belongs to", () =>
    inScene(async (scene) => {
      const raw = await scene.wsServer();
      const timeouts = { pingIntervalMs: 300, pingTimeoutMs: 10_000 };
      const first = await scene.connect(raw.url, { timeouts });
      const second = new Recorder();
      await scene.connect(raw.url, { timeouts }, second);
      first.terminate();
      const [ping] = (await raw.peers[1]?.frames(1)) ?? [];
      assert.equal(ping?.opcode, 9);
    }));
});

function bytesOrText(message: string | Uint8Array): string | Buffer {
  return typeof message === "string" ? message : Buffer.from(message);
}
