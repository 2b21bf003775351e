// This package, run by Bun.
import { serve } from "../../dist/bun/index.js";
import { listening, tlsFiles } from "./lifecycle.js";

const tls = tlsFiles();
const server = await serve(
  { port: 0, host: "127.0.0.1", backpressure: "queue", ...(tls !== undefined && { tls }) },
  {
    message(socket, data) {
      socket.send(data);
    },
    error() {
      // Clients that go away with a reset are part of the handshake benchmark.
    },
  },
);
listening(server.port, (payload) => {
  server.broadcast(payload);
});
