// Proof: connections that come and go leave no memory behind.
import { each, frame, Peer, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly, mebibytes, told, WARMING_BYTES } from "../rows.js";

const SAMPLES = 20;
const HELLO = frame(1, Buffer.from("hello"));
const CLOSE = frame(8, Buffer.from([0x03, 0xe8]));

/** How a connection goes: whether by the closing handshake, and what the client does. */
const WAYS = [
  {
    name: "closing handshake",
    /** @param {number} port */
    async go(port) {
      const peer = await Peer.open({ port }, Buffer.concat([HELLO, CLOSE]));
      await peer.gone();
    },
  },
  {
    name: "FIN",
    /** @param {number} port */
    async go(port) {
      const peer = await Peer.open({ port }, HELLO);
      peer.socket.end();
      await peer.gone();
    },
  },
  {
    name: "RST",
    /** @param {number} port */
    async go(port) {
      const peer = await Peer.open({ port }, HELLO);
      peer.reset();
      await peer.until(() => false);
    },
  },
  {
    name: "FIN in the middle of a message",
    /** @param {number} port */
    async go(port) {
      const peer = await Peer.open({ port }, HELLO.subarray(0, -1));
      peer.socket.end();
      await peer.gone();
    },
  },
];

/** @type {import("../main.js").Proof} */
export const churn = {
  name: "churn",
  about: "connects and closes, in every way: memory stays flat",
  connections: 64,
  count: 1_000_000,
  async run({ connections, count, start, progress }) {
    const child = await start({ mode: "echo" });
    /** @type {import("../child.js").Report[]} */
    const samples = [];
    const part = Math.ceil(count / SAMPLES);
    for (let done = 0; done < count; done += part) {
      await each(Math.min(part, count - done), connections, (i) => {
        if (i % 100 === 0) progress((done + i) / count, `${done + i} of ${count} connections`);
        return WAYS[i % WAYS.length]?.go(child.port) ?? Promise.resolve();
      });
      samples.push(await reportWhen(child, (report) => report.connections === 0));
    }
    const last = samples.at(-1);
    if (last === undefined) throw new Error("no sample");
    // By then all code is compiled and every pool is filled.
    const early = samples[Math.floor(SAMPLES / 5)] ?? last;
    const grown = last.held - early.held;
    return [
      exactly("connections", last.opens, count),
      told(
        "RSS by the way",
        samples
          .filter((_, i) => i % 4 === 3)
          .map(({ rss }) => mebibytes(rss))
          .join(", "),
      ),
      atMost("RSS at the end over RSS at a fifth of the way", (last.rss - early.rss) / (1 << 20), 16, " MiB"),
      atMost("heap and buffers, growth since then", grown, count + WARMING_BYTES, " B"),
      ...(await afterwards(child, last)),
    ];
  },
};
