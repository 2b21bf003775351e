// The explanations in the page of results.

export const READING = `**How to read it.** The figure is the server's CPU time for each message: user and system time of all threads, from
\`/proc/PID/stat\`, over the measured window only. Less is better: a server that needs half of it serves twice as many messages. *Depth* is
the number of messages in flight on each connection. At depth 1, each message is a read and a write of its own, and most of the time is the
operating system's. At depth 16, a server can handle many messages in one read. Ratios are medians of the ratios of each round, in which the
servers take turns.
`;

export const ECHO_NOTE =
  "100 connections (4 for 1 MiB, 20 for TLS). In the client role, the figure is the CPU time of the clients, against the same server. " +
  "wsimd hands out text as a string, and sends the string back. `ws` hands out bytes, and sends these, as *wsimd, text as bytes* does. " +
  "wsimd does not encode text that a handler sends on unchanged; *send mixed* below is the cost of other text. *No protocol* reads and " +
  "writes as wsimd does, but counts bytes instead of parsing frames: the difference to it is the cost of the protocol.\n";
export const LATENCY_NOTE =
  "99 % of replies arrive within this time, under full load. With 100 connections that never pause, most of it is the time that a message " +
  "waits for its turn.\n";
export const BROADCAST_NOTE =
  "CPU time for each delivery. The bare socket is the least that Node needs: `socket.write` of the same bytes.\n";
export const HANDSHAKE_NOTE =
  "Requests as a browser makes them. The figure counts handshakes in a second of the server's CPU time, so the speed of the client does not " +
  "matter.\n";
export const MEMORY_NOTE =
  "Growth of the resident set for each idle connection that had one message, after a garbage collection.\n";
export const TARGETS_NOTE =
  "The targets that wsimd set itself, and whether it met them. *Noise* is how far a second server of the same program was from the first, " +
  "in three quarters of the rounds. A target that lies within that distance is *too noisy*: neither met nor missed.\n";
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
