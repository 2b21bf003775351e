// Servers on Node that get their requests from an HTTP server, one by one.
import type { IncomingMessage } from "node:http";
import { readGiven } from "../adapter/given-options.js";
import { SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import type { Readers } from "../protocol/option-readers.js";
import type { ServerHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import {
  INTERNALS_READERS,
  type InternalsOptions,
  knownInternals,
  prepareInternals,
} from "./internals-option.js";
import { coreOf, type NodeServer, NodeServerHandle } from "./public-http.js";

/** Options of {@link createServer}. */
export interface NodeServerOptions<Data = unknown, Incoming = IncomingMessage>
  extends ServerOptions<Data, Incoming>,
    InternalsOptions {}

/** How options of {@link createServer} are read. */
export const NODE_SERVER_READERS: Readers<NodeServerOptions> = { ...SERVER_READERS, ...INTERNALS_READERS };

/**
 * Makes a server without a port, whose `upgrade` takes the upgrade requests of any HTTP server of the application. One
 * server may serve several paths and several HTTP servers; and several servers, of one path each, may share an HTTP
 * server.
 * @throws TypeError or RangeError for options that make no sense
 * @example
 * ```js
 * import http from "node:http";
 * import { createServer } from "wsimd/node";
 *
 * const echo = createServer({}, { message: (socket, data) => socket.send(data) });
 * const server = http.createServer();
 * server.on("upgrade", (request, stream, head) => echo.upgrade(request, stream, head));
 * server.listen(8080);
 * ```
 */
export function createServer<Data = unknown, Text extends TextType = TextType>(
  options: NodeServerOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): NodeServer<Data> {
  const known = readGiven<NodeServerOptions>(options, NODE_SERVER_READERS);
  const core = coreOf(nodeRuntime, known, handlers);
  const internals = knownInternals(known.internals);
  prepareInternals(internals);
  return new NodeServerHandle({ core, internals });
}
