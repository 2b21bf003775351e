// Proof: peers that do not read hold no more than the limit of back-pressure.
import { each, Peer, REQUEST, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly, told } from "../rows.js";

const MAX_BACKLOG = 1 << 20;
/** What the server pushes at a time: one message may go beyond the limit. */
const MESSAGE = 64 * 1024 + 10;

const POLICIES = /** @type {const} */ (["close", "drop"]);

/** @type {import("../main.js").Proof} */
export const slowReaders = {
  name: "slow-readers",
  about: "a server that sends all it can to peers that read nothing: the backpressure limit bounds it",
  connections: 100,
  count: 200,
  async run({ connections, count, start, progress }) {
    const rows = [];
    for (const [half, backpressure] of POLICIES.entries()) {
      const options = { backpressure, limits: { maxBackpressureBytes: MAX_BACKLOG } };
      const child = await start({ options, mode: "push" });
      const before = await child.report();
      /** @type {Peer[]} */
      const peers = [];
      await each(connections, 20, async () => {
        const peer = await Peer.connect({ port: child.port });
        peer.socket.pause();
        peers.push(peer);
        await peer.write(REQUEST);
      });
      await reportWhen(child, (report) => report.opens === connections);
      let most = 0;
      for (let i = 0; i < count; i++) {
        progress((i / count + half) / 2, `${backpressure}: all it can, ${i} times`);
        const report = await child.push();
        most = Math.max(most, report.held - before.held);
      }
      const after = await child.report();
      for (const peer of peers) peer.reset();
      const end = await reportWhen(child, (report) => report.connections === 0);
      rows.push(
        exactly(`${backpressure}: connections`, after.opens, connections),
        atMost(
          `${backpressure}: the most that waited on one`,
          after.mostBuffered,
          MAX_BACKLOG + MESSAGE,
          " B",
        ),
        atMost(
          `${backpressure}: memory for each connection`,
          most / connections,
          MAX_BACKLOG + MESSAGE + 8 * 1024,
          " B",
        ),
        told(`${backpressure}: close codes`, JSON.stringify(end.closeCodes)),
        ...(await afterwards(child, end)),
      );
    }
    return rows;
  },
};
