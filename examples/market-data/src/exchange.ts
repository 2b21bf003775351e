// An exchange that invents prices, in a process of its own: each message has the quotes that changed.
import { serve } from "wsimd/node";
import type { Quote } from "./quotes.js";

const SYMBOLS = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH"];
const TICK_MS = Number(process.env.TICK_MS ?? 100);

const prices = new Map(SYMBOLS.map((symbol, i) => [symbol, 100 + 10 * i]));

const server = await serve(
  { host: "127.0.0.1", port: Number(process.env.PORT ?? 9000) },
  {
    open(socket) {
      socket.send(JSON.stringify(quotes(SYMBOLS)));
    },
  },
);

const ticks = setInterval(() => {
  const changed = SYMBOLS.filter(() => Math.random() < 0.4);
  for (const symbol of changed) {
    const price = (prices.get(symbol) ?? 0) * (1 + (Math.random() - 0.5) / 100);
    prices.set(symbol, Math.round(price * 100) / 100);
  }
  if (changed.length > 0) server.broadcast(JSON.stringify(quotes(changed)));
}, TICK_MS);

process.once("SIGTERM", stop);
// The relay that started this process has ended.
process.once("disconnect", stop);

console.log(`exchange on ${server.url}`);
// The relay that started this process waits for the address.
process.send?.(server.url);

function stop(): void {
  clearInterval(ticks);
  server.close();
  if (process.connected) process.disconnect?.();
}

function quotes(symbols: readonly string[]): Quote[] {
  return symbols.map((symbol) => ({ symbol, price: prices.get(symbol) ?? 0, at: Date.now() }));
}
