// `connect` for workerd, over its TCP sockets.

import { connect as connectTcp } from "cloudflare:sockets";
import type { Address } from "../adapter/client/address.js";
import { CLIENT_READERS, type ClientOptions, connectBy } from "../adapter/client/client.js";
import { type ClientHandlers, readClientHandlers } from "../adapter/client/client-handlers.js";
import { readGiven } from "../adapter/given-options.js";
import { hostOptions } from "../adapter/host-options.js";
import { portableRuntime } from "../adapter/portable-runtime.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { StreamTransport } from "../streams/stream-transport.js";

/** Options of {@link connect}. */
export type ConnectOptions<Data = unknown> = ClientOptions<Data>;

/**
 * Connects to a server, over TCP and for `wss:` TLS. The connection belongs to the request or the durable object in
 * which this is called: it ends together with that, and only that code may use it.
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense; rejects with a `HandshakeError`, with workerd's error,
 * or with the signal's reason
 * @example
 * ```ts
 * import { connect } from "wsimd/workerd";
 *
 * export default {
 *   // Asks another server, and answers with what that says.
 *   async fetch(): Promise<Response> {
 *     const answer = new Promise<string>((resolve, reject) => {
 *       connect("wss://example.org/", {}, {
 *         open: (socket) => socket.send("hello"),
 *         message: (_, data) => resolve(String(data)),
 *         close: (_, { code }) => reject(new Error(`closed with ${code}`)),
 *       }).catch(reject);
 *     });
 *     return new Response(await answer);
 *   },
 * };
 * ```
 */
export async function connect<Data = unknown, Text extends TextType = TextType>(
  url: string | URL,
  options: ConnectOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  const known = readGiven<ConnectOptions>(options, CLIENT_READERS);
  const told = readClientHandlers(handlers, known);
  return connectBy<Data>({ runtime: portableRuntime(), open }, url, known, told);
}

function open({ hostname, port, secure, unixPath }: Address): StreamTransport {
  if (unixPath !== undefined) throw new TypeError("workerd has no Unix sockets");
  const socket = connectTcp(
    { hostname: hostname.includes(":") ? `[${hostname}]` : hostname, port },
    // When the server ends its side, waiting bytes are still written before this side ends.
    hostOptions({ secureTransport: secure ? "on" : "off", allowHalfOpen: true }),
  );
  // Cancelling and aborting the streams would keep the connection open until the request ends.
  const transport = new StreamTransport(socket, "", () => socket.close());
  socket.opened.then(
    ({ remoteAddress }) => {
      transport.remoteAddress = withoutPort(remoteAddress ?? "");
    },
    // This error says more than the streams' reason.
    (error: unknown) => transport.fail(error),
  );
  // The streams report the same failure.
  socket.closed.catch(() => {});
  return transport;
}

/** The address of `address:port`, without the brackets of IPv6. */
function withoutPort(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
