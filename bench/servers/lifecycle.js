// What every server program here does alike, on Node, Bun and Deno: it prints `listening PORT` when it is ready, answers the commands
// that come as lines on standard input with one line each, and ends with SIGTERM or when standard input does.
//
//   gc                         collects garbage, if the runtime was told to let programs do that
//   broadcast COUNT MS BYTES   COUNT times, MS milliseconds apart, sends BYTES bytes to every client; prints the CPU time
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Certificate and key, if the server is to speak TLS.
 * @returns {{ cert: Buffer; key: Buffer } | undefined}
 */
export function tlsFiles() {
  const folder = process.env.BENCH_TLS;
  if (folder === undefined) return undefined;
  return { cert: readFileSync(`${folder}/cert.pem`), key: readFileSync(`${folder}/key.pem`) };
}

/**
 * @param {number} port
 * @param {(payload: Buffer) => void} [broadcast] - sends a message to every client
 */
export function listening(port, broadcast) {
  process.on("SIGTERM", () => process.exit(0));
  const lines = createInterface({ input: process.stdin });
  lines.on("close", () => process.exit(0));
  lines.on("line", (line) => {
    const [command, ...args] = line.split(" ");
    if (command === "gc") collect();
    else if (command === "broadcast" && broadcast !== undefined) run(broadcast, args.map(Number));
    else console.log(`unknown command ${line}`);
  });
  console.log(`listening ${port}`);
}

async function collect() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
  console.log("collected");
}

/**
 * @param {(payload: Buffer) => void} broadcast
 * @param {number[]} args
 */
async function run(broadcast, [count = 0, ms = 0, bytes = 0]) {
  const payload = Buffer.alloc(bytes, "wsimd ");
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) {
    broadcast(payload);
    await sleep(ms);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuUs: user + system }));
}
