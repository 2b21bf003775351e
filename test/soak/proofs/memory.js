/** @typedef {import("../child.js").Child} Child */
/** @typedef {import("../main.js").Context["start"]} Start */
import { each, frame, Peer, reportWhen } from "../peer.js";
import { atMost, exactly } from "../rows.js";

/** The first entry comes nearest to its bound, for runs that try one only. */
const FRAGMENTS = [1000, 0, 1, 2, 125, 126, 16_384, 65_536];
const CHUNKS = [1, 3, 128, 1448, 65_536];
const CELLS = FRAGMENTS.flatMap((fragment) => CHUNKS.map((chunk) => ({ fragment, chunk })));
const WIRE_BYTES = 32 * 1024;
/** So many chunks are short, what is left comes in one: there is no end to them otherwise. */
const MOST_CHUNKS = 400;
const PING = frame(9, Buffer.from("ping"));
const PONG_BYTES = 6;
/** That many go through once before anything is measured. */
const WARM_CONNECTIONS = 500;
const LIMITS = { maxMessageBytes: Number.MAX_SAFE_INTEGER, maxFragments: 1_000_000 };

/** @type {import("../main.js").Proof} */
export const memory = {
  name: "memory",
  about:
    "messages that never end, in fragments and chunks of many sizes: no more than twice what came and 2 KiB",
  connections: 200,
  count: CELLS.length,
  async run({ connections, count, start, progress }) {
    const rows = [];
    for (let i = 0; i < count; i++) {
      // Fewer than all are spread over all.
      const { fragment, chunk } = CELLS[Math.floor((i * CELLS.length) / count)] ?? { fragment: 0, chunk: 1 };
      const stream = neverEnding(fragment);
      const label = `fragments of ${fragment} B in chunks of ${chunk} B`;
      progress(i / count, label);
      const held = await retained(connections, start, stream, chunk);
      rows.push(atMost(`${label}, ${stream.length} B`, held, 2 * stream.length + 2048, " B"));
    }
    return [...rows, ...(await promise(connections, start))];
  },
};

/**
 * Fragments of a message without its last, then a ping to see that all of it has arrived.
 * @param {number} fragment - bytes of payload of each
 */
function neverEnding(fragment) {
  const frames = [];
  for (let length = 0; length < WIRE_BYTES; ) {
    const next = frame(frames.length === 0 ? 2 : 0, Buffer.alloc(fragment, 7), false);
    frames.push(next);
    length += next.length;
  }
  return Buffer.concat([...frames, PING]);
}

/**
 * Bytes that a server holds for each connection that sent that.
 * @param {number} connections
 * @param {Start} start
 * @param {Buffer} stream
 * @param {number} chunk
 */
async function retained(connections, start, stream, chunk) {
  const child = await start({ options: { limits: LIMITS }, mode: "silent" });
  // The same messages are sent once before, so that blocks kept for reuse and compiled code do not count.
  await send(child, Math.min(connections, 70), stream, chunk).then((peers) =>
    peers.map((peer) => peer.reset()),
  );
  await reportWhen(child, (report) => report.connections === 0);
  const peers = await open(child, connections);
  const before = await child.report();
  await deliver(peers, stream, chunk);
  const after = await child.report();
  for (const peer of peers) peer.reset();
  child.kill();
  return (after.held - before.held) / connections;
}

/**
 * @param {Child} child
 * @param {number} connections
 */
async function open(child, connections) {
  /** @type {Peer[]} */
  const peers = [];
  await each(connections, 20, async () => peers.push(await Peer.open({ port: child.port })));
  return peers;
}

/**
 * @param {Child} child
 * @param {number} connections
 * @param {Buffer} stream
 * @param {number} chunk
 */
async function send(child, connections, stream, chunk) {
  const peers = await open(child, connections);
  await deliver(peers, stream, chunk);
  return peers;
}

/**
 * @param {readonly Peer[]} peers
 * @param {Buffer} stream
 * @param {number} chunk
 */
async function deliver(peers, stream, chunk) {
  const before = peers.map((peer) => peer.received);
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const end = i < MOST_CHUNKS ? at + chunk : stream.length;
    for (const peer of peers) peer.socket.write(stream.subarray(at, end));
    at = end;
    // Then the other side gets to read.
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const [i, peer] of peers.entries()) {
    const awaited = (before[i] ?? 0) + PONG_BYTES;
    await peer.until(() => peer.received >= awaited);
  }
}

/**
 * A header that promises 2^53 - 1 bytes, and no payload behind it.
 * @param {number} connections
 * @param {Start} start
 */
async function promise(connections, start) {
  const child = await start({ options: { limits: LIMITS }, mode: "silent" });
  const header = Buffer.from("82ff001fffffffffffff37fa213d", "hex");
  const stream = Buffer.concat([PING, header, Buffer.alloc(1)]);
  // The code for it is compiled before.
  const first = await send(child, WARM_CONNECTIONS, stream, stream.length);
  for (const peer of first) peer.reset();
  await reportWhen(child, (report) => report.connections === 0);
  const linearMemory = (await child.report()).linearMemory;
  let least = Number.POSITIVE_INFINITY;
  let lost = 0;
  // What V8 allocates once, such as compiled code, falls into one of the measurements, and what a connection holds into
  // all of them.
  for (let i = 0; i < 3; i++) {
    const peers = await send(child, connections, PING, PING.length);
    const before = await child.report();
    await deliver(peers, stream, stream.length);
    const after = await child.report();
    for (const peer of peers) peer.reset();
    await reportWhen(child, (report) => report.connections === 0);
    least = Math.min(least, (after.held - before.held) / connections);
    lost += before.connections - after.connections;
  }
  const end = await child.report();
  child.kill();
  return [
    atMost("a header that promises 2^53 - 1 B, 21 B", least, 2 * 21 + 2048, " B"),
    exactly("connections that it costs", lost, 0),
    exactly("linear memory, growth", end.linearMemory - linearMemory, 0),
  ];
}
