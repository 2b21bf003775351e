// This package. WSIMD_INTERNALS and WSIMD_KERNEL choose how it reads and decodes, BENCH_BORROW whether payloads are borrowed, BENCH_UTF8
// whether text comes as bytes, BENCH_FLUSH whether each message is written by itself instead of with the others of its turn.
import {
  COMPRESSES,
  listening,
  MOST_MESSAGE_BYTES,
  nextTopic,
  PARSES,
  shipped,
  TOPICS,
  tlsFiles,
} from "./lifecycle.js";

/**
 * One of them for a process, so that none is slowed down by what another does.
 * @returns {NonNullable<import("../../dist/node/index.js").Handlers["message"]>}
 */
function handler() {
  if (PARSES) {
    return (socket, data) => {
      JSON.parse(String(data));
      socket.send(data);
    };
  }
  if (process.env.BENCH_FLUSH === "1") {
    return (socket, data) => {
      socket.send(data);
      socket.flush();
    };
  }
  if (process.env.BENCH_UTF8 === "1") return (socket, data, type) => void socket.send(data, { type });
  return (socket, data) => void socket.send(data);
}

/** @type {typeof import("../../dist/node/index.js")} */
const { serve } = await import(shipped("node"));
const tls = tlsFiles();
const server = await serve(
  {
    port: 0,
    host: "127.0.0.1",
    backpressure: "queue",
    limits: { maxMessageBytes: MOST_MESSAGE_BYTES },
    // The clients that only hold connections answer no pings.
    timeouts: { pingIntervalMs: 300_000 },
    borrow: process.env.BENCH_BORROW === "1",
    textType: process.env.BENCH_UTF8 === "1" ? "bytes" : "string",
    compression: COMPRESSES && { takeover: false, threshold: 0 },
    ...(tls !== undefined && { tls }),
  },
  {
    ...(TOPICS.length > 0 && {
      open(socket) {
        for (const topic of TOPICS) socket.subscribe(topic);
      },
    }),
    message: handler(),
    error() {
      // Clients that go away with a reset are part of the handshake benchmark.
    },
  },
);
listening(server.port, (payload) => {
  if (TOPICS.length > 0) server.publish(nextTopic(), payload);
  else server.broadcast(payload);
});
