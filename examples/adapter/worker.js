// The server of main.js: each port that it is sent is a connection.
import { parentPort } from "node:worker_threads";
import { createRuntime, createServer } from "wsimd/adapter";
import { PortTransport } from "./port-transport.js";

const server = createServer(
  createRuntime(),
  { protocols: ["chat"] },
  { message: (socket, data) => void socket.send(data) },
);
parentPort?.on("message", (port) => server.accept(new PortTransport(port)));
