// The runtime's own `WebSocket`: echoes, and connects again when its connection ends.
import process from "node:process";

const url = process.argv[2] ?? "";
process.stdin.on("end", () => process.exit(0)).resume();
run();

function run() {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onclose = run;
}
