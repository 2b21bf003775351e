// WebSockets on an HTTP server of Node's that the application owns.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { readGiven } from "../adapter/given-options.js";
import { SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import { readPath } from "../adapter/server/request-path.js";
import type { ServerHandlers as AnyServerHandlers } from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { Runtime } from "../adapter/transport.js";
import type { TextType } from "../protocol/endpoint-options.js";
import type { Readers } from "../protocol/option-readers.js";
import type { ServerHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import { knownInternals } from "./internals-option.js";
import {
  coreOf,
  NODE_SERVER_READERS,
  type NodeServer,
  NodeServerHandle,
  type NodeServerOptions,
} from "./server.js";
import type { Attachment } from "./upgrade-opening.js";
import { UpgradeRouter } from "./upgrade-router.js";

/** The HTTP servers of Node. */
export type AnyHttpServer = HttpServer | HttpsServer;

/** Options of {@link attach}. */
export interface AttachOptions<Data = unknown> extends NodeServerOptions<Data> {
  /**
   * Takes only upgrade requests for this path. Percent-encoding makes no difference, nor does a query, nor an absolute
   * target. Default: all upgrade requests that no other listener takes.
   */
  readonly path?: string | undefined;
}

/** Options of `attach` on runtimes that have Node's `http` and none of its private parts. */
export interface PublicAttachOptions<Data = unknown> extends ServerOptions<Data, IncomingMessage> {
  /** As in {@link AttachOptions}. */
  readonly path?: string | undefined;
}

const PUBLIC_ATTACH_READERS: Readers<PublicAttachOptions> = { ...SERVER_READERS, path: readPath };
const ATTACH_READERS: Readers<AttachOptions> = { ...NODE_SERVER_READERS, path: readPath };

/**
 * Takes the WebSocket upgrades of an HTTP server that the application owns. Plain requests stay with it, also those
 * that ask for an upgrade to another protocol, and the limits on heads are its own. Closing the returned server closes
 * the WebSockets, not the HTTP server.
 *
 * Other `upgrade` listeners of the server are not told of requests for a `path` that was given here, unless `protocols`
 * has none of the subprotocols that the request offers. They get all other requests first. A request that none of them
 * takes is served by the attachment without a path. If there is none, it gets 404: at once if there are no other
 * listeners, otherwise after the time-out `handshakeMs`.
 * @throws TypeError or RangeError for options that make no sense; Error if the path is taken
 */
export function attach<Data = unknown, Text extends TextType = TextType>(
  httpServer: AnyHttpServer,
  options: AttachOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): NodeServer<Data> {
  assertHttpServer(httpServer);
  const known = readGiven<AttachOptions>(options, ATTACH_READERS);
  const { path } = known;
  const core = coreOf(nodeRuntime, known, handlers, path);
  return attached(httpServer, path, { core, internals: knownInternals(known.internals) });
}

/** {@link attach} on another runtime with Node's `http`: it uses public streams only. */
export function attachOn<Data>(
  runtime: Runtime,
  httpServer: AnyHttpServer,
  options: PublicAttachOptions<Data>,
  handlers: AnyServerHandlers,
): NodeServer<Data> {
  assertHttpServer(httpServer);
  const known = readGiven<PublicAttachOptions>(options, PUBLIC_ATTACH_READERS);
  const { path } = known;
  return attached(httpServer, path, { core: coreOf(runtime, known, handlers, path), internals: "off" });
}

const METHODS = ["on", "off", "prependListener", "listenerCount", "emit"];

/** @throws TypeError if a value has no events, with the HTTP server that it leads to */
function assertHttpServer(value: unknown): void {
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

function attached<Data>(
  httpServer: AnyHttpServer,
  path: string | undefined,
  attachment: Attachment,
): NodeServer<Data> {
  const router = UpgradeRouter.of(httpServer);
  router.add(path, attachment);
  const stop = () => router.remove(path, attachment.core);
  return new NodeServerHandle(attachment, { stop, async drained() {} });
}
