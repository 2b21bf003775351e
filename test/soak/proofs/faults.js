// Proof: a fault behind every byte of a stream.
import { once } from "node:events";
import { createServer } from "node:net";
import { connect as connectTls } from "node:tls";
import { certificate } from "../../support/certificate.js";
/** @typedef {import("../child.js").Child} Child */
import { each, frame, Peer, REQUEST, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly, told } from "../rows.js";

/** With shorter time-outs than this, a busy machine is later than any timer. */
const LEAST_BOUND_MS = 5_000;

/** A handshake and frames of each kind: a fault comes behind every byte of this. */
const STREAM = Buffer.concat([
  REQUEST,
  frame(1, Buffer.from("hello")),
  frame(2, Buffer.alloc(130, 5), false),
  frame(9, Buffer.from("ping")),
  frame(0, Buffer.alloc(3, 5)),
]);

/** What goes wrong. */
const FAULTS = {
  /** @param {Peer} peer */
  async RST(peer) {
    peer.reset();
    await peer.until(() => false);
  },
  /** @param {Peer} peer */
  async FIN(peer) {
    peer.tcp.end();
    await peer.until(() => peer.ended);
    peer.tcp.destroy();
    peer.socket.destroy();
  },
  /** @param {Peer} peer */
  async "half-close"(peer) {
    peer.socket.end();
    await peer.gone();
  },
};

/** @type {import("../main.js").Proof} */
export const faults = {
  name: "faults",
  about:
    "RST, FIN, half-close, stall and one byte at a time, at every byte: one close event each, nothing left",
  connections: 64,
  count: 5_000,
  async run({ connections, count, start, progress }) {
    /** @type {import("../main.js").Row[]} */
    const rows = [];
    const timeouts = { handshakeMs: count, pingIntervalMs: count, pingTimeoutMs: count, closeMs: count };
    const { key, cert } = certificate();
    for (const tls of [undefined, { key, cert }]) {
      const options = { timeouts, ...(tls && { tls }) };
      const child = await start({ options, mode: "echo" });
      const where = tls === undefined ? { port: child.port } : { port: child.port, ca: tls.cert };
      const name = tls === undefined ? "TCP" : "TLS";
      for (const [fault, act] of Object.entries(FAULTS)) {
        await each(STREAM.length, connections, async (i) => {
          progress((i / STREAM.length + rows.length / 3) / 8, `${name}: ${fault} behind byte ${i}`);
          const peer = await Peer.connect(where);
          if (i > 0) await peer.write(STREAM.subarray(0, i));
          await act(peer);
        });
        rows.push(told(`${name}: ${fault}, at so many places`, String(STREAM.length)));
      }
      if (tls !== undefined)
        rows.push(told("TLS: FIN and RST in its handshake, places", await helloFaults(child)));
      rows.push(...(await stalls(name, where, count, progress)));
      const end = await reportWhen(
        child,
        (report) => report.connections === 0 && report.opens === report.closes,
      );
      rows.push(...(await afterwards(child, end)));
    }
    return rows;
  },
};

/**
 * Falls silent behind every byte, and sends one byte at a time.
 * @param {string} name
 * @param {import("../peer.js").Where} where
 * @param {number} timeout - each of the server's time-outs, in milliseconds
 * @param {import("../main.js").Context["progress"]} progress
 */
async function stalls(name, where, timeout, progress) {
  const times = { opening: /** @type {Stall[]} */ ([]), open: /** @type {Stall[]} */ ([]) };
  // All at a time: each of them waits.
  await each(STREAM.length, STREAM.length, async (i) => {
    progress(0.6 + (0.3 * i) / STREAM.length, `${name}: stall behind byte ${i}`);
    const connecting = performance.now();
    const peer = await Peer.connect(where);
    const connected = performance.now();
    if (i > 0) await peer.write(STREAM.subarray(0, i));
    await peer.until(() => peer.ended);
    const end = performance.now();
    times[i < REQUEST.length ? "opening" : "open"].push({ least: end - connected, most: end - connecting });
    await peer.gone();
  });
  const start = performance.now();
  const drip = await Peer.connect(where);
  for (const byte of REQUEST) {
    if (drip.ended) break;
    drip.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, timeout / 50));
  }
  await drip.gone();
  const dripped = performance.now() - start;
  return [
    exactly(`${name}: stalls`, times.opening.length + times.open.length, STREAM.length),
    ...within(`${name}: stall in the handshake`, times.opening, timeout),
    ...within(`${name}: stall in a frame`, times.open, 2 * timeout),
    late(`${name}: a handshake of one byte at a time`, dripped, timeout),
  ];
}

/**
 * How long one lasted, in milliseconds. The server's clock may begin with the TCP connection, before TLS is up, or later.
 * @typedef {{ least: number; most: number }} Stall
 */

/**
 * A time-out may be up to 10 % late, and none is early.
 * @param {string} what
 * @param {readonly Stall[]} times
 * @param {number} timeout - in milliseconds
 */
function within(what, times, timeout) {
  const early = times.filter(({ most }) => most < timeout - 2).length;
  return [
    exactly(`${what}: ended too early`, early, 0),
    late(`${what}: the latest end`, Math.max(...times.map(({ least }) => least)), timeout),
  ];
}

/**
 * @param {string} what
 * @param {number} time
 * @param {number} timeout
 */
function late(what, time, timeout) {
  if (timeout < LEAST_BOUND_MS) return told(what, `${Math.round(time)} ms`);
  return atMost(what, time, timeout * 1.1, " ms");
}

/**
 * Ends TCP behind each byte of a TLS client's first words.
 * @param {Child} child
 */
async function helloFaults(child) {
  const hello = await clientHello();
  await each(2 * hello.length, 32, async (i) => {
    const peer = await Peer.connect({ port: child.port });
    await peer.write(hello.subarray(0, i >> 1));
    if (i % 2 === 0) peer.reset();
    else peer.socket.end();
    await peer.gone();
  });
  return String(2 * hello.length);
}

/** @returns {Promise<Buffer>} */
async function clientHello() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connectTls({ port: address.port, host: address.address });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [hello] = await once(socket, "data");
  socket.destroy();
  client.destroy();
  server.close();
  return hello;
}
