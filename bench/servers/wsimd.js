// This package. WSIMD_READ and WSIMD_KERNEL choose how it reads and decodes, BENCH_BORROW whether payloads are borrowed.
import { serve } from "../../dist/node/index.js";
import { listening, tlsFiles } from "./lifecycle.js";

const tls = tlsFiles();
const server = await serve(
  {
    port: 0,
    host: "127.0.0.1",
    backlog: "tell",
    // The clients that only hold connections answer no pings.
    timeouts: { idleMs: 300_000 },
    borrow: process.env.BENCH_BORROW === "1",
    ...(tls !== undefined && { tls }),
  },
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
