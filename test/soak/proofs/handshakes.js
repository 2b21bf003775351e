// Proof: opening handshakes that are never finished.
import { each, Peer, REQUEST, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly, mebibytes, told, WARMING_BYTES } from "../rows.js";

/** @type {import("../main.js").Proof} */
export const handshakes = {
  name: "handshakes",
  about: "opening handshakes given up at every byte, by FIN and by RST: nothing is retained",
  connections: 64,
  count: 100_000,
  async run({ connections, count, start, progress }) {
    const child = await start({ mode: "echo" });
    const round = (/** @type {number} */ length, /** @type {number} */ before) =>
      each(length, connections, async (i) => {
        if (i % 100 === 0) progress((before + i) / (count * 1.1), `${before + i} handshakes`);
        const peer = await Peer.connect({ port: child.port });
        const cut = i % REQUEST.length;
        if (cut > 0) await peer.write(REQUEST.subarray(0, cut));
        if (Math.floor(i / REQUEST.length) % 2 === 0) peer.reset();
        else peer.socket.end();
        await peer.gone();
      });
    const idle = (/** @type {import("../child.js").Report} */ report) => report.sockets === 0;
    // The code gets compiled.
    await round(Math.ceil(count / 10), 0);
    const before = await reportWhen(child, idle);
    await round(count, count / 10);
    const after = await reportWhen(child, idle);
    const retained = after.held - before.held;
    return [
      atMost("heap and buffers retained", retained, count + WARMING_BYTES, " B"),
      told("RSS before and after", `${mebibytes(before.rss)}, ${mebibytes(after.rss)}`),
      exactly("sockets left", after.sockets, 0),
      exactly("connections that opened", after.opens, 0),
      ...(await afterwards(child, after)),
    ];
  },
};
