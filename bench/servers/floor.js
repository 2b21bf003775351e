// The floor for echoes: what Node and the system take for the same reads and writes. Bytes are counted, not looked at, but for the first
// header of a connection, and answers are canned: nothing is unmasked, copied or handed to anybody. Reads go into one buffer, by
// the internals behind the documented `onread` of clients.
import { createHash } from "node:crypto";
import { createServer, Socket } from "node:net";
import { listening } from "./lifecycle.js";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const READ_BYTES = 256 * 1024;
const window = Buffer.alloc(READ_BYTES);

/** @type {Socket} */
const probe = Reflect.construct(Socket, [{ onread: { buffer: window, callback: () => true } }]);
const symbols = new Map(Object.getOwnPropertySymbols(probe).map((each) => [each.description, each]));
probe.destroy();

/** @param {string} description */
function symbol(description) {
  const found = symbols.get(description);
  if (found === undefined) throw new Error(`this version of Node has no ${description}`);
  return found;
}

/**
 * Answers as many frames as came, of which all are as long as the first.
 * @param {Socket} socket
 */
function answers(socket) {
  let length = 0;
  let bytes = 0;
  /** @type {Buffer} */
  let canned = Buffer.alloc(0);
  /** @type {number} */
  let answerBytes = 0;
  return (/** @type {number} */ count) => {
    if (length === 0) {
      const payload = payloadLength(window);
      const header = headerOf(window[0] ?? 0, payload);
      answerBytes = header.length + payload;
      length = answerBytes + 4;
      const most = Math.ceil(READ_BYTES / length) + 1;
      canned = Buffer.concat(Array.from({ length: most }, () => [header, Buffer.alloc(payload, "x")]).flat());
    }
    bytes += count;
    const frames = Math.floor(bytes / length);
    bytes -= frames * length;
    if (frames > 0) socket.write(canned.subarray(0, frames * answerBytes));
    return true;
  };
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

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  socket.once("data", (chunk) => {
    const key = /sec-websocket-key: (\S+)/i.exec(chunk.toString("latin1"))?.[1] ?? "";
    const accept = createHash("sha1")
      .update(key + GUID)
      .digest("base64");
    socket.pause();
    Reflect.set(socket, symbol("kBuffer"), window);
    Reflect.set(socket, symbol("kBufferCb"), answers(socket));
    Reflect.get(socket, "_handle").useUserBuffer(window);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.resume();
  });
});
server.listen(0, "127.0.0.1", 511, () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port);
});
