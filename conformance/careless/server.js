// A server that checks nothing: accepts every client and every offer, and sends frames back as they came. For the test of the tests.
import { createServer } from "node:net";
import { element, elements } from "../deflate.js";
import { decode } from "../frames.js";
import { acceptFor, field } from "../handshake.js";

const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  let open = false;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!open) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = bytes.toString("latin1", 0, end);
      const accept = acceptFor(field(head, "Sec-WebSocket-Key") ?? "");
      const extension = elements(head).length > 0 ? `Sec-WebSocket-Extensions: ${element("")}\r\n` : "";
      socket.write(
        `HTTP/1.1 101 Hello\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${extension}\r\n`,
      );
      bytes = bytes.subarray(end + 4);
      open = true;
    }
    for (let found = decode(bytes); found !== undefined; found = decode(bytes)) {
      answer(socket, found.frame);
      bytes = bytes.subarray(found.length);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`listening ${typeof address === "object" && address !== null ? address.port : 0}`);
});
process.stdin.on("end", () => process.exit(0)).resume();

/**
 * @param {import("node:net").Socket} socket
 * @param {import("../frames.js").Received} frame
 */
function answer(socket, { fin, rsv, opcode, form, payload }) {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | (opcode === 9 ? 10 : opcode);
  const length = Buffer.alloc(form === 7 ? 0 : form / 8);
  if (form === 16) length.writeUInt16BE(payload.length);
  if (form === 64) length.writeBigUInt64BE(BigInt(payload.length));
  const short = form === 7 ? payload.length : form === 16 ? 126 : 127;
  socket.write(Buffer.concat([Uint8Array.of(first, short), length, payload]));
  if (opcode === 8) socket.end();
}
