// Starts an echo server, and prints the milliseconds of CPU from the import of its package until it listens:
//
//     node listening.js wsimd|ws FILE       the module of the package
import process from "node:process";

const [name, file = ""] = process.argv.slice(2);
const before = process.cpuUsage();
const library = await import(file);
if (name === "ws") {
  const server = new library.WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (/** @type {import("ws").WebSocket} */ socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  await new Promise((resolve) => server.on("listening", resolve));
} else {
  /** @type {import("../../dist/node/index.js").Handlers} */
  const handlers = { message: (socket, data) => void socket.send(data) };
  await library.serve({ host: "127.0.0.1", port: 0 }, handlers);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify((user + system) / 1000));
process.exit();
