import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { readHandlers } from "../adapter/given-handlers.js";
import type { Handlers } from "../adapter/handlers.js";
import { Opening } from "../adapter/opening.js";
import {
  type BroadcastOptions,
  type Server,
  type ServerCloseOptions,
  ServerCore,
} from "../adapter/server.js";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "../adapter/server-options.js";
import { allWithData } from "../adapter/typed-data.js";
import { HeaderList } from "../handshake/index.js";
import { type Readers, readOptions, text } from "../protocol/option-readers.js";
import { nodeRuntime } from "./host.js";
import { NodeTransport } from "./node-transport.js";
import { knownReadPath, READ_READERS, type ReadOptions, type ReadPath } from "./read-path.js";
import { peerIsGone } from "./remote-address.js";

/** Options of {@link upgrade}. */
export interface UpgradeOptions<Data = unknown> extends ServerOptions<Data>, ReadOptions {}

/** Options of {@link attach}. */
export interface AttachOptions<Data = unknown> extends UpgradeOptions<Data> {
  /** Takes only upgrade requests for this path. Default: all that nobody else who is attached has a path for. */
  readonly path?: string;
}

const UPGRADE_READERS: Readers<UpgradeOptions> = { ...SERVER_READERS, ...READ_READERS };
const ATTACH_READERS: Readers<AttachOptions> = { ...UPGRADE_READERS, path: text };

/**
 * Takes the WebSocket upgrades of an HTTP server that somebody else owns. Plain requests stay with it, and the limits on
 * heads are its own. Upgrades for a path that nobody is attached to are left to the server's other `upgrade` listeners;
 * if there are none, they get 404. Closing what this returns closes the WebSockets, not the HTTP server.
 * @throws TypeError or RangeError for options that make no sense; Error if the path is taken
 */
export function attach<Data = unknown>(
  httpServer: HttpServer | HttpsServer,
  options: AttachOptions<Data>,
  handlers: Handlers<Data>,
): Server<Data> {
  const known = readOptions<AttachOptions>(options, ATTACH_READERS);
  const told = readHandlers(handlers, known.pieces);
  const core = new ServerCore(nodeRuntime, resolveServerOptions(known), told);
  const readPath = knownReadPath(known.readPath);
  const router = UpgradeRouter.of(httpServer);
  router.add(known.path, { core, readPath });
  return {
    connections: allWithData(core.connections),
    broadcast: (message, broadcastOptions?: BroadcastOptions<Data>) =>
      core.broadcast(message, broadcastOptions),
    async close(closeOptions?: ServerCloseOptions) {
      const gone = core.closeAll(closeOptions);
      router.remove(known.path, core);
      await gone;
    },
  };
}

const NO_NET_SOCKET = "the upgraded socket must be a net.Socket";

interface Attachment {
  readonly core: ServerCore;
  readonly readPath: ReadPath;
}

/** The one listener for the upgrades of an HTTP server: it knows all who are attached to that. */
class UpgradeRouter {
  static readonly #routers = new WeakMap<HttpServer | HttpsServer, UpgradeRouter>();
  readonly #httpServer: HttpServer | HttpsServer;
  readonly #attachments = new Map<string | undefined, Attachment>();

  private constructor(httpServer: HttpServer | HttpsServer) {
    this.#httpServer = httpServer;
  }

  static of(httpServer: HttpServer | HttpsServer): UpgradeRouter {
    let router = UpgradeRouter.#routers.get(httpServer);
    if (router === undefined) {
      router = new UpgradeRouter(httpServer);
      UpgradeRouter.#routers.set(httpServer, router);
    }
    return router;
  }

  add(path: string | undefined, attachment: Attachment): void {
    if (this.#attachments.has(path)) throw new Error(`already attached to ${path ?? "all paths"}`);
    this.#attachments.set(path, attachment);
    if (this.#attachments.size === 1) this.#httpServer.on("upgrade", this.#onUpgrade);
  }

  remove(path: string | undefined, core: ServerCore): void {
    if (this.#attachments.get(path)?.core !== core) return;
    this.#attachments.delete(path);
    if (this.#attachments.size === 0) this.#httpServer.off("upgrade", this.#onUpgrade);
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    const found = this.#attachments.get(pathOf(request)) ?? this.#attachments.get(undefined);
    const [any] = this.#attachments.values();
    const taker = found ?? any;
    // If there is no other listener, nobody else will answer, and the client would wait for ever.
    if (taker === undefined || (found === undefined && this.#httpServer.listenerCount("upgrade") > 1)) return;
    if (!(socket instanceof NetSocket)) {
      // Thrown from here it would end the process.
      taker.core.report(new TypeError(NO_NET_SOCKET));
      socket.destroy();
    } else if (found !== undefined) {
      open(found, request, socket, head);
    } else {
      opening(taker, socket)?.refuse({ status: 404, reason: "no WebSocket here" });
    }
  };
}

/**
 * Answers one upgrade request of Node's `http`: as a WebSocket, or with the status that it deserves. If the client has
 * left in the meantime, no handler is called.
 * @param socket - as the `upgrade` event gives it; it belongs to wsimd from now on
 * @param head - the bytes that came behind the request
 * @throws TypeError or RangeError for options that make no sense; TypeError if the socket is no `net.Socket`
 */
export function upgrade<Data = unknown>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<Data>,
  handlers: Handlers<Data>,
): void {
  const known = readOptions<UpgradeOptions>(options, UPGRADE_READERS);
  const told = readHandlers(handlers, known.pieces);
  const core = new ServerCore(nodeRuntime, resolveServerOptions(known), told);
  if (!(socket instanceof NetSocket)) throw new TypeError(NO_NET_SOCKET);
  open({ core, readPath: knownReadPath(known.readPath) }, request, socket, head);
}

function open(attachment: Attachment, request: IncomingMessage, socket: NetSocket, head: Uint8Array): void {
  const begun = opening(attachment, socket);
  if (begun === undefined) return;
  const { method = "", url: target = "", rawHeaders } = request;
  const httpVersion = request.httpVersion === "1.0" ? "1.0" : "1.1";
  begun.begin({ method, target, httpVersion, headers: HeaderList.from(rawHeaders) }, head);
}

/** @returns undefined if the client has left: neither its end nor the socket's would ever be told of again */
function opening({ core, readPath }: Attachment, socket: NetSocket): Opening | undefined {
  if (socket.destroyed || !socket.readable || !socket.writable || peerIsGone(socket)) {
    socket.destroy();
    return undefined;
  }
  socket.setTimeout(0);
  socket.setNoDelay(true);
  return new Opening(core, new NodeTransport(socket, readPath));
}

function pathOf(request: IncomingMessage): string {
  const target = request.url ?? "";
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}
