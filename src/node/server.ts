// Servers that get their requests from an HTTP server of Node's, one by one.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { readGiven } from "../adapter/given-options.js";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import { type Server, ServerCore } from "../adapter/server/server.js";
import { type ConnectionSource, ServerHandle } from "../adapter/server/server-handle.js";
import {
  type ServerHandlers as AnyServerHandlers,
  readServerHandlers,
} from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { Runtime } from "../adapter/transport.js";
import type { TextType } from "../protocol/endpoint-options.js";
import type { Readers } from "../protocol/option-readers.js";
import type { ServerHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import { INTERNALS_READERS, type InternalsOptions, knownInternals } from "./internals-option.js";
import { type Attachment, takeUpgrade } from "./upgrade-opening.js";

/** Options of {@link createServer}. */
export interface NodeServerOptions<Data = unknown, Incoming = IncomingMessage>
  extends ServerOptions<Data, Incoming>,
    InternalsOptions {}

/** Options of `createServer` on runtimes that have Node's `http` and none of its private parts. */
export interface PublicServerOptions<Data = unknown> extends ServerOptions<Data, IncomingMessage> {}

/** How options of {@link createServer} are read. */
export const NODE_SERVER_READERS: Readers<NodeServerOptions> = { ...SERVER_READERS, ...INTERNALS_READERS };

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

/**
 * Makes a server without a port, whose `upgrade` takes the upgrade requests of any HTTP server of the application. One
 * server may serve several paths and several HTTP servers; and several servers, of one path each, may share an HTTP
 * server.
 * @throws TypeError or RangeError for options that make no sense
 */
export function createServer<Data = unknown, Text extends TextType = TextType>(
  options: NodeServerOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): NodeServer<Data> {
  const known = readGiven<NodeServerOptions>(options, NODE_SERVER_READERS);
  const core = coreOf(nodeRuntime, known, handlers);
  return new NodeServerHandle({ core, internals: knownInternals(known.internals) });
}

/** {@link createServer} on another runtime with Node's `http`: it uses public streams only. */
export function createServerOn<Data>(
  runtime: Runtime,
  options: PublicServerOptions<Data>,
  handlers: AnyServerHandlers,
): NodeServer<Data> {
  const known = readGiven<PublicServerOptions>(options, SERVER_READERS);
  return new NodeServerHandle({ core: coreOf(runtime, known, handlers), internals: "off" });
}

/**
 * The core of a server with these options.
 * @param known - as {@link NODE_SERVER_READERS} reads them
 * @param path - the only path at which there are WebSockets, as `readPath` reads it
 */
export function coreOf(
  runtime: Runtime,
  known: PublicServerOptions,
  handlers: AnyServerHandlers,
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
