// Cells and numbers as people read them.

/** @param {number | undefined} value */
export function number(value) {
  if (value === undefined) return "–";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {string} cell */
export function describe(cell) {
  const [kind = "", size = "", depth] = cell.replace(/^ablation\//, "").split("/");
  if (kind === "handshakes") return "opening handshakes";
  if (kind === "memory") return "idle connections";
  const bytes = Number(size) === 1 << 20 ? "1 MiB" : `${Number(size).toLocaleString("en")} B`;
  if (kind === "broadcast") return `${bytes} to 1,000 clients`;
  if (depth === undefined) return size === "" ? kind : `${kind}, ${bytes}`;
  const what = { mixed: "mixed UTF-8", tls: "TLS, binary", client: "client role, binary" }[kind] ?? kind;
  return `${what}, ${bytes}, depth ${depth}`;
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}
