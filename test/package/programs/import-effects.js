// Imports an entry of the package and shows, as JSON, what that changed in the process, for `process-effects.test.ts`:
//
//     node import-effects.js import|require ENTRY
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { setImmediate as turn } from "node:timers/promises";
// Node 20 replaces process.chdir when this is loaded.
import "node:worker_threads";

const [how, entry = ""] = process.argv.slice(2);
/** A number for each value of a property. @type {Map<unknown, number>} */
const seen = new Map();
/** @type {number[]} */
const blocks = [];
const { allocUnsafeSlow } = Buffer;
Buffer.allocUnsafeSlow = (size) => {
  blocks.push(size);
  return allocUnsafeSlow(size);
};
let timers = 0;
for (const name of /** @type {const} */ (["setTimeout", "setInterval", "setImmediate"])) {
  const set = globalThis[name];
  Reflect.set(globalThis, name, (/** @type {unknown[]} */ ...args) => {
    timers++;
    return Reflect.apply(set, undefined, args);
  });
}

// Node 20 defines these when they are read for the first time.
void [globalThis.TextEncoder, globalThis.TextDecoder];
await turn();
const before = look();
const memoryBefore = process.memoryUsage();
if (how === "require") createRequire(import.meta.url)(entry);
else await import(entry);
const atOnce = look();
const memory = process.memoryUsage();
for (let i = 0; i < 5; i++) await turn();
console.log(
  JSON.stringify({
    before,
    atOnce,
    later: look(),
    timers,
    blocks,
    arrayBuffers: memory.arrayBuffers - memoryBefore.arrayBuffers,
    rss: memory.rss - memoryBefore.rss,
  }),
);

/** What the whole process shares. */
function look() {
  const shared = { globalThis, process, Buffer, net };
  const prototypes = [
    Object,
    Array,
    Uint8Array,
    Buffer,
    EventEmitter,
    net.Socket,
    net.Server,
    HttpServer,
  ].map(({ prototype }) => /** @type {const} */ ([prototype.constructor.name, prototype]));
  return {
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`),
    // What reads the files of the import is gone in the next turn.
    resources: process.getActiveResourcesInfo().filter((name) => !/^(FSReq|CloseReq)/.test(name)),
    members: [...Object.entries(shared), ...prototypes].flatMap(([name, holder]) => membersOf(name, holder)),
  };
}

/**
 * Each property with a number that is the same as long as the property is.
 * @param {string} holderName
 * @param {object} holder
 */
function membersOf(holderName, holder) {
  return Reflect.ownKeys(holder).map((key) => {
    const { value, get } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
    const content = typeof value === "object" || typeof value === "function" ? value : get;
    if (!seen.has(content)) seen.set(content, seen.size);
    return `${holderName}.${String(key)} ${seen.get(content)}`;
  });
}
