// The floor for echoes: wsimd's own way to read and write, without the protocol. Bytes are counted, not looked at, but
// for the first header of a connection, and answers are canned: nothing is unmasked, copied or handed to a handler.
import { createServer } from "node:net";
import { HandleTransport, takeConnections, tryInternals } from "../../dist/node/internals/index.js";
import { listening } from "./lifecycle.js";
import { switching } from "./switching.js";

const window = Buffer.alloc(256 * 1024);

/** What a transport reports to. */
class Counting {
  /** @type {HandleTransport} */
  #transport;
  /** Of each frame, as long as the first. */
  #length = 0;
  #answerLength = 0;
  #answers = window;
  #bytes = 0;

  /** @param {HandleTransport} transport */
  constructor(transport) {
    this.#transport = transport;
    transport.sink = this;
  }

  /**
   * @param {number} length
   * @param {Uint8Array} read
   */
  receivedInWindow(length, read) {
    if (read !== window) {
      this.#transport.write(switching(Buffer.from(read.subarray(0, length))));
      this.#transport.readInto(window);
      return;
    }
    if (this.#length === 0) this.#learn();
    this.#bytes += length;
    const frames = Math.floor(this.#bytes / this.#length);
    this.#bytes -= frames * this.#length;
    if (frames > 0) this.#transport.write(this.#answers.subarray(0, frames * this.#answerLength));
  }

  #learn() {
    const payload = payloadLength(window);
    const header = headerOf(window[0] ?? 0, payload);
    this.#answerLength = header.length + payload;
    this.#length = this.#answerLength + 4;
    const most = Math.ceil(window.length / this.#length) + 1;
    const answer = Buffer.concat([header, Buffer.alloc(payload, "x")]);
    this.#answers = Buffer.concat(Array.from({ length: most }, () => answer));
  }

  received() {}
  drained() {}
  ended() {
    this.#transport.destroy();
  }
  closed() {}
  failed() {}
}

/** @param {Buffer} frame */
function payloadLength(frame) {
  const short = (frame[1] ?? 0) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? frame.readUInt16BE(2) : frame.readUInt32BE(6);
}

/**
 * @param {number} first - byte of the frame
 * @param {number} payload - its length
 */
function headerOf(first, payload) {
  if (payload < 126) return Buffer.from([first, payload]);
  if (payload < 0x10000) return Buffer.from([first, 126, payload >> 8, payload & 0xff]);
  const header = Buffer.alloc(10);
  header.writeUInt16BE((first << 8) | 127);
  header.writeUInt32BE(payload, 6);
  return header;
}

await tryInternals();
const server = createServer();
server.listen(0, "127.0.0.1", 511, () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  takeConnections(server, (handle) => void new Counting(new HandleTransport(handle)));
  listening(address.port);
});
