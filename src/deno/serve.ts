// `serve` for Deno: that of Node, on Deno's `node:net`, with Deno's permissions.
import { type ListeningServer, PortServer } from "../adapter/server/listening.js";
import type { ServerHandlers } from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import { listenOn, type ServeOptions as NodeServeOptions } from "../node/serve.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { demandHost } from "./deno.js";
import { denoRuntime } from "./host.js";
import { denoTransports } from "./internals/index.js";
import { permitted } from "./internals-option.js";

/** Options of {@link serve}. */
export interface ServeOptions<Data = unknown> extends NodeServeOptions<Data, undefined> {}

/**
 * Opens a port, or a Unix socket, that speaks WebSocket: requests that are no opening handshake go to `fetch`, or get
 * an HTTP error status. Needs the permission `net` for the place, or `read` and `write` for the Unix socket.
 * @throws TypeError or RangeError for options that make no sense; rejects with the system's error if it can't listen
 * @example
 * ```js
 * import { serve } from "wsimd/deno";
 *
 * const server = await serve({ port: 8080 }, {
 *   message: (socket, data) => socket.send(data),
 * });
 * console.log(server.url);
 * ```
 */
export async function serve<Data = unknown, Text extends TextType = TextType>(
  options: ServeOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): Promise<ListeningServer<Data>> {
  const known = permitted(options);
  const { host, port = 0, unix } = known;
  if (typeof host === "string" && unix === undefined)
    demandHost(`${host.includes(":") ? `[${host}]` : host}:${port}`);
  const { attachment, listener } = await listenOn(denoRuntime, denoTransports, known, handlers);
  return new PortServer(attachment.core, listener);
}
