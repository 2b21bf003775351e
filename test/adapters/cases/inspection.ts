// What can be seen of the objects that an application holds: their own public state, and nothing of other connections.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { masked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";

const SECRET = "B-SECRET-PASSWORD";

/** The public interface of a socket. */
const SOCKET_MEMBERS = [
  "bufferedAmount",
  "close",
  "compression",
  "constructor",
  "data",
  "extensions",
  "flush",
  "id",
  "pause",
  "ping",
  "pong",
  "protocol",
  "remoteAddress",
  "response",
  "resume",
  "role",
  "send",
  "sendFragment",
  "sendStream",
  "state",
  "subscribe",
  "terminate",
  "topics",
  "unsubscribe",
];

/** A server with two clients, of which the second has sent secrets in each form, and has one waiting to be sent. */
async function crowd(scene: Scene): Promise<{ recorder: Recorder; server: unknown; objects: unknown[] }> {
  const recorder = new Recorder();
  const server = await scene.serve({}, recorder);
  await scene.client(server);
  const second = await scene.client(server);
  await second.write(
    masked(`81 11 | '${SECRET}'`, `82 11 | '${SECRET}'`, `89 11 | '${SECRET}'`, `01 11 | '${SECRET}'`),
  );
  await recorder.until("ping");
  await scene.connections(server, 2);
  const [alice, bob] = server.connections.values();
  bob?.send(SECRET);
  return { recorder, server, objects: [alice] };
}

/** Everything that reflection reaches from an object: own and inherited properties, getters, entries of collections. */
function reachable(root: unknown): Set<unknown> {
  const seen = new Set<unknown>();
  const queue: unknown[] = [root];
  for (let value = queue.pop(); value !== undefined || queue.length > 0; value = queue.pop()) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) {
      if (typeof value === "string") seen.add(value);
      continue;
    }
    seen.add(value);
    if (value instanceof Map || value instanceof Set) queue.push(...[...value].flat());
    // The language's own objects lead to everything that a program has.
    for (let at: unknown = value; isForeign(at); at = Object.getPrototypeOf(at)) {
      for (const key of Reflect.ownKeys(at)) queue.push(read(at, key, value));
    }
  }
  return seen;
}

function isForeign(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return ![Object.prototype, Function.prototype, Map.prototype, Array.prototype].some(
    (each) => each === value,
  );
}

function read(holder: object, key: PropertyKey, receiver: unknown): unknown {
  try {
    return Reflect.get(holder, key, receiver);
  } catch {
    return undefined;
  }
}

function assertSecretFree(root: unknown, what: string): void {
  const { memory } = sharedWorkspace().linear.kernel;
  for (const value of reachable(root)) {
    if (typeof value === "string") assert.ok(!value.includes(SECRET), `${what}: a string`);
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
    if (!(bytes instanceof Uint8Array)) continue;
    assert.notEqual(bytes.buffer, memory.buffer, `${what}: linear memory`);
    assert.ok(!Buffer.from(bytes).includes(SECRET), `${what}: bytes`);
  }
}

export const inspectionCases: readonly Case[] = [
  {
    name: "inspecting a socket shows its own public state and nothing of other connections",
    async run(scene) {
      const { objects } = await crowd(scene);
      for (const object of objects) {
        for (const options of [{}, { showHidden: true, depth: 20, getters: true, showProxy: true }]) {
          const shown = inspect(object, { ...options, maxArrayLength: 100, maxStringLength: 10_000 });
          assert.ok(!shown.includes(SECRET), shown);
          assert.ok(shown.length < 1_000, `${shown.length} characters`);
        }
        const json = JSON.stringify(object);
        assert.deepEqual(Object.keys(JSON.parse(json)).sort(), [
          "extensions",
          "id",
          "protocol",
          "remoteAddress",
          "role",
        ]);
        assert.deepEqual(JSON.parse(JSON.stringify(structuredClone(object))), JSON.parse(json));
        assertSecretFree(object, "socket");
      }
    },
  },
  {
    name: "a socket has the members of its interface and no others",
    async run(scene) {
      const { objects } = await crowd(scene);
      const [socket] = objects;
      const names = new Set<PropertyKey>();
      for (let at: unknown = socket; isForeign(at); at = Object.getPrototypeOf(at))
        for (const key of Reflect.ownKeys(at)) names.add(key);
      const isNamed = (key: unknown): boolean => typeof key === "string";
      assert.deepEqual([...names].filter(isNamed).sort(), SOCKET_MEMBERS);
      assert.deepEqual(
        [...names].filter((key) => !isNamed(key)),
        [Symbol.asyncDispose],
      );
    },
  },
  {
    name: "a server shows its public state: no memory, no handlers, no options",
    async run(scene) {
      const { server } = await crowd(scene);
      const shown = inspect(server, { showHidden: true, depth: 20, getters: true });
      assert.ok(!shown.includes(SECRET), shown);
      assertSecretFree(server, "server");
    },
  },
  {
    name: "close events and errors lead to no other connection",
    needs: ["tcp"],
    async run(scene) {
      const { recorder, server } = await crowd(scene);
      assert.ok(server);
      const [first] = recorder.calls;
      first?.socket?.close(4000, "over");
      const fresh = new Recorder({
        message() {
          throw new Error("mine");
        },
      });
      const other = await scene.serve({}, fresh);
      const peer = await scene.client(other);
      await peer.write(masked("81 01 | 'x'"));
      await fresh.until("error");
      peer.reset();
      await fresh.until("close");
      for (const event of fresh.closes) assertSecretFree(event, "close event");
      for (const error of fresh.errors) assertSecretFree(error, "error");
    },
  },
];
