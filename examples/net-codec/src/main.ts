// An echo server on node:net: it accepts connections, counts them, and closes them when it is told to stop.
import { createServer } from "node:net";
import { ServerConnection } from "./connection.js";

const HEAD_MS = Number(process.env.HEAD_MS ?? 10_000);
const IDLE_MS = Number(process.env.IDLE_MS ?? 30_000);
const CLOSE_MS = 5_000;

const connections = new Set<ServerConnection>();

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const connection = new ServerConnection(socket, {
    headMs: HEAD_MS,
    idleMs: IDLE_MS,
    closeMs: CLOSE_MS,
    message(message) {
      connection.send(message);
    },
    closed(event) {
      connections.delete(connection);
      if (event === undefined) console.log("refused or left before the handshake");
      else console.log(`closed with ${event.code} ${event.failure?.code ?? ""}`.trimEnd());
    },
  });
  connections.add(connection);
});
server.maxConnections = 10_000;

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") {
    console.log(`listening on ws://127.0.0.1:${address.port}`);
  }
});

/** Frees the port, and closes each connection with 1001. The process ends with the last one. */
function stop(): void {
  server.close();
  for (const connection of connections) connection.close(1001, "the server stops");
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);
