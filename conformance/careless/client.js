// A client that checks nothing and masks everything with one key. For the test of the tests.
import { connect } from "node:net";
import { decode, encode, frame } from "../frames.js";

const url = new URL(process.argv[2] ?? "");
const KEY = Buffer.from([1, 2, 3, 4]);
process.stdin.on("end", () => process.exit(0)).resume();
run();

function run() {
  const socket = connect(Number(url.port), url.hostname);
  let bytes = Buffer.alloc(0);
  let open = false;
  socket.on("error", () => {});
  socket.on("close", run);
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n" +
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
  );
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (!open) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      bytes = bytes.subarray(end + 4);
      open = true;
    }
    for (let found = decode(bytes); found !== undefined; found = decode(bytes)) {
      const { fin, rsv, opcode, payload } = found.frame;
      socket.write(maskedAlike(encode([frame(opcode === 9 ? 10 : opcode, payload, { fin, rsv })], false)));
      bytes = bytes.subarray(found.length);
    }
  });
}

/**
 * A frame that is not masked, masked.
 * @param {Buffer} whole
 */
function maskedAlike(whole) {
  const short = (whole[1] ?? 0) & 0x7f;
  const header = Buffer.from(whole.subarray(0, short === 126 ? 4 : short === 127 ? 10 : 2));
  header[1] = (header[1] ?? 0) | 0x80;
  const payload = Buffer.from(whole.subarray(header.length)).map((byte, i) => byte ^ (KEY[i & 3] ?? 0));
  return Buffer.concat([header, KEY, payload]);
}
