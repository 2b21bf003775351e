// Cells and numbers as people read them.

/** @param {number | undefined} value */
export function number(value) {
  if (value === undefined) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Parts whose name precedes the load in a cell, which the heading tells. */
const PREFIXES = /^(ablation|compression|drop-in|drop-in-compression|matrix|nodes|sweep)\//;
/** What stands for a load in words. @type {Record<string, string>} */
const NAMES = {
  handshakes: "opening handshakes",
  "first-connections": "first 10,000 connections",
  memory: "idle connections",
  "drop-in-handshakes": "connections opened and closed",
  "drop-in-memory": "idle connections",
  steady: "50,000 messages in a second",
  "tls-handshakes/rsa": "RSA certificate",
  "tls-handshakes/ecdsa": "ECDSA certificate",
  "startup/node20": "start on Node 20",
  "startup/node26": "start on Node 26",
  "cold/worker": "fresh worker",
  "cold/isolate": "fresh isolate",
  "deflate/takeover": "300 B, with takeover",
  "deflate/dearest": "dearest of the hostile ones",
  "deflate/kept/alone": "without takeover",
  "deflate/kept/sent": "messages sent, with takeover",
  "deflate/kept/received": "messages received, with takeover",
  "mix/1": "mix, depth 1",
  "mix/16": "mix, depth 16",
};
/** @type {Record<string, string>} */
const KINDS = {
  mixed: "mixed UTF-8",
  tls: "TLS, binary",
  client: "client role, binary",
  relay: "relay of JSON",
  json: "JSON",
  socketio: "Socket.IO",
};

/** @param {string} cell */
export function describe(cell) {
  const known = NAMES[cell];
  if (known !== undefined) return known;
  const parts = cell.replace(PREFIXES, "").split("/");
  const [kind = "", size = "", depth] = parts[0] === "json" ? ["json", ...parts.slice(2)] : parts;
  if (kind === "hostile") return size;
  if (kind === "workers") return `${size} worker${size === "1" ? "" : "s"}`;
  if (kind === "idle") return `${size} active, ${Number(depth).toLocaleString("en")} idle`;
  if (kind === "broadcast" || kind === "drop-in-broadcast")
    return `broadcast of ${bytes(Number(size))}${depth === "1" ? "" : `, ${depth} in a turn`}`;
  if (kind === "topics") return `published to a topic, ${depth} in a turn`;
  if (kind === "topics-8") return `published to 8 topics, ${depth} in a turn`;
  if (depth === undefined) return size === "" ? kind : `${kind}, ${bytes(Number(size))}`;
  return `${KINDS[kind] ?? kind}, ${bytes(Number(size))}, depth ${depth}`;
}

/** @param {number} size */
export function bytes(size) {
  return size === 1 << 20 ? "1 MiB" : `${size.toLocaleString("en")} B`;
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}
