// `faye-websocket`.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { listening } from "./lifecycle.js";

/**
 * The part of it that is used here; the package brings no types.
 * @typedef {{
 *   on(event: "message", listener: (event: { data: string | Buffer }) => void): void;
 *   send(data: string | Buffer): void;
 * }} FayeSocket
 * @typedef {new (request: unknown, socket: unknown, head: Buffer) => FayeSocket} FayeWebSocket
 */
/** @type {FayeWebSocket} */
const WebSocket = createRequire(import.meta.url)("faye-websocket");

const http = createServer();
http.on("upgrade", (request, socket, head) => {
  const webSocket = new WebSocket(request, socket, head);
  webSocket.on("message", (event) => webSocket.send(event.data));
});
http.listen(0, "127.0.0.1", 511, () => {
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port);
});
