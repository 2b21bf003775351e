// `attach` and `createServer` for Deno, whose `node:http` gives upgraded connections away.
import type { ServerHandlers } from "../adapter/server/server-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import {
  type AnyHttpServer,
  attachOn,
  createServerOn,
  type NodeServer,
  type PublicAttachOptions,
  type PublicServerOptions,
} from "../node/public-http.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { denoRuntime } from "./host.js";

/**
 * Makes a server without a port, whose `upgrade` takes the upgrade requests of servers of `node:http`.
 * @throws TypeError or RangeError for options that make no sense
 */
export function createServer<Data = unknown, Text extends TextType = TextType>(
  options: PublicServerOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): NodeServer<Data> {
  return createServerOn(denoRuntime, options, handlers);
}

/**
 * Takes the WebSocket upgrades of a server of `node:http` or `node:https`, as `attach` of `wsimd/node` does. Plain
 * requests stay with the HTTP server. Closing the returned server closes the WebSockets, not the HTTP server.
 * @throws TypeError or RangeError for options that make no sense; Error if the path is taken
 */
export function attach<Data = unknown, Text extends TextType = TextType>(
  httpServer: AnyHttpServer,
  options: PublicAttachOptions<Data> & TextTypeOption<Text>,
  handlers: ServerHandlers<Data, Text>,
): NodeServer<Data> {
  return attachOn(denoRuntime, httpServer, options, handlers);
}
