// The client of `ws`: echoes, and connects again when its connection ends.
import { WebSocket } from "ws";

const url = process.argv[2] ?? "";
process.stdin.on("end", () => process.exit(0)).resume();
run();

function run() {
  const socket = new WebSocket(url);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("error", () => {});
  socket.on("close", run);
}
