// `Bun.serve`: run by Bun.
import {
  COMPRESSES,
  listening,
  MOST_MESSAGE_BYTES,
  nextTopic,
  PARSES,
  TOPICS,
  tlsFiles,
} from "./lifecycle.js";

/**
 * The part of Bun that is used here.
 * @typedef {{ send(data: string | Buffer, compress: boolean): number; subscribe(topic: string): void }} BunSocket
 * @typedef {{ port: number; upgrade(request: Request): boolean; publish(topic: string, data: Buffer): number }} BunServer
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
    maxPayloadLength: MOST_MESSAGE_BYTES,
    perMessageDeflate: COMPRESSES && { compress: "shared", decompress: "shared" },
    /** @param {BunSocket} socket */
    open(socket) {
      for (const topic of ["all", ...TOPICS]) socket.subscribe(topic);
    },
    /**
     * @param {BunSocket} socket
     * @param {string | Buffer} message
     */
    message(socket, message) {
      if (PARSES) JSON.parse(String(message));
      socket.send(message, COMPRESSES);
    },
  },
});
listening(server.port, (payload) => void server.publish(TOPICS.length > 0 ? nextTopic() : "all", payload));
