// Starts the relay, and an exchange unless the environment variable UPSTREAM has the address of one.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Relay, type Stats } from "./relay.js";

const STATS_MS = Number(process.env.STATS_MS ?? 5_000);

const relay = new Relay();
const exchange = process.env.UPSTREAM === undefined ? startExchange() : undefined;

console.log(`listening on ${await relay.listen(Number(process.env.PORT ?? 8080))}`);
let before = relay.stats;
const timer = setInterval(() => {
  const now = relay.stats;
  console.log(line(before, now));
  before = now;
}, STATS_MS);

process.once("SIGTERM", stop);
process.once("SIGINT", stop);
await relay.follow(process.env.UPSTREAM ?? (await exchange?.url) ?? "");

function startExchange(): { url: Promise<string>; stop(): void } {
  const child = fork(fileURLToPath(new URL("exchange.js", import.meta.url)), {
    env: { ...process.env, PORT: process.env.EXCHANGE_PORT ?? "9000" },
  });
  const url = once(child, "message").then(([message]) => String(message));
  return { url, stop: () => child.kill() };
}

async function stop(): Promise<void> {
  clearInterval(timer);
  exchange?.stop();
  await relay.close();
}

function line(from: Stats, to: Stats): string {
  const rate = (name: "messagesIn" | "messagesOut"): number =>
    Math.round(((to[name] - from[name]) * 1000) / STATS_MS);
  return [
    `clients ${to.clients}`,
    `in ${rate("messagesIn")}/s`,
    `out ${rate("messagesOut")}/s`,
    `slow ${to.slowClients}`,
    `upstream ${to.live ? "live" : "gone"}`,
  ].join(", ");
}
