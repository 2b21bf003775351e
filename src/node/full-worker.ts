// What a full server does in a worker of a cluster. The primary hands connections out in turn, and takes one back that a worker declines:
// then the next worker gets it. Before a worker takes one, Node compares `maxConnections` of its server with the connections
// that it knows; those whose handles are taken before they become sockets it doesn't.
import type { EventEmitter } from "node:events";
import type { Server } from "node:net";
import { peerName } from "./internals/bare-handle.js";

/** Tells Node how many connections a server has whose connections it doesn't see. */
export function tellSize(server: Server, maxConnections: number, size: () => number): void {
  watchOffers();
  define(server, "_connections", () => {
    // Node waits for them before it says that the server is closed, and nothing would tell it of the last one's end.
    if (!server.listening) return 0;
    const connections = size();
    return connections < maxConnections || mayDecline() ? connections : maxConnections - 1;
  });
}

/** For a server whose connections Node counts itself. Before Node 22.12 it declines them without end. */
export function boundDeclines(server: Server): void {
  watchOffers();
  define(server, "dropMaxConnection", () => !mayDecline());
}

function define(server: Server, name: string, get: () => unknown): void {
  // What Node sets it to is forgotten.
  const descriptor = { __proto__: null, get, set() {}, configurable: true, enumerable: false };
  Object.defineProperty(server, name, descriptor);
}

/**
 * If all workers are full, a connection that each declines goes round and round, and takes all of their time. So a worker declines it that
 * often, and closes it when it comes again, as a server without a cluster does.
 */
const MAX_DECLINES = 3;
/** Those that were declined last are remembered. */
const REMEMBERED = 1_000;
const declined = new Map<string, number>();

/** @returns whether the connection that the primary offers may be declined, which counts */
function mayDecline(): boolean {
  const name = peerName(offered);
  // It is gone, or came by a Unix socket, which tells nothing by which it could be known again.
  if (name === undefined) return false;
  const count = declined.get(name) ?? 0;
  declined.delete(name);
  if (count === MAX_DECLINES) return false;
  declined.set(name, count + 1);
  if (declined.size > REMEMBERED) declined.delete(declined.keys().next().value ?? "");
  return true;
}

/** The handle that came with the primary's last message: while Node asks, the connection that is offered. */
let offered: unknown;
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
