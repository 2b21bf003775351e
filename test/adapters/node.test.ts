// The suite of adapters on Node, and the choice of the read path.
import assert from "node:assert/strict";
import { type Server, Socket } from "node:net";
import { afterEach, describe, test, vi } from "vitest";
import type { ListeningServer } from "../../src/adapter/server/listening.js";
import { socketInternals } from "../../src/adapter/socket/internals.js";
import { serve } from "../../src/node/index.js";
import type { ConnectionHandle } from "../../src/node/internals/bare-handle.js";
import { tryInternals } from "../../src/node/internals/trial.js";
import { INTERNALS, nodeAdapter, REUSES_PORTS } from "./node-adapter.js";
import { masked } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { SUITE } from "./suite.js";

for (const internals of INTERNALS) {
  const adapter = nodeAdapter(internals);
  describe(`wsimd/node, reading by ${internals}`, () => {
    for (const [title, cases] of Object.entries(SUITE)) {
      describe(title, () => {
        for (const each of cases) {
          if (each.needs?.every((need) => adapter.capabilities.has(need)) === false) continue;
          test(each.name, () => Scene.run(adapter, each));
        }
      });
    }
  });
}

/** On other systems, such as Windows, the private parts of Node may differ: a trial decides whether they are used. */
const KNOWN = process.platform === "linux" || process.platform === "darwin";

describe("the read path", () => {
  for (const [asked, taken] of [
    ["off", "stream"],
    ["on", "direct"],
    // On these systems Node has what that needs; where a trial shows otherwise, it is "stream".
    ...(KNOWN ? ([["auto", "direct"]] as const) : []),
  ] as const) {
    test(`${asked} reads by ${taken}, and writes likewise, from the first read behind the handshake`, () =>
      Scene.run(nodeAdapter("off"), {
        name: asked,
        async run(scene) {
          const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
          const server = await serve({ host: "127.0.0.1", internals: asked }, recorder);
          await tryInternals();
          scene.after(() => server.close({ timeoutMs: 1 }));
          const peer = await scene.client(server);
          const streamed = vi.spyOn(Socket.prototype, "_write");
          scene.after(() => streamed.mockRestore());
          await peer.write(masked("81 01 | 'a'"));
          await peer.expect("81 01 'a'");
          assert.equal(socketInternals(recorder.socket).readPath, taken);
          // The peer's own write is the other one.
          const answers = streamed.mock.calls.filter(([chunk]) => chunk[0] === 0x81 && chunk[1] === 1);
          assert.equal(answers.length, taken === "stream" ? 1 : 0, "writes by way of the stream");
        },
      }));
  }

  test("that there is none of is refused", () =>
    assert.rejects(serve({ internals: JSON.parse('"fast"') }, {}), RangeError));
});

if (!REUSES_PORTS)
  test("a Node without reusePort refuses it, and says which has it", () =>
    assert.rejects(serve({ reusePort: true }, {}), /reusePort needs Node 22\.12 or 23\.1/));

describe("the trial of the read path", () => {
  if (KNOWN)
    test("finds that this Node has all that it looks for", async () => {
      const { tryInternals } = await import("../../src/node/internals/trial.js");
      assert.deepEqual(await tryInternals(), { reads: true, writes: true, handles: true });
    });

  afterEach(() => {
    vi.doUnmock("node:net");
    vi.doUnmock("../../src/node/internals/bare-handle.js");
    vi.resetModules();
  });

  test("gives up where the loopback never answers", async () => {
    vi.resetModules();
    const net = await vi.importActual<typeof import("node:net")>("node:net");
    // A socket that never connects.
    vi.doMock("node:net", () => ({ ...net, connect: () => new net.Socket() }));
    const { tryInternals } = await import("../../src/node/internals/trial.js");
    assert.deepEqual(await tryInternals(), { reads: false, writes: false, handles: false });
  });

  test.each(["setNoDelay", "useUserBuffer", "readStart"])(
    "finds that handles can't be taken where %s of theirs throws",
    async (name) => {
      vi.resetModules();
      await breakHandles(name, () => true);
      const { tryInternals } = await import("../../src/node/internals/trial.js");
      assert.deepEqual(await tryInternals(), { reads: true, writes: true, handles: false });
    },
  );

  test("finds that it does not work where the loopback can't be connected to", async () => {
    vi.resetModules();
    const net = await vi.importActual<typeof import("node:net")>("node:net");
    vi.doMock("node:net", () => ({
      ...net,
      // Refused at once: a real refusal takes Windows two seconds.
      connect: () => new net.Socket().destroy(new Error("connect ECONNREFUSED")),
    }));
    const { tryInternals, whatWorks } = await import("../../src/node/internals/trial.js");
    const nothing = { reads: false, writes: false, handles: false };
    const start = performance.now();
    assert.deepEqual(await tryInternals(), nothing);
    assert.ok(performance.now() - start < 1_000, "it does not wait for what won't come");
    assert.deepEqual(whatWorks(), nothing);
  });
});

describe("while the trial goes on", () => {
  afterEach(() => vi.resetModules());

  /** A server of a process in which none was before. */
  async function first(scene: Scene, recorder: Recorder): Promise<ListeningServer> {
    vi.resetModules();
    const { serve } = await import("../../src/node/index.js");
    const { whatWorks } = await import("../../src/node/internals/trial.js");
    const server = await serve({ host: "127.0.0.1" }, recorder);
    scene.after(() => server.close({ timeoutMs: 1 }));
    assert.equal(whatWorks(), undefined, "the server listens before the trial is over");
    return server;
  }

  test("a client waits, and is then read in the way that was found", () =>
    Scene.run(nodeAdapter("off"), {
      name: "early",
      async run(scene) {
        const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
        const server = await first(scene, recorder);
        const peer = await scene.client(server);
        await peer.write(masked("81 01 | 'a'"));
        await peer.expect("81 01 'a'");
        const { socketInternals } = await import("../../src/node/index.js");
        assert.equal(socketInternals(recorder.socket).readPath, KNOWN ? "direct" : "stream");
      },
    }));

  test("a client may leave, and the server may close", () =>
    Scene.run(nodeAdapter("off"), {
      name: "left",
      async run(scene) {
        const recorder = new Recorder();
        const server = await first(scene, recorder);
        const [leaving, staying] = [await scene.raw(server), await scene.raw(server)];
        leaving.reset();
        await server.close({ timeoutMs: 1 });
        await staying.gone();
        assert.deepEqual(recorder.log, []);
      },
    }));
});

/** Has a method of the handles that servers take throw, while it is to. */
async function breakHandles(name: string, broken: () => boolean): Promise<void> {
  const { takeConnections } = await import("../../src/node/internals/bare-handle.js");
  const take = (server: Server, accept: (handle: ConnectionHandle) => void): boolean =>
    takeConnections(server, (handle) => {
      if (broken())
        Reflect.set(handle, name, () => {
          throw new Error(`no ${name}`);
        });
      accept(handle);
    });
  vi.doMock("../../src/node/internals/bare-handle.js", async (actual) => ({
    ...(await actual<object>()),
    takeConnections: take,
  }));
}

describe("a connection that can't be accepted", () => {
  afterEach(() => {
    vi.doUnmock("../../src/node/internals/bare-handle.js");
    vi.resetModules();
  });

  test.each(["getpeername", "setNoDelay", "useUserBuffer", "readStart"])(
    "because %s throws is closed and reported, and no other",
    (name) =>
      Scene.run(nodeAdapter("on"), {
        name,
        async run(scene) {
          vi.resetModules();
          let broken = false;
          await breakHandles(name, () => broken);
          const { serve } = await import("../../src/node/index.js");
          const { tryInternals } = await import("../../src/node/internals/trial.js");
          const recorder = new Recorder();
          const server = await serve({ host: "127.0.0.1" }, recorder);
          scene.after(() => server.close({ timeoutMs: 1 }));
          await tryInternals();
          const before = await scene.client(server);
          broken = true;
          await (await scene.raw(server)).gone();
          await recorder.until("error");
          broken = false;
          await scene.client(server);
          await before.write(masked("89 00 |"));
          await before.expect("8a 00");
          assert.deepEqual(recorder.log, ["open", `error Error: no ${name}`, "open", "ping"]);
        },
      }),
  );
});
