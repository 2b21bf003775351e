// WebSockets on an HTTP server of Node's that the application owns.
import { readGiven } from "../adapter/given-options.js";
import { readPath } from "../adapter/server/request-path.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import type { Readers } from "../protocol/option-readers.js";
import type { ServerHandlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import { knownInternals, prepareInternals } from "./internals-option.js";
import { type AnyHttpServer, assertHttpServer, attachCore, coreOf, type NodeServer } from "./public-http.js";
import { NODE_SERVER_READERS, type NodeServerOptions } from "./server.js";

/** Options of {@link attach}. */
export interface AttachOptions<Data = unknown> extends NodeServerOptions<Data> {
  /**
   * Takes only upgrade requests for this path. Percent-encoding makes no difference, nor does a query, nor an absolute
   * target. Default: all upgrade requests that no other listener takes.
   */
  readonly path?: string | undefined;
}

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
 * @example
 * ```js
 * import { createServer } from "node:http";
 * import { attach } from "wsimd/node";
 *
 * const http = createServer((_, response) => response.end("a page"));
 * attach(http, { path: "/" }, {
 *   message: (socket, data) => socket.send(data),
 * });
 * http.listen(8080);
 * ```
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
  const internals = knownInternals(known.internals);
  prepareInternals(internals);
  return attachCore(httpServer, path, { core, internals });
}
