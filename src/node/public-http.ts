// Servers on Node's `http`, by public parts alone, so that other runtimes with `node:http` use them as well.
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { readGiven } from "../adapter/given-options.js";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import { readPath } from "../adapter/server/request-path.js";
import { type Server, ServerCore } from "../adapter/server/server.js";
import { type ConnectionSource, ServerHandle } from "../adapter/server/server-handle.js";
import { readServerHandlers, type ServerHandlers } from "../adapter/server/server-handlers.js";
import type { Runtime } from "../adapter/transport.js";
import type { Readers } from "../protocol/option-readers.js";
import { type Attachment, takeUpgrade } from "./upgrade-opening.js";
import { UpgradeRouter } from "./upgrade-router.js";

/** The HTTP servers of Node. */
export type AnyHttpServer = HttpServer | HttpsServer;

/** Options of `createServer` on runtimes that have Node's `http` and none of its private parts. */
export interface PublicServerOptions<Data = unknown> extends ServerOptions<Data, IncomingMessage> {}

/** Options of `attach` on runtimes that have Node's `http` and none of its private parts. */
export interface PublicAttachOptions<Data = unknown> extends ServerOptions<Data, IncomingMessage> {
  /**
   * Takes only upgrade requests for this path. Percent-encoding makes no difference, nor does a query, nor an absolute
   * target. Default: all upgrade requests that no other listener takes.
   */
  readonly path?: string | undefined;
}

const PUBLIC_ATTACH_READERS: Readers<PublicAttachOptions> = { ...SERVER_READERS, path: readPath };

/** A server on Node. It takes upgrade requests of HTTP servers that the application owns. */
export interface NodeServer<Data = unknown> extends Server<Data> {
  /**
   * Answers one upgrade request of Node's `http`: as a WebSocket, or with an HTTP error status. After `close`, the
   * status is 503.
   *
   * If the client has left in the meantime, no handler is called. If other code already reads the stream, for instance
   * because it was upgraded before, it is left alone, and the `error` handler gets an `InvalidStateError`. This is not
   * thrown, because a request could cause it.
   * @param request - as the `upgrade` event gives it
   * @param stream - likewise, or any other `Duplex` of bytes that leads to the client; it belongs to wsimd from now on
   * @param head - the bytes that came behind the request
   * @throws TypeError if the stream is no `Duplex`, is in object mode or has an encoding, or if the request is not one
   * of Node's. The stream is untouched then
   */
  upgrade(request: IncomingMessage, stream: Duplex, head: Uint8Array): void;
}

/** Makes a server without a port, for the upgrade requests of servers of Node's `http`. */
export function createServerOn<Data>(
  runtime: Runtime,
  options: PublicServerOptions<Data>,
  handlers: ServerHandlers,
): NodeServer<Data> {
  const known = readGiven<PublicServerOptions>(options, SERVER_READERS);
  return new NodeServerHandle({ core: coreOf(runtime, known, handlers), internals: "off" });
}

/** Takes the upgrades of a server of Node's `http`. */
export function attachOn<Data>(
  runtime: Runtime,
  httpServer: AnyHttpServer,
  options: PublicAttachOptions<Data>,
  handlers: ServerHandlers,
): NodeServer<Data> {
  assertHttpServer(httpServer);
  const known = readGiven<PublicAttachOptions>(options, PUBLIC_ATTACH_READERS);
  const { path } = known;
  return attachCore(httpServer, path, { core: coreOf(runtime, known, handlers, path), internals: "off" });
}

/**
 * The core of a server with these options.
 * @param known - as `SERVER_READERS` reads them
 * @param path - the only path at which there are WebSockets, as `readPath` reads it
 */
export function coreOf(
  runtime: Runtime,
  known: PublicServerOptions,
  handlers: ServerHandlers,
  path?: string | undefined,
): ServerCore {
  const told = readServerHandlers(handlers, known);
  return new ServerCore(runtime, resolveServerOptions(known), told, { path });
}

/** The handle of a server without a port. */
export class NodeServerHandle<Data> extends ServerHandle<Data> implements NodeServer<Data> {
  readonly #attachment: Attachment;

  constructor(attachment: Attachment, source?: ConnectionSource) {
    super(attachment.core, source);
    this.#attachment = attachment;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Uint8Array): void {
    takeUpgrade(this.#attachment, request, stream, head);
  }
}

const METHODS = ["on", "off", "prependListener", "listenerCount", "emit"];

/** @throws TypeError if a value has no events, with the HTTP server that it leads to */
export function assertHttpServer(value: unknown): void {
  if (hasEvents(value)) return;
  const instead = (text: string) => new TypeError(`attach takes an HTTP server: ${text}`);
  if (typeof value === "function") throw instead("pass what app.listen() returns, or http.createServer(app)");
  if (typeof value === "object" && value !== null && hasEvents(Reflect.get(value, "server"))) {
    throw instead("pass the property server of this object");
  }
  throw instead("attach(httpServer, options, handlers)");
}

/** An application of Express has events, but is a function. */
function hasEvents(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return METHODS.every((name) => typeof Reflect.get(value, name) === "function");
}

/** Has a core get the upgrades of an HTTP server. @throws Error if the path is taken */
export function attachCore<Data>(
  httpServer: AnyHttpServer,
  path: string | undefined,
  attachment: Attachment,
): NodeServer<Data> {
  const router = UpgradeRouter.of(httpServer);
  router.add(path, attachment);
  const stop = () => router.remove(path, attachment.core);
  return new NodeServerHandle(attachment, { stop, async drained() {} });
}
