// Proof: a flood of pings from peers that read no pongs.
import { frame, Peer, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly } from "../rows.js";

const PING = frame(9, Buffer.alloc(125, "ping"));

/** @type {import("../main.js").Proof} */
export const pings = {
  name: "pings",
  about: "a flood of pings from a peer that reads nothing: the outbox holds 1 KiB of pongs at most",
  count: 40_000_000,
  async run({ count, start, progress }) {
    const child = await start({ mode: "echo" });
    const peer = await Peer.open({ port: child.port });
    peer.socket.pause();
    const before = await child.report();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => PING));
    let sent = 0;
    while (sent < count) {
      await peer.write(flood);
      sent += flood.length;
      progress(sent / count, `${sent} bytes`);
    }
    const after = await reportWhen(child, (report) => report.pings === sent / PING.length);
    peer.reset();
    const end = await reportWhen(child, (report) => report.connections === 0);
    return [
      exactly("pings handled", after.pings, sent / PING.length),
      atMost("the most that waited to be written", after.mostBuffered, 1024, " B"),
      atMost("heap and buffers, growth", after.held - before.held, 1 << 19, " B"),
      ...(await afterwards(child, end)),
    ];
  },
};
