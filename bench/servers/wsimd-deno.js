// This package, run by Deno.
import { listening, MOST_MESSAGE_BYTES, PARSES, shipped, tlsFiles } from "./lifecycle.js";

/** @type {typeof import("../../dist/deno/index.js")} */
const { serve } = await import(shipped("deno"));
const tls = tlsFiles();
const server = await serve(
  {
    port: 0,
    host: "127.0.0.1",
    backpressure: "queue",
    limits: { maxMessageBytes: MOST_MESSAGE_BYTES },
    ...(tls !== undefined && { tls }),
  },
  {
    message(socket, data) {
      if (PARSES) JSON.parse(String(data));
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
