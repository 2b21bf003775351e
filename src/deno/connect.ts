// `connect` for Deno: that of Node, on Deno's `node:net`, with Deno's permissions.
import type { ClientHandlers } from "../adapter/client/client-handlers.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import { type ConnectOptions, connectOn } from "../node/connect.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { denoRuntime } from "./host.js";
import { denoTransports } from "./internals/index.js";
import { permitted } from "./internals-option.js";

/**
 * Connects to a server. Needs the permission `net` for it.
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two; or, for a Unix socket, `ws+unix:` or
 * `wss+unix:`, as in `ws+unix:/run/app.sock:/chat`
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a `HandshakeError`, with the system's
 * error, or with the signal's reason
 * @example
 * ```js
 * import { connect } from "wsimd/deno";
 *
 * const socket = await connect("ws://127.0.0.1:8080/", {}, {
 *   message(socket, data) {
 *     console.log(data);
 *     socket.close(1000);
 *   },
 * });
 * socket.send("hello");
 * ```
 */
export async function connect<Data = unknown, Text extends TextType = TextType>(
  url: string | URL,
  options: ConnectOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  return connectOn(denoRuntime, denoTransports, url, permitted(options), handlers);
}
