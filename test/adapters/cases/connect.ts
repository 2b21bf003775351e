// Cases: what `connect` refuses, how it is aborted, and its handlers.
import assert from "node:assert/strict";
import type { DialOptions } from "../adapter.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { eventually, turns } from "../until.js";
import { answering, failure } from "./dial.js";

export const connectCases: readonly Case[] = [
  {
    name: "connect() refuses URLs that are none of WebSocket's, without a connection",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const undecodable = ["%zz:x@", "x:%zz@", "x:%ff@"].map((user) => server.url.replace("//", `//${user}`));
      const urls = ["ftp://x/", "nonsense", "ws://", `${server.url}#part`, "ws+unix:", "ws+unix:/%zz", ""];
      for (const url of [...urls, ...undecodable]) {
        assert.equal((await failure(scene, url)).name, "TypeError", url);
      }
      await turns();
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() refuses headers, subprotocols and origins that can't be sent, without a connection",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const wrong: DialOptions[] = [
        { headers: { X: "a\r\nSet-Cookie: b" } },
        { headers: { X: "a\nb" } },
        { headers: { "X\r\nY": "a" } },
        { headers: { X: "€" } },
        { headers: { "Sec-WebSocket-Key": "x" } },
        { headers: { Host: "evil" } },
        { protocols: ["a b"] },
        { protocols: ["a", "a"] },
        { protocols: ["a\r\nX: y"] },
        { origin: "https://x\r\nX: y" },
      ];
      for (const options of wrong) {
        assert.equal((await failure(scene, server.url, options)).name, "TypeError", JSON.stringify(options));
      }
      const limits = { maxFragments: 0 };
      assert.equal((await failure(scene, server.url, { limits })).name, "RangeError");
      const kernel: "js" = JSON.parse('"fast"');
      assert.equal((await failure(scene, server.url, { kernel })).name, "RangeError");
      await turns(10);
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() with a signal that is aborted already never connects",
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      assert.equal((await failure(scene, server.url, { signal })).message, "no longer wanted");
      await turns();
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "connect() with a signal that aborts it while it waits for an answer",
    async run(scene) {
      const control = new AbortController();
      const server = await scene.rawServer(async (peer) => {
        await peer.head();
        control.abort(new Error("no longer wanted"));
      });
      const listeners = counting(control.signal);
      const error = await failure(scene, server.url, { signal: control.signal });
      assert.equal(error.message, "no longer wanted");
      await server.peers[0]?.gone();
      assert.equal(listeners(), 0);
    },
  },
  {
    name: "connect() leaves no listener on its signal, and an abort later changes nothing",
    async run(scene) {
      const control = new AbortController();
      const listeners = counting(control.signal);
      const server = await scene.wsServer();
      const socket = await scene.connect(server.url, { signal: control.signal });
      assert.equal(listeners(), 0);
      control.abort();
      await turns();
      assert.equal(socket.state, "open");
      const refusing = await answering(scene, () => "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
      const other = new AbortController();
      const left = counting(other.signal);
      await failure(scene, refusing.url, { signal: other.signal });
      await failure(scene, "ws://127.0.0.1:1/", { signal: other.signal });
      await failure(scene, server.url, { signal: other.signal, headers: { X: "\n" } });
      assert.equal(left(), 0);
    },
  },
  {
    name: "connect(): an open() that throws ends the connection with 1011",
    async run(scene) {
      const server = await scene.wsServer();
      const recorder = new Recorder({
        open() {
          throw new Error("mine");
        },
      });
      await scene.connect(server.url, {}, recorder);
      const [frame] = (await server.peers[0]?.frames(1)) ?? [];
      assert.equal(Buffer.from(frame?.payload ?? []).toString("hex"), "03f3");
      server.peers[0]?.end();
      assert.equal(await recorder.closed(), "close 1006 INTERNAL");
      assert.deepEqual(recorder.errors.map(String), ["Error: mine"]);
    },
  },
  {
    name: "connect() works without any handlers",
    async run(scene) {
      const theirs = new Recorder();
      const server = await scene.serve({}, theirs);
      const socket = await scene.connect(server.url);
      socket.send("alone");
      await theirs.until("message");
      theirs.socket.send("nobody listens");
      theirs.socket.close(1000);
      await eventually(() => socket.state === "closed", "the end");
    },
  },
];

/** Counts the listeners that a signal has. */
function counting(signal: AbortSignal): () => number {
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: unknown[]) {
      listeners.add(args[1]);
      return Reflect.apply(addEventListener, signal, args);
    },
    removeEventListener(...args: unknown[]) {
      listeners.delete(args[1]);
      return Reflect.apply(removeEventListener, signal, args);
    },
  });
  return () => listeners.size;
}
