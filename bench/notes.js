// The page of results as data: which measurements are shown under which heading, and what explains them.

/**
 * A heading, and a table of what a part measured.
 * @typedef {{ section: string, title: string, note: string, metrics: string[] }} Chapter
 */

/** @type {Record<string, string>} */
export const METRICS = {
  cpuUsPerMessage: "CPU µs a message",
  cpuUsPerDelivery: "CPU µs a delivered message",
  cpuUsPerHandshake: "CPU µs a handshake",
  cpuUsPerConnection: "CPU µs a connection",
  bytesPerConnection: "bytes of RSS a connection",
  mebibytesAtRest: "MiB of RSS without connections",
  nsPerMessage: "ns a message",
  nsPerByte: "ns a byte",
  deflatedBytes: "bytes of a message",
  inflateNs: "ns to inflate a message",
  keptBytes: "bytes kept for a connection",
  ofPayload: "bytes of the replies, of their payload",
  startMs: "ms until it listens",
  coldUs: "µs until the first frame",
  messagesPerSecond: "messages in a second",
  p50Us: "median latency, µs",
  p99Us: "p99 latency, µs",
  p999Us: "p99.9 latency, µs",
  maxUs: "longest latency, µs",
  loopDelayP99Us: "p99 of the event loop's delay, µs",
  loopDelayMaxUs: "longest delay of the event loop, µs",
  gcMs: "ms of garbage collection",
  gcLongestMs: "longest garbage collection, ms",
};

export const READING = `**How to read it.** The figure is the server's CPU time for each message: user and system time of all threads, from
\`/proc/PID/stat\`, over the measured window only. Less is better: a server that needs half of it serves twice as many messages. *Depth* is
the number of messages in flight on each connection. At depth 1, each message is a read and a write of its own, and most of the time is the
operating system's. At depth 16, a server can handle many messages in one read. Ratios are medians of the ratios of each round, in which the
servers take turns.
`;

export const TARGETS_NOTE =
  "Each row is CPU time, unless it says otherwise, as a multiple of another server's, in the worst of the row's loads. *Noise* is how far a " +
  "second server of the same program was from the first, in three quarters of the rounds. A target within that distance is *too noisy*: " +
  "neither met nor missed.\n";
export const KEPT_NOTE = "Targets that earlier versions met.\n";
export const SWEEP_NOTE =
  "Every size from 20 B to 10 MB in steps of at most about three. ASCII text is JSON; mixed text has characters of one to four bytes. There " +
  "are 100 connections, 4 from 100 kB on. One round, so a single figure may be off by a tenth.\n";
export const STEEPEST_NOTE =
  "The steepest step of each server: where the CPU time for each **byte** grows most from one size to the next. A factor near 1 or below " +
  "means that there is no length at which it suddenly becomes slow.\n";
export const LOSSES_NOTE =
  "Where another server takes less CPU time than wsimd on Node, beyond the noise. The factor is how many times as much wsimd takes.\n";

/** @type {Chapter[]} */
export const CHAPTERS = [
  {
    section: "servers",
    title: "Echo servers",
    note:
      "100 connections, 4 from 100 kB on. wsimd hands out text as a string and sends the string back; `ws` hands out bytes and sends these. " +
      "*No protocol* reads and writes as wsimd does, but counts bytes instead of parsing frames: the difference to it is the cost of the protocol.\n",
    metrics: ["cpuUsPerMessage", "p99Us"],
  },
  { section: "tls", title: "TLS", note: "20 connections.\n", metrics: ["cpuUsPerMessage"] },
  {
    section: "handshakes",
    title: "Opening handshakes",
    note: "Requests as a browser makes them, to a server that has answered many before.\n",
    metrics: ["cpuUsPerHandshake"],
  },
  {
    section: "first-connections",
    title: "First connections",
    note: "A process that has just started is met by 10,000 clients, 200 at once; each sends one message of 20 bytes.\n",
    metrics: ["cpuUsPerConnection"],
  },
  {
    section: "broadcast",
    title: "Broadcast",
    note:
      "100 B to 1,000 clients, once or 16 times in a turn of the event loop. Bun and uWebSockets.js publish to a topic. The bare socket is the " +
      "least that Node's streams need: `socket.write` of the same bytes.\n",
    metrics: ["cpuUsPerDelivery"],
  },
  {
    section: "topics",
    title: "Topics",
    note: "100 B to the 1,000 subscribers of a topic, 1, 16 or 64 times in a turn of the event loop. `ws` has no topics: it sends in a loop.\n",
    metrics: ["cpuUsPerDelivery"],
  },
  {
    section: "topics-8",
    title: "Several topics",
    note: "100 B to 8 topics in turn, 64 in a turn of the event loop. Each of 1,000 clients is subscribed to all.\n",
    metrics: ["cpuUsPerDelivery"],
  },
  {
    section: "memory",
    title: "Memory",
    note: "Growth of the resident set for each idle connection that had one message, and what there was before, after a garbage collection.\n",
    metrics: ["bytesPerConnection", "mebibytesAtRest"],
  },
  {
    section: "startup",
    title: "Start",
    note: "CPU time in a fresh process, from the import until the server listens or the codec has decoded a frame. The start of Node itself is not in it.\n",
    metrics: ["startMs", "coldUs"],
  },
  { section: "relay", title: "Codec as a relay", note: "Without sockets.\n", metrics: ["nsPerMessage"] },
  {
    section: "json",
    title: "JSON",
    note: "Servers that parse each message of 200 B, and send the same text back.\n",
    metrics: ["cpuUsPerMessage"],
  },
  {
    section: "mix",
    title: "Small and large messages",
    note: "Nine text messages of 200 B to one binary message of 4 kB.\n",
    metrics: ["cpuUsPerMessage", "p99Us"],
  },
  {
    section: "idle",
    title: "Idle connections",
    note: "10 and 100 active connections, alone and beside 990 and 9,900 idle ones. 20 B, depth 1.\n",
    metrics: ["cpuUsPerMessage", "p99Us"],
  },
  {
    section: "steady",
    title: "A steady rate",
    note:
      "50,000 messages of 200 B in a second on 500 connections, whatever the server does. Latency counts from when a message was due. The event " +
      "loop's delay and the garbage collections are those of the server's runtime, as far as it tells.\n",
    metrics: [
      ...["cpuUsPerMessage", "messagesPerSecond", "p50Us", "p99Us", "p999Us", "maxUs"],
      ...["loopDelayP99Us", "loopDelayMaxUs", "gcMs", "gcLongestMs"],
    ],
  },
  {
    section: "tls-handshakes",
    title: "TLS handshakes",
    note: "Full handshakes and the opening handshake, with a certificate of RSA 2048 and one of ECDSA P-256.\n",
    metrics: ["cpuUsPerHandshake"],
  },
  {
    section: "client",
    title: "Client role",
    note: "CPU time of 50 clients that send back what comes, against the same server.\n",
    metrics: ["cpuUsPerMessage"],
  },
  {
    section: "nodes",
    title: "Versions of Node",
    note: "The same servers on Node 20, 24 and 26.\n",
    metrics: ["cpuUsPerMessage"],
  },
  {
    section: "compression",
    title: "Echo servers that compress",
    note:
      "100 connections, text messages of an application's events, 64 different ones in turn. All servers compress each message by itself, from " +
      "the first byte on: wsimd and `ws` without takeover, `Bun.serve` with the compressor that all of its connections share. It is checked " +
      "that they agree to that, that each reply is compressed and can be inflated by itself, and that it is right.\n",
    metrics: ["cpuUsPerMessage", "ofPayload", "p99Us"],
  },
  {
    section: "deflate",
    title: "Compression alone",
    note:
      "Without sockets, against zlib's own handle at level 6, below Node's streams: geometric means of six kinds of payloads, rotating through " +
      "48 messages of each. *takeover*: 4 kinds, 8 connections in turn, with 8 KiB each where zlib has 256. Then blocks without content, which " +
      "cost a receiver the most for each byte.\n",
    metrics: ["nsPerMessage", "deflatedBytes", "inflateNs", "nsPerByte", "keptBytes"],
  },
  {
    section: "drop-in",
    title: "wsimd/ws in the place of ws",
    note: "The same program on both, 100 connections. wsimd is its own API beside it.\n",
    metrics: ["cpuUsPerMessage", "p99Us"],
  },
  {
    section: "drop-in-compression",
    title: "wsimd/ws with permessage-deflate",
    note: "As above, and each message compressed by itself.\n",
    metrics: ["cpuUsPerMessage", "ofPayload"],
  },
  {
    section: "drop-in-handshakes",
    title: "Connections to wsimd/ws",
    note: "Opened with a request as a browser makes it, and dropped. wsimd/ws listens by itself, unless the column names an http.Server.\n",
    metrics: ["cpuUsPerHandshake"],
  },
  {
    section: "drop-in-memory",
    title: "Memory of wsimd/ws",
    note: "As in the chapter on memory, with 3,000 connections, after 1,000 that were closed again.\n",
    metrics: ["bytesPerConnection", "mebibytesAtRest"],
  },
  {
    section: "drop-in-broadcast",
    title: "Broadcasts of wsimd/ws",
    note: "A loop that sends to each of 1,000 clients, 16 times in a turn of the event loop. wsimd has `broadcast` instead.\n",
    metrics: ["cpuUsPerDelivery"],
  },
  {
    section: "socketio",
    title: "Socket.IO",
    note: "100 clients of a server that sends each event of 200 B back: on `ws`, and with wsimd/ws as its `wsEngine`.\n",
    metrics: ["cpuUsPerMessage"],
  },
  {
    section: "workers",
    title: "Workers",
    note: "The same load on servers of one and of two processes.\n",
    metrics: ["cpuUsPerMessage", "messagesPerSecond"],
  },
  {
    section: "matrix",
    title: "All echo servers",
    note: "Small and large messages, and wsimd with its options.\n",
    metrics: ["cpuUsPerMessage", "p99Us"],
  },
];

export const ABLATION_NOTE =
  "What each part of wsimd gives. Each column is the same server with a part switched off: the *scalar kernel* is WebAssembly without " +
  "SIMD; the *JavaScript kernel* has no WebAssembly; *public streams* (`internals: \"off\"`) read by the 'data' events of Node's sockets " +
  "instead of into linear memory, and write through the stream's queue; *one write a message* calls `socket.flush()` after each `send`, " +
  "where wsimd otherwise writes all messages of a turn of the event loop at once. Beside the figure is how many times as much it is as " +
  "wsimd with all parts. *Too noisy*: the difference is no larger than that between two processes (for the codec, threads) of the same " +
  "program, the *noise*.\n";
export const CODEC_NOTE =
  "Nanoseconds for a message, without sockets: streams in reads of 64 KiB, on each kernel and in the Receiver and Sender of `ws`.\n";
export const KERNEL_NOTE = "Nanoseconds for a call.\n";
