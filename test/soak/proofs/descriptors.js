// Proof: a server that runs out of file descriptors.
import { frame, Peer, reportWhen } from "../peer.js";
import { afterwards, atMost, exactly } from "../rows.js";

/** Node opens the modules of a program side by side, so the server would not start with half of these. */
const FILES = 128;

/** @type {import("../main.js").Proof} */
export const descriptors = {
  name: "descriptors",
  about: "a server that runs out of file descriptors: who is in stays in, and others come when there is room",
  connections: 300,
  not: { deno: "it panics itself when it has no descriptor left (2.9.5)" },
  async run({ connections, start, progress }) {
    const child = await start({ mode: "echo" }, { files: FILES });
    const first = await Peer.open({ port: child.port });
    const crowd = [];
    for (let i = 0; i < connections; i++) {
      progress(i / connections, `${i} connections`);
      crowd.push(await Peer.connect({ port: child.port }));
    }
    const full = await child.report();
    await first.write(frame(1, Buffer.from("still here")));
    await first.until(() => first.received >= 129 + 12);
    for (const peer of crowd) peer.reset();
    await reportWhen(child, (report) => report.sockets <= 1);
    const later = [];
    for (let i = 0; i < 10; i++) later.push(await Peer.open({ port: child.port }));
    const after = await child.report();
    for (const peer of [first, ...later]) peer.reset();
    const end = await reportWhen(child, (report) => report.connections === 0);
    return [
      atMost("sockets of the server at the fullest", full.sockets, FILES),
      exactly("echoes for who was in before", first.received, 129 + 12),
      exactly("connections when there is room again", after.connections, 11),
      ...(await afterwards(child, end)),
    ];
  },
};
