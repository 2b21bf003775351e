// Imports all entries and prints which of their exports differ between entries, or have another name than their function,
// and how many instances of the kernel come of using several, for `entries.test.ts`:
//
//     node shared-parts.js require FOLDER ENTRY…
//     node shared-parts.js import "" ENTRY…
import { createRequire } from "node:module";

const [how, folder = "", ...entries] = process.argv.slice(2);
const require = createRequire(import.meta.url);

let instances = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    instances++;
    return Reflect.construct(target, args);
  },
});

/** Each runtime's own. */
const OWN = new Set(["attach", "connect", "createServer", "serve"]);
/** @type {Map<string, unknown>} */
const values = new Map();
/** @type {string[]} */
const several = [];
/** @type {string[]} */
const renamed = [];
/** @type {Record<string, Record<string, any>>} */
const loaded = {};
for (const entry of entries) {
  const exports = how === "require" ? require(folder + entry) : await import(entry);
  loaded[entry] = exports;
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === "function" && value.name !== name) renamed.push(`${entry} ${name}: ${value.name}`);
    if (OWN.has(name)) continue;
    if (values.has(name) && values.get(name) !== value) several.push(`${entry} ${name}`);
    values.set(name, value);
  }
}

const runtime = "Deno" in globalThis ? "/deno" : "Bun" in globalThis ? "/bun" : "/node";
for (const [entry, exports] of Object.entries(loaded)) {
  if (exports.Connection) new exports.Connection({ role: "server" });
  if (exports.CodecStreams) new exports.CodecStreams({ role: "server" });
  if (entry.includes(runtime)) {
    const server = await exports.serve({ host: "127.0.0.1" }, {});
    const socket = await exports.connect(server.url);
    socket.terminate();
    await server.close({ timeoutMs: 1 });
  }
}
console.log(JSON.stringify({ values: values.size > 30, several, renamed, instances }));
process.exit();
