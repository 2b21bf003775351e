// The handlers of a client: those of every socket, and those of the option `reconnect`.
import type { TextType } from "../../protocol/endpoint-options.js";
import { assertDelivered, type DeliveryOptions } from "../socket/delivery.js";
import { HANDLER_NAMES, readNamedHandlers } from "../socket/given-handlers.js";
import type { ConnectionHandlers, Socket } from "../socket/handlers.js";
import type { ReconnectCause } from "./reconnect-option.js";

/** How a client's connection came about. */
export interface OpenEvent {
  /**
   * The number of the attempt: 0 for the first of `connect`, and from 1 for those that the option `reconnect` adds. The
   * count starts again when a connection has lasted.
   */
  readonly attempt: number;
}

/** A client waits to connect again. */
export interface ReconnectingEvent {
  /** The number of the attempt that follows, from 1. */
  readonly attempt: number;
  /** The wait before it. */
  readonly delayMs: number;
  /** Why the client connects again. */
  readonly cause: ReconnectCause;
}

/**
 * The handlers of a client: one object for all of its connections, with those of the option `reconnect`.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 * @typeParam Payload - the class of bytes, which depends on the runtime
 */
export interface ClientHandlers<
  Data = unknown,
  Text extends TextType = TextType,
  Payload extends Uint8Array = Uint8Array,
> extends ConnectionHandlers<Data, Text, Payload> {
  /** A connection is open. With the option `reconnect`, it is called for each connection, each with a new socket. */
  open?(socket: Socket<Data>, event: OpenEvent): unknown;
  /** The connection has ended or an attempt has failed, and the client waits to connect again. */
  reconnecting?(event: ReconnectingEvent): unknown;
  /**
   * The client gives up: the connection has ended, which the application did not ask for, and no attempt follows. If
   * `connect` has not resolved yet, it rejects instead.
   * @param error - the error of the last attempt, or an `Error` whose `cause` is the close event of the connection
   */
  reconnectFailed?(error: unknown): unknown;
}

const CLIENT_HANDLER_NAMES: Readonly<Record<keyof ClientHandlers, undefined>> = {
  ...HANDLER_NAMES,
  reconnecting: undefined,
  reconnectFailed: undefined,
};

/**
 * Copies the handlers of a client, as `readHandlers` does.
 * @throws TypeError as `readHandlers` does
 */
export function readClientHandlers(given: ClientHandlers, options: DeliveryOptions): ClientHandlers {
  const handlers = readNamedHandlers(given, CLIENT_HANDLER_NAMES);
  assertDelivered(handlers, options);
  return handlers;
}
