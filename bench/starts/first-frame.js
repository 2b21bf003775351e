// Prints the microseconds of CPU from the import of the codec until it has decoded a frame, in an isolate that has loaded nothing
// before:
//
//     node first-frame.js worker|isolate FILE       in a thread, or in the process itself; the module of the package
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";

/** A masked text. */
const FRAME = Uint8Array.of(0x81, 0x85, 1, 2, 3, 4, 0x69, 0x67, 0x6f, 0x68, 0x6e);
const [where, file = ""] = process.argv.slice(2);

if (isMainThread && where === "worker") new Worker(new URL(import.meta.url), { argv: [where, file] });
else await decode();

async function decode() {
  const before = process.cpuUsage();
  /** @type {typeof import("../../dist/index.js")} */
  const { Connection } = await import(file);
  const [event] = new Connection({ role: "server" }).receive(FRAME);
  const { user, system } = process.cpuUsage(before);
  if (event?.type !== "text" || event.text !== "hello") throw new Error("decoded something else");
  console.log(JSON.stringify(user + system));
}
