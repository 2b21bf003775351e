// Sends each line of standard input, and prints the replies. Run: node examples/client/main.js [URL]
import { createInterface } from "node:readline";
import { connect } from "wsimd/node";

const url = process.argv[2] ?? `ws://127.0.0.1:${process.env.PORT ?? 8080}/`;

const socket = await connect(
  url,
  { timeouts: { handshakeMs: 5_000 } },
  {
    message(_, data) {
      console.log(typeof data === "string" ? data : `${data.length} bytes`);
    },
    drain() {
      input.resume();
    },
    close(_, { code, reason }) {
      console.log(`closed with ${code} ${reason}`.trimEnd());
      process.stdin.destroy();
    },
  },
);
// After connect(): readline drops lines that arrive before there is a listener.
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  // The server reads too slowly: read no more lines until `drain`.
  if (socket.send(line) === "buffered") input.pause();
});
input.on("close", () => socket.close(1000));
process.once("SIGTERM", () => socket.close(1001));
console.log(`connected to ${url}`);
