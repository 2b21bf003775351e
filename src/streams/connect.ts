// A client over streams that lead to a server.

import { CLIENT_READERS, type ClientOptions, connectBy } from "../adapter/client/client.js";
import { type ClientHandlers, readClientHandlers } from "../adapter/client/client-handlers.js";
import { readGiven } from "../adapter/given-options.js";
import { portableRuntime } from "../adapter/portable-runtime.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { ownOptions, type Readers, text } from "../protocol/option-readers.js";
import type { ByteStreams } from "./byte-streams.js";
import { StreamTransport } from "./stream-transport.js";

/** Options of {@link connect}. Streams lead to one server and one connection: no redirects, no `reconnect`. */
export interface ConnectOptions<Data = unknown>
  extends Omit<ClientOptions<Data>, "maxRedirects" | "reconnect"> {
  /** The server's address, for the socket. Default "". */
  readonly remoteAddress?: string | undefined;
}

const { maxRedirects: _, reconnect: __, ...READERS_OF_ONE_PLACE } = CLIENT_READERS;
const CONNECT_READERS: Readers<ConnectOptions> = { ...READERS_OF_ONE_PLACE, remoteAddress: text };

/**
 * Makes the opening handshake of a client over streams that lead to a server.
 * @param streams - belong to wsimd from now on
 * @param url - `ws:` or `wss:`; `http:` and `https:` are taken as these two. It is used for the request only, and
 * opens no connection
 * @returns the open socket. `handlers.open` was called before
 * @throws TypeError, RangeError for options that make no sense, or if a stream is locked; rejects with a
 * `HandshakeError`, with the streams' error, or with the signal's reason
 * @example
 * ```js
 * import { connect as connectTcp } from "node:net";
 * import { Duplex } from "node:stream";
 * import { connect } from "wsimd/streams";
 *
 * const streams = Duplex.toWeb(connectTcp(8080, "127.0.0.1"));
 * const socket = await connect(streams, "ws://127.0.0.1:8080/", {}, {
 *   message: (socket) => socket.close(1000),
 * });
 * socket.send("hello");
 * ```
 */
export async function connect<Data = unknown, Text extends TextType = TextType>(
  streams: ByteStreams,
  url: string | URL,
  options: ConnectOptions<Data> & TextTypeOption<Text> = {},
  handlers: ClientHandlers<Data, Text> = {},
): Promise<Socket<Data>> {
  const known = readGiven<ConnectOptions>(options, CONNECT_READERS);
  const told = readClientHandlers(handlers, known);
  const open = () => new StreamTransport(streams, known.remoteAddress ?? "");
  return connectBy<Data>(
    { runtime: portableRuntime(), open },
    url,
    ownOptions({ ...known, maxRedirects: 0 }),
    told,
  );
}
