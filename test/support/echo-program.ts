// `wsimd echo` in a process of its own, and clients of `ws` for it.
import { once } from "node:events";
import { WebSocket } from "ws";
import { type Program, wsimd } from "./program.js";

/** Starts it on a free port. */
export async function startEcho(...args: string[]): Promise<{ echo: Program; url: string; port: number }> {
  const echo = wsimd(["echo", "--port", "0", ...args]);
  const [, url = "", port] = await echo.shows(/^listening on (wss?:\/\/127\.0\.0\.1:(\d+))\n$/);
  return { echo, url, port: Number(port) };
}

/** Connects. */
export async function open(url: string, options = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, options);
  await once(socket, "open");
  return socket;
}
