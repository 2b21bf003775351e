// `Bun.serve`: run by Bun.
import { listening, tlsFiles } from "./lifecycle.js";

/**
 * The part of Bun that is used here.
 * @typedef {{ send(data: string | Buffer): number }} BunSocket
 * @typedef {{ port: number; upgrade(request: Request): boolean }} BunServer
 * @typedef {{ serve(options: object): BunServer }} Bun
 */
/** @type {Bun} */
const bun = Reflect.get(globalThis, "Bun");

/** More than the largest message, so that nothing is dropped. */
const BACKPRESSURE_BYTES = 64 << 20;

const server = bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: tlsFiles(),
  /**
   * @param {Request} request
   * @param {BunServer} self
   */
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response("WebSocket only", { status: 426 });
  },
  websocket: {
    backpressureLimit: BACKPRESSURE_BYTES,
    /**
     * @param {BunSocket} socket
     * @param {string | Buffer} message
     */
    message(socket, message) {
      socket.send(message);
    },
  },
});
listening(server.port);
