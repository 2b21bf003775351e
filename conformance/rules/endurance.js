// What a peer can ask for that costs the other side: sections 5.5.3 and 10.4.
import { encode, ping } from "../frames.js";
import { breaks, CONFORMS, differs } from "../verdict.js";

/** More than two sockets' buffers hold. */
const FLOOD_BYTES = 24 << 20;
const MOST_WAITING_BYTES = FLOOD_BYTES / 2;
const BATCH = 2000;
const PAYLOAD = Buffer.alloc(125, 0x70);

/** @type {readonly import("../verdict.js").Rule[]} */
export const ENDURANCE_RULES = [
  {
    group: "Limits",
    section: "5.5.3",
    title: `pongs do not pile up for a peer that pings ${FLOOD_BYTES >> 20} MiB and reads nothing`,
    trials: [{ name: "flood", alone: true, run: pingFlood }],
  },
];

/**
 * @param {import("../target.js").Target} target
 * @param {import("../verdict.js").Patience} patience
 * @returns {Promise<import("../verdict.js").Finding>}
 */
async function pingFlood(target, patience) {
  const peer = await target.open();
  try {
    peer.stopReading();
    const batch = encode(
      Array.from({ length: BATCH }, () => ping(PAYLOAD)),
      target.role === "server",
    );
    for (let sent = 0; sent < FLOOD_BYTES; sent += BATCH * PAYLOAD.length) {
      // It may also stop reading until its pongs are read.
      if (!(await peer.flood(batch, patience.hesitation))) break;
    }
    peer.goOnReading();
    const first = await lastPing(target, peer, patience);
    // If an endpoint dropped some pongs because they were not read, they are read by now, and it may answer again.
    const second = first.answered || (await lastPing(target, peer, patience)).answered;
    if (peer.fault !== undefined) return breaks(peer.fault);
    if (peer.over || peer.close !== undefined) return differs("ends the connection");
    if (!second) return breaks("answers pings no more (5.5.2)");
    if (!peer.pongs.includes(first.payload)) return differs("drops the newest pongs, too");
    if (peer.pongBytes > MOST_WAITING_BYTES)
      return differs(`keeps them all: ${peer.pongBytes >> 20} MiB came`);
    return CONFORMS;
  } finally {
    peer.destroy();
  }
}

/**
 * Pings once more, and tells whether that was answered.
 * @param {import("../target.js").Target} target
 * @param {import("../peer.js").Peer} peer
 * @param {import("../verdict.js").Patience} patience
 */
async function lastPing(target, peer, patience) {
  const bytes = Buffer.from(`the last of ${peer.pongs.length}`);
  const payload = bytes.toString("hex");
  await peer.write(encode([ping(bytes)], target.role === "server"));
  await peer.until(
    () => peer.pongs.at(-1) === payload || peer.over || peer.close !== undefined,
    patience.timeout,
  );
  return { payload, answered: peer.pongs.at(-1) === payload };
}
