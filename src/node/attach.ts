import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { Handlers } from "../adapter/handlers.js";
import { Opening } from "../adapter/opening.js";
import {
  type BroadcastOptions,
  type Server,
  type ServerCloseOptions,
  ServerCore,
} from "../adapter/server.js";
import { resolveServerOptions, type ServerOptions } from "../adapter/server-options.js";
import { HeaderList } from "../handshake/index.js";
import { nodeRuntime } from "./host.js";
import { NodeTransport } from "./node-transport.js";
import { knownReadPath, type ReadOptions, type ReadPath } from "./read-path.js";

/** Options of {@link upgrade}. */
export interface UpgradeOptions extends ServerOptions, ReadOptions {}

/** Options of {@link attach}. */
export interface AttachOptions extends UpgradeOptions {
  /** Takes only upgrade requests for this path; others are left to other listeners. Default: all. */
  readonly path?: string;
}

/**
 * Takes the WebSocket upgrades of an HTTP server that somebody else owns. Plain requests stay with it. Closing what this
 * returns closes the WebSockets, not the HTTP server.
 * @throws TypeError or RangeError for options that make no sense
 */
export function attach<Data = unknown>(
  httpServer: HttpServer | HttpsServer,
  options: AttachOptions,
  handlers: Handlers<Data>,
): Server {
  const core = new ServerCore(nodeRuntime, resolveServerOptions(options), handlers);
  const readPath = knownReadPath(options.readPath);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    if (options.path !== undefined && pathOf(request) !== options.path) return;
    open(core, request, socket, head, readPath);
  };
  httpServer.on("upgrade", onUpgrade);
  return {
    connections: core.connections,
    broadcast: (message, broadcastOptions?: BroadcastOptions) => core.broadcast(message, broadcastOptions),
    close(closeOptions?: ServerCloseOptions) {
      httpServer.off("upgrade", onUpgrade);
      return core.closeAll(closeOptions);
    },
  };
}

/**
 * Answers one upgrade request of Node's `http`: as a WebSocket, or with the status that it deserves.
 * @param socket - as the `upgrade` event gives it; it belongs to wsimd from now on
 * @param head - the bytes that came behind the request
 */
export function upgrade<Data = unknown>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions,
  handlers: Handlers<Data>,
): void {
  const readPath = knownReadPath(options.readPath);
  open(new ServerCore(nodeRuntime, resolveServerOptions(options), handlers), request, socket, head, readPath);
}

function open(
  core: ServerCore,
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  readPath: ReadPath,
): void {
  if (!(socket instanceof NetSocket)) throw new TypeError("the upgraded socket must be a net.Socket");
  socket.setTimeout(0);
  socket.setNoDelay(true);
  const opening = new Opening(core, new NodeTransport(socket, readPath));
  if (request.httpVersion !== "1.1") {
    opening.refuse({ status: 400, reason: "the request is not HTTP/1.1" });
    return;
  }
  const headers = HeaderList.from(request.rawHeaders);
  opening.begin({ method: request.method ?? "", target: request.url ?? "", headers }, head);
}

function pathOf(request: IncomingMessage): string {
  const target = request.url ?? "";
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}
