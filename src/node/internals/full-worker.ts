// Lets a full server decline connections in a worker of a cluster. The primary hands connections out in turn. It takes
// back one that a worker declines, and gives it to the next worker. Before a worker takes one, Node compares
// `maxConnections` of its server with its own count of connections, which misses those without a `net.Socket`.
import type { EventEmitter } from "node:events";
import type { Server } from "node:net";
import { peerName } from "./bare-handle.js";

/** Tells Node the number of connections of a server that takes them before they become sockets. */
export function tellSize(server: Server, maxConnections: number, size: () => number): void {
  watchOffers();
  define(server, "_connections", () => {
    // Node emits `close` after the last counted connection has ended, and would not be told of that end.
    if (!server.listening) return 0;
    const connections = size();
    return connections < maxConnections || mayDecline() ? connections : maxConnections - 1;
  });
}

/**
 * Bounds how often a server declines whose connections Node counts itself. Node before 22.12 ignores it, and declines
 * without end.
 */
export function boundDeclines(server: Server): void {
  watchOffers();
  define(server, "dropMaxConnection", () => !mayDecline());
}

function define(server: Server, name: string, get: () => unknown): void {
  // Node assigns to it, which must have no effect.
  const descriptor = { __proto__: null, get, set() {}, configurable: true, enumerable: false };
  Object.defineProperty(server, name, descriptor);
}

/**
 * If all workers are full, a connection that each of them declines goes round for ever, and takes all of their time. So
 * a worker declines a connection this often at most, and closes it when it comes again, as a server without a cluster
 * does.
 */
const MAX_DECLINES = 3;
const REMEMBERED = 1_000;
/** How often each of the last connections was declined, for all servers of this worker process. */
const declined = new Map<string, number>();

/** @returns whether the connection that the primary offers may be declined, which counts */
function mayDecline(): boolean {
  const name = peerName(offered);
  // The connection is gone, or came by a Unix socket, whose peers have no address to recognise them by.
  if (name === undefined) return false;
  const count = declined.get(name) ?? 0;
  declined.delete(name);
  if (count === MAX_DECLINES) return false;
  declined.set(name, count + 1);
  if (declined.size > REMEMBERED) declined.delete(declined.keys().next().value ?? "");
  return true;
}

/**
 * The handle that came with the primary's last message. While Node compares, it is that of the connection that is
 * offered.
 */
let offered: unknown;
/** Whether this process listens to the primary's messages. */
let watching = false;

function watchOffers(): void {
  if (watching || !process.connected) return;
  watching = true;
  // Ahead of Node's own listener.
  const messages: EventEmitter = process;
  messages.prependListener("internalMessage", (_message: unknown, handle: unknown) => {
    offered = handle;
  });
}
