// uWebSockets.js, where it is installed: see README.md.
import { createRequire } from "node:module";
import { listening, MOST_MESSAGE_BYTES, PARSES } from "./lifecycle.js";

/**
 * The part of it that is used here.
 * @typedef {{ send(data: ArrayBuffer | string, isBinary: boolean): number; subscribe(topic: string): void }} UwsSocket
 * @typedef {{
 *   ws(pattern: string, behavior: object): App;
 *   listen(host: string, port: number, done: (socket: object | false) => void): App;
 *   publish(topic: string, data: Buffer, isBinary: boolean): boolean;
 * }} App
 * @typedef {{ App(): App; us_socket_local_port(socket: object): number }} Uws
 */
/** @type {Uws} */
const uws = createRequire(import.meta.url)("uwebsockets");

/** More than the largest message, so that nothing is dropped. */
const BACKPRESSURE_BYTES = 64 << 20;

const app = uws.App().ws("/*", {
  maxPayloadLength: MOST_MESSAGE_BYTES,
  maxBackpressure: BACKPRESSURE_BYTES,
  /** @param {UwsSocket} socket */
  open(socket) {
    socket.subscribe("all");
  },
  /**
   * @param {UwsSocket} socket
   * @param {ArrayBuffer} message
   * @param {boolean} isBinary
   */
  message(socket, message, isBinary) {
    if (PARSES) {
      const text = Buffer.from(message).toString();
      JSON.parse(text);
      socket.send(text, false);
    } else socket.send(message, isBinary);
  },
});
app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("no port");
  listening(uws.us_socket_local_port(socket), (payload) => void app.publish("all", payload, true));
});
