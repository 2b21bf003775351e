// Cases: the hook `upgrade`, its verdicts and its errors.
import assert from "node:assert/strict";
import type { HandshakeRequest, UpgradeResult } from "../../../src/adapter/server/options.js";
import { masked, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { eventually, turns } from "../until.js";

/** A verdict that a test gives when it wants to. */
class Later {
  readonly asked: HandshakeRequest[] = [];
  readonly #pending: { resolve(verdict: UpgradeResult): void; reject(error: unknown): void }[] = [];

  readonly upgrade = (asked: HandshakeRequest): Promise<UpgradeResult> => {
    this.asked.push(asked);
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  };

  async pending(): Promise<void> {
    await eventually(() => this.#pending.length > 0, "upgrade to be called");
  }

  async resolve(verdict: UpgradeResult): Promise<void> {
    await this.pending();
    this.#pending.shift()?.resolve(verdict);
  }

  async reject(error: unknown): Promise<void> {
    await this.pending();
    this.#pending.shift()?.reject(error);
  }
}

/** The answer's head to a request, and what follows it until the end if it is a refusal. */
async function answer(
  scene: Scene,
  upgrade: (request: HandshakeRequest) => UpgradeResult | Promise<UpgradeResult>,
  recorder = new Recorder(),
): Promise<string> {
  const server = await scene.serve({ upgrade }, recorder);
  const peer = await scene.raw(server);
  await peer.write(request({ "Sec-WebSocket-Protocol": "a, b", Cookie: "id=7" }));
  const head = await peer.head();
  if (head.startsWith("HTTP/1.1 101")) return head;
  await eventually(() => peer.ended, "the end");
  const { text } = peer;
  peer.end();
  await peer.gone();
  return head + text;
}

const SYNC_AND_ASYNC = [
  { how: "at once", give: (verdict: UpgradeResult): UpgradeResult | Promise<UpgradeResult> => verdict },
  {
    how: "later",
    give: async (verdict: UpgradeResult): Promise<UpgradeResult> => {
      await turns(2);
      return verdict;
    },
  },
];

export const upgradeCases: readonly Case[] = [
  {
    name: "upgrade gets the request",
    async run(scene) {
      let asked: HandshakeRequest | undefined;
      await answer(scene, (seen) => {
        asked = seen;
        return undefined;
      });
      assert.equal(asked?.path, "/chat");
      assert.equal(asked?.headers.get("cookie"), "id=7");
      assert.deepEqual(asked?.protocols, ["a", "b"]);
      assert.equal(asked?.remoteAddress, "127.0.0.1");
    },
  },
  ...SYNC_AND_ASYNC.flatMap(({ how, give }): Case[] => [
    {
      name: `upgrade accepts ${how}: with protocol, headers and data`,
      async run(scene) {
        const recorder = new Recorder();
        const verdict = { protocol: "b", headers: { "Set-Cookie": "x=1" }, data: { user: 7 } };
        const head = await answer(scene, () => give(verdict), recorder);
        assert.match(head, /\r\nSec-WebSocket-Protocol: b\r\n/);
        assert.match(head, /\r\nSet-Cookie: x=1\r\n/);
        await recorder.until("open");
        assert.deepEqual(recorder.socket.data, { user: 7 });
        assert.equal(recorder.socket.protocol, "b");
      },
    },
    {
      name: `upgrade accepts ${how}: by saying nothing`,
      async run(scene) {
        assert.match(await answer(scene, () => give(undefined)), /^HTTP\/1\.1 101 /);
      },
    },
    {
      name: `upgrade refuses ${how}: with status, headers and body`,
      async run(scene) {
        const verdict = { status: 401, headers: { "WWW-Authenticate": "Basic" }, body: "who are you?" };
        const recorder = new Recorder();
        const text = await answer(scene, () => give(verdict), recorder);
        assert.match(text, /^HTTP\/1\.1 401 Unauthorized\r\n/);
        assert.match(text, /\r\nWWW-Authenticate: Basic\r\n/);
        assert.match(text, /\r\n\r\nwho are you\?$/);
        assert.deepEqual(recorder.log, []);
      },
    },
    {
      name: `a verdict ${how} that can't be sent is 500, and the error handler knows`,
      async run(scene) {
        const wrong: UpgradeResult[] = [
          { protocol: "not offered" },
          { headers: { X: "a\r\nSet-Cookie: b" } },
          { headers: { X: "\u20ac" } },
          { headers: { "Sec-WebSocket-Accept": "x" } },
          { status: 200 },
          { status: 403, headers: { X: "a\nb" } },
        ];
        for (const verdict of wrong) {
          const recorder = new Recorder();
          const text = await answer(scene, () => give(verdict), recorder);
          assert.match(text, /^HTTP\/1\.1 500 /, JSON.stringify(verdict));
          assert.doesNotMatch(text, /Set-Cookie|not offered/, "nothing of it is sent");
          assert.deepEqual(
            recorder.log.map((line) => line.slice(0, 5)),
            ["error"],
            JSON.stringify(verdict),
          );
        }
      },
    },
    {
      name: `upgrade that throws ${how} is 500, and the error handler knows`,
      async run(scene) {
        const recorder = new Recorder();
        const text = await answer(
          scene,
          () => {
            if (how === "at once") throw new Error("secret");
            return Promise.reject(new Error("secret"));
          },
          recorder,
        );
        assert.match(text, /^HTTP\/1\.1 500 /);
        assert.doesNotMatch(text, /secret/);
        assert.deepEqual(recorder.log, ["error Error: secret"]);
      },
    },
  ]),
  {
    name: "data makes that of each socket for which upgrade gives none",
    async run(scene) {
      const recorder = new Recorder();
      let made = 0;
      const server = await scene.serve(
        {
          data: () => ({ made: ++made }),
          upgrade: ({ path }) => (path === "/own" ? { data: undefined } : {}),
        },
        recorder,
      );
      for (const target of ["/", "/own", "/"])
        await scene.client(server, request({}, `GET ${target} HTTP/1.1`));
      await recorder.until("open", 3);
      const found = recorder.calls.map(({ socket }) => socket?.data);
      assert.deepEqual(found, [{ made: 1 }, undefined, { made: 2 }]);
    },
  },
  {
    name: "data that throws is 500, and the error handler knows",
    async run(scene) {
      const recorder = new Recorder();
      const data = (): never => {
        throw new Error("secret");
      };
      const server = await scene.serve({ data }, recorder);
      const peer = await scene.raw(server);
      await peer.write(request());
      assert.match(await peer.head(), /^HTTP\/1\.1 500 /);
      assert.deepEqual(recorder.log, ["error Error: secret"]);
      const ours = new Recorder();
      const open = await scene.serve({}, {});
      await assert.rejects(scene.connect(open.url, { data }, ours), /secret/);
      assert.deepEqual(ours.log, []);
    },
  },
  {
    name: "an error handler that throws or rejects over a failed upgrade harms no other connection",
    async run(scene) {
      const written: unknown[] = [];
      const { error: original } = console;
      console.error = (...all: unknown[]) => void written.push(...all);
      scene.after(() => {
        console.error = original;
      });
      for (const error of [
        () => {
          throw new Error("again");
        },
        () => Promise.reject(new Error("again")),
      ]) {
        const recorder = new Recorder({ error });
        const text = await answer(scene, () => Promise.reject(new Error("first")), recorder);
        assert.match(text, /^HTTP\/1\.1 500 /);
        await turns();
      }
      assert.deepEqual(written.map(String), ["Error: again", "Error: again"]);
    },
  },
  {
    name: "frames that come while upgrade is thinking are handled once it has decided",
    async run(scene) {
      const later = new Later();
      const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
      const server = await scene.serve({ upgrade: later.upgrade }, recorder);
      const peer = await scene.raw(server);
      await peer.write(request(), masked("81 01 | 'a'"));
      await later.pending();
      const stream = masked("81 01 | 'b'", "82 7e 13 88 | 11*5000", "81 01 | 'c'");
      for (let at = 0; at < stream.length; at += 500) await peer.write(stream.subarray(at, at + 500));
      await turns();
      assert.deepEqual(recorder.log, []);
      await later.resolve({});
      await peer.head();
      await peer.expect("81 01 'a' 81 01 'b' 82 7e 13 88 11*5000 81 01 'c'");
      assert.equal(recorder.log[0], "open");
    },
  },
  {
    name: "a client that sends much while upgrade is thinking is made to wait",
    needs: ["pause"],
    async run(scene) {
      const later = new Later();
      const recorder = new Recorder();
      const server = await scene.serve({ upgrade: later.upgrade }, recorder);
      const peer = await scene.raw(server);
      await peer.write(request());
      await later.pending();
      const chunk = masked(`82 7f 00 00 00 00 00 10 00 00 | ${"00"}*1048576`);
      let taken = 0;
      for (let i = 0; i < 24; i++) void peer.write(chunk).then(() => taken++);
      await turns(50);
      assert.ok(taken < 24, "not all of it was read");
      await later.resolve({});
      await recorder.until("message", 24);
    },
  },
  {
    name: "a client that vanishes while upgrade is thinking is forgotten at once",
    needs: ["tcp"],
    async run(scene) {
      const later = new Later();
      const recorder = new Recorder();
      const options = { upgrade: later.upgrade, timeouts: { handshakeMs: Number.POSITIVE_INFINITY } };
      const server = await scene.serve(options, recorder);
      const before = scene.adapter.openSockets();
      for (const leave of ["reset", "end"] as const) {
        const peer = await scene.raw(server);
        await peer.write(request(), masked("81 01 | 'a'"));
        await later.pending();
        peer[leave]();
        await peer.gone();
        await eventually(() => scene.adapter.openSockets() <= before, "the socket to be closed");
        await later.resolve({ data: "too late" });
      }
      await turns();
      assert.deepEqual(recorder.log, []);
      assert.equal(server.connections.size, 0);
    },
  },
  {
    name: "upgrade that never decides is 503 when the handshake's time is up",
    async run(scene) {
      const later = new Later();
      const recorder = new Recorder();
      const options = { upgrade: later.upgrade, timeouts: { handshakeMs: 100, closeMs: 100 } };
      const server = await scene.serve(options, recorder);
      const peer = await scene.raw(server);
      await peer.write(request());
      assert.match(await peer.head(), /^HTTP\/1\.1 503 /);
      await peer.gone();
      await later.resolve({});
      const other = await scene.raw(server);
      await other.write(request());
      await other.gone();
      await later.reject(new Error("late"));
      await turns();
      assert.deepEqual(recorder.log, ["error Error: late"]);
      assert.equal(server.connections.size, 0);
    },
  },
  {
    name: "server.close() from inside of upgrade: the client gets 503",
    async run(scene) {
      const recorder = new Recorder();
      let closed: Promise<void> | undefined;
      const server = await scene.serve(
        {
          upgrade() {
            closed = server.close({ timeoutMs: 60_000 });
            return { data: "too late" };
          },
        },
        recorder,
      );
      const peer = await scene.raw(server);
      await peer.write(request());
      assert.match(await peer.head(), /^HTTP\/1\.1 503 /);
      await peer.gone();
      await closed;
      assert.deepEqual(recorder.log, []);
    },
  },
  {
    name: "server.close() while upgrade is thinking: nothing opens any more",
    async run(scene) {
      const later = new Later();
      const recorder = new Recorder();
      const server = await scene.serve({ upgrade: later.upgrade }, recorder);
      const peer = await scene.raw(server);
      await peer.write(request());
      await later.pending();
      const closed = server.close({ timeoutMs: 60_000 });
      await later.resolve({});
      await closed;
      await peer.gone();
      await turns();
      assert.deepEqual(recorder.log, []);
    },
  },
];
