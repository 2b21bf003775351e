// The HTTP server of a `WebSocketServer` with a port of its own.
import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { setImmediate } from "../node/globals.js";
import { type ConnectionHandle, peerAddress, takeConnections, whatWorks } from "../node/internals/index.js";
import { type Internals, knownInternals, prepareInternals } from "../node/internals-option.js";
import { PortConnection, type PortOwner } from "./port-connection.js";
import { canMakeRequests } from "./port-request.js";
import type { ServerOptions } from "./server-options.js";

const UPGRADE_REQUIRED = 426;

/** Where to listen, and how. */
export type PortOptions = Pick<ServerOptions, "backlog" | "host" | "internals" | "port">;

/** Takes the upgrade requests that did not come by the HTTP server. */
export type TakeUpgrade = PortOwner["upgrade"];

/**
 * Listens on a port. Where Node's private parts allow it, connections are accepted as handles: an upgrade request goes
 * to the server without a `net.Socket` or a parser of Node's. All other connections are those of an HTTP server, which
 * tells clients that ask for no upgrade that they have to.
 */
export class PortListener implements PortOwner {
  readonly server: Server = createServer((_request, response) => requireUpgrade(response));
  readonly internals: Internals;
  readonly upgrade: TakeUpgrade;
  /** The connections that the HTTP server does not count. */
  #uncounted = 0;
  /** Is called when all connections are over. Undefined before the HTTP server is closed. */
  #closed: (() => void) | undefined;

  constructor(options: PortOptions, upgrade: TakeUpgrade, listening?: () => void) {
    const { backlog, host, internals, port } = options;
    this.internals = knownInternals(internals);
    this.upgrade = upgrade;
    if (this.internals !== "off") this.server.once("listening", () => this.#prepare());
    this.server.listen(port ?? 0, host ?? undefined, backlog ?? undefined, listening);
  }

  get headersTimeout(): number {
    return this.server.headersTimeout || Number.POSITIVE_INFINITY;
  }

  /** Accepts no more connections. @param closed - is called when all are over */
  close(closed: () => void): void {
    this.server.close(() => {
      this.#closed = closed;
      this.#tellWhenOver();
    });
  }

  serve(socket: Socket): void {
    this.server.emit("connection", socket);
  }

  /** A connection is over that was accepted as a handle. */
  ended(): void {
    this.#uncounted--;
    this.#tellWhenOver();
  }

  #tellWhenOver(): void {
    if (this.#uncounted > 0) return;
    this.#closed?.();
    this.#closed = undefined;
  }

  /** Finds out whether connections can be accepted as handles. The application goes on first. */
  #prepare(): void {
    if (whatWorks() !== undefined) this.#takeHandles();
    else setImmediate(() => prepareInternals(this.internals).then(() => this.#takeHandles()));
  }

  #takeHandles(): void {
    if (whatWorks()?.handles !== true || !canMakeRequests()) return;
    takeConnections(
      this.server,
      (handle) => this.#accept(handle),
      () => this.#isUnwatched(),
    );
  }

  /** Whether the application does nothing with the HTTP server that would tell a handle from a socket. */
  #isUnwatched(): boolean {
    const { server } = this;
    return (
      server.listenerCount("connection") === 1 &&
      server.listenerCount("upgrade") === 1 &&
      server.listenerCount("clientError") === 0 &&
      server.maxConnections == null
    );
  }

  #accept(handle: ConnectionHandle): void {
    // The other end is gone already.
    if (peerAddress(handle) === undefined) {
      handle.close();
      return;
    }
    this.#uncounted++;
    new PortConnection(this, handle);
  }
}

function requireUpgrade(response: ServerResponse): void {
  const body = STATUS_CODES[UPGRADE_REQUIRED] ?? "";
  response.writeHead(UPGRADE_REQUIRED, { "Content-Length": body.length, "Content-Type": "text/plain" });
  response.end(body);
}
