// The listener of a server, on top of `node:net` or `node:tls`.
import { once } from "node:events";
import type { ListenOptions as NetPlace, Server as NetServer, Socket as NetSocket } from "node:net";
import { hostOptions } from "../adapter/host-options.js";
import { IdMap } from "../adapter/id-map.js";
import type { Listener, Place, Where } from "../adapter/server/listening.js";
import { mayUseNetwork } from "./permission.js";

/** Where to listen, and how many connections may wait to be accepted. */
export interface NodePlace extends Place {
  readonly backlog?: number | undefined;
}

/** Listens, and tracks the connections that the server has not got yet. */
export class NodeListener implements Listener {
  readonly #netServer: NetServer;
  /** The TCP connections under TLS, also while the TLS handshake goes on. */
  readonly #underTls = new IdMap<Kept>();
  #drained: Promise<void> | undefined;

  constructor(netServer: NetServer, secure: boolean) {
    this.#netServer = netServer;
    if (secure) netServer.on("connection", (socket) => keep(this.#underTls, socket));
  }

  /** @throws the error of the system, or of Node, if it can't listen there */
  async listen(place: NodePlace): Promise<void> {
    this.#netServer.listen(hostOptions(nodePlace(place)));
    await once(this.#netServer, "listening");
  }

  get where(): Where {
    return this.#netServer.address() ?? "";
  }

  stop(): void {
    this.#drained = new Promise((resolve) => {
      this.#netServer.close(() => resolve());
    });
  }

  async drained(): Promise<void> {
    for (const { socket } of this.#underTls.values()) socket.destroy();
    await this.#drained;
  }

  ref(): void {
    this.#netServer.ref();
  }

  unref(): void {
    this.#netServer.unref();
  }
}

interface Kept {
  readonly id: number;
  readonly socket: NetSocket;
}

let lastId = 0;

/** Keeps a socket until it is closed. */
function keep(sockets: IdMap<Kept>, socket: NetSocket): void {
  const id = ++lastId;
  sockets.add({ id, socket });
  socket.once("close", () => sockets.delete(id));
}

/** The options of Node's `listen`, including those that its types lack. */
interface Asked extends NetPlace {
  readonly fd?: number;
  readonly reusePort?: boolean | undefined;
}

function nodePlace({ port = 0, host, unix, fd, reusePort, backlog = 511 }: NodePlace): Asked {
  if (fd !== undefined) return { fd, backlog };
  if (unix !== undefined) return { path: unix, backlog };
  if (reusePort) assertReusesPorts();
  // With a host, Node checks the permission in a callback, whose exception would end the process; without one it throws
  // here.
  return { port, backlog, reusePort, ...(mayUseNetwork() && { host }) };
}

/** @throws Error on a Node that ignores the option */
function assertReusesPorts(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const able = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  if (!able) throw new Error(`reusePort needs Node 22.12 or 23.1, and this is ${process.versions.node}`);
}
