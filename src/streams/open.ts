// A WebSocket over streams whose opening handshake is done elsewhere.

import type { AgreedPath } from "../adapter/compression.js";
import { readGiven } from "../adapter/given-options.js";
import { portableRuntime } from "../adapter/portable-runtime.js";
import { EndpointChoices } from "../adapter/socket/endpoint-choices.js";
import { readHandlers } from "../adapter/socket/given-handlers.js";
import type { Handlers, Socket } from "../adapter/socket/handlers.js";
import {
  resolveSocketOptions,
  SOCKET_READERS,
  type SocketOptions,
  type TextTypeOption,
} from "../adapter/socket/options.js";
import { Session } from "../adapter/socket/session.js";
import { withData } from "../adapter/socket/typed-data.js";
import { bytes } from "../adapter/value-readers.js";
import type { AgreedExtension } from "../handshake/negotiation.js";
import { extensions as readExtensions } from "../handshake/value-readers.js";
import { type Role, readRole, type TextType } from "../protocol/endpoint-options.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import { callback, object, type Readers, refuse, text } from "../protocol/option-readers.js";
import type { ByteStreams } from "./byte-streams.js";
import { StreamTransport } from "./stream-transport.js";

/** Options of {@link open}. */
export interface OpenOptions<Data = unknown> extends SocketOptions {
  /** The role of this side in the opening handshake. */
  readonly role: Role;
  /** The subprotocol that was agreed on. Default "". */
  readonly protocol?: string | undefined;
  /** The extensions that were agreed on, as `acceptExtensions` or `checkResponse` returned them. Default: none. */
  readonly extensions?: readonly AgreedExtension<MessagePath>[] | undefined;
  /** Bytes that came behind the peer's head and are no longer in the stream. */
  readonly rest?: Uint8Array | undefined;
  /** The peer's address, for the socket. Default "". */
  readonly remoteAddress?: string | undefined;
  /** Makes the socket's `data`, which is undefined without it. */
  readonly data?: (() => Data) | undefined;
}

/** Reads extensions that an endpoint can use. */
function agreedExtensions(value: readonly AgreedPath[], name: string): readonly AgreedPath[] {
  const [first, ...others] = readExtensions(value, name);
  if (others.length > 0) refuse(value, "", name, "one extension at most, since all use RSV1");
  if (first !== undefined) object(first.agreed, `${name}[0].agreed`);
  return value;
}

const OPEN_READERS: Readers<OpenOptions> = {
  ...SOCKET_READERS,
  role: readRole,
  protocol: text,
  extensions: agreedExtensions,
  rest: bytes,
  remoteAddress: text,
  data: callback,
};

/**
 * Opens a WebSocket over streams whose opening handshake is done, or that need none.
 * @param streams - belong to wsimd from now on
 * @returns the open socket. `handlers.open` was called before, and the messages in `rest` were handled
 * @throws TypeError, RangeError for options that make no sense, or if a stream is locked
 * @example
 * ```js
 * import { open } from "wsimd/streams";
 *
 * const [there, back] = [new TransformStream(), new TransformStream()];
 * open({ readable: there.readable, writable: back.writable }, { role: "server" }, {
 *   message(socket, data) {
 *     console.log(data);
 *     socket.close(1000);
 *   },
 * });
 * const client = open({ readable: back.readable, writable: there.writable }, { role: "client" });
 * client.send("no HTTP at all");
 * ```
 */
export function open<Data = unknown, Text extends TextType = TextType>(
  streams: ByteStreams,
  options: OpenOptions<Data> & TextTypeOption<Text>,
  handlers: Handlers<Data, Text> = {},
): Socket<Data> {
  const known = readGiven<OpenOptions>(options, OPEN_READERS);
  const { protocol = "", extensions, rest = new Uint8Array(0), remoteAddress = "", data: makeData } = known;
  const role = readRole(known.role, "role");
  const told = readHandlers(handlers, known);
  const resolved = resolveSocketOptions(known);
  const transport = new StreamTransport(streams, remoteAddress);
  const runtime = portableRuntime();
  const context = {
    runtime,
    handlers: told,
    options: resolved,
    endpoints: new EndpointChoices(resolved, role, runtime.host),
    socketClosed() {},
  };
  const session = new Session(context, { role, transport, protocol, extensions, data: makeData?.() });
  transport.sink = session;
  session.open(undefined, rest);
  return withData(session.socket);
}
