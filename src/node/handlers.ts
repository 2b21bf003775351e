// The handlers of sockets on Node, whose payloads are Buffers.
import type { Buffer } from "node:buffer";
import type { ClientHandlers as AnyClientHandlers } from "../adapter/client/client-handlers.js";
import type { ServerHandlers as AnyServerHandlers } from "../adapter/server/server-handlers.js";
import type { Handlers as AnyHandlers } from "../adapter/socket/handlers.js";
import type { TextType } from "../protocol/endpoint-options.js";

/**
 * The handlers of an application: one object for all sockets of a server or client. Bytes are a `Buffer` on Node.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 */
export interface Handlers<Data = unknown, Text extends TextType = TextType>
  extends AnyHandlers<Data, Text, Buffer> {}

/**
 * The handlers of a client: those of {@link Handlers}, and those of the option `reconnect`. Bytes are a `Buffer` on
 * Node.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 */
export interface ClientHandlers<Data = unknown, Text extends TextType = TextType>
  extends AnyClientHandlers<Data, Text, Buffer> {}

/**
 * The handlers of a server's application. Bytes are a `Buffer` on Node.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 */
export interface ServerHandlers<Data = unknown, Text extends TextType = TextType>
  extends AnyServerHandlers<Data, Text, Buffer> {}
