// Counts the open sockets of a process.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * How many TCP sockets this process has open, on Linux, whichever runtime it is. Unix sockets are not counted: runtimes open
 * pairs of them for themselves when they see fit.
 */
export function openSockets(): number {
  const unix = readFileSync("/proc/self/net/unix", "latin1");
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    const inode = inodeOf(descriptor);
    return inode !== undefined && !unix.includes(` ${inode}`);
  }).length;
}

/** Of a socket; undefined for any other file. */
function inodeOf(descriptor: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  } catch {
    // The one that the folder was read with.
    return undefined;
  }
}
