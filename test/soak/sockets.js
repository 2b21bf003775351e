// What a process has open, on Linux.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTENING = "0A";

/**
 * How many TCP sockets a process has open, but for those that listen, whichever runtime it is. Asked from outside: it may have no
 * descriptor left to look with.
 * @param {number} pid
 */
export function openSockets(pid) {
  const others = new Set([...unixInodes(pid), ...listeningInodes(pid)]);
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    const inode = inodeOf(`/proc/${pid}/fd/${descriptor}`);
    return inode !== undefined && !others.has(inode);
  }).length;
}

/**
 * Of a socket; undefined for any other file.
 * @param {string} descriptor
 */
function inodeOf(descriptor) {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(descriptor))?.[1];
  } catch {
    // It has been closed by now.
    return undefined;
  }
}

/** Pipes to the parent, and what runtimes have for themselves. @param {number} pid */
function unixInodes(pid) {
  return rows(pid, "unix").map((columns) => columns[6]);
}

/** @param {number} pid */
function listeningInodes(pid) {
  return [...rows(pid, "tcp"), ...rows(pid, "tcp6")]
    .filter((columns) => columns[3] === LISTENING)
    .map((columns) => columns[9]);
}

/**
 * @param {number} pid
 * @param {string} table
 */
function rows(pid, table) {
  const [, ...lines] = readFileSync(`/proc/${pid}/net/${table}`, "latin1").split("\n");
  return lines.map((line) => line.trim().split(/\s+/));
}
