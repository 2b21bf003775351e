// Imports an entry and prints the package's files that were loaded for it, for `entries.test.ts`:
//
//     node opened-files.js wsimd/node
import { register } from "node:module";
import { MessageChannel } from "node:worker_threads";

const [entry = "wsimd"] = process.argv.slice(2);
/** Runs in a thread of its own, and tells the address of each module that is loaded. */
const hooks = `
  let told;
  export function initialize(port) { told = port; }
  export function load(url, context, next) { told.postMessage(url); return next(url, context); }`;
const { port1, port2 } = new MessageChannel();
/** @type {string[]} */
const files = [];
const LAST = "data:text/javascript,";
const all = new Promise((resolve) => {
  port1.on("message", (url) => (url === LAST ? resolve(undefined) : files.push(url)));
});
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: port2, transferList: [port2] });
await import(entry);
await import(LAST);
await all;
port1.close();
const dist = new URL("../../../dist/", import.meta.url).href;
console.log(
  JSON.stringify(files.filter((url) => url.startsWith("file:")).map((url) => url.replace(dist, ""))),
);
