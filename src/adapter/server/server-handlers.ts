// The handlers of servers: those of their sockets, and one for requests that were turned away.
import type { TextType } from "../../protocol/endpoint-options.js";
import { assertDelivered, type DeliveryOptions } from "../socket/delivery.js";
import { HANDLER_NAMES, readNamedHandlers } from "../socket/given-handlers.js";
import type { Handlers, SubscriberHandlers } from "../socket/handlers.js";
import { isThenable, reportError } from "../socket/report.js";

/** A request that a server turned away with an HTTP error status. It holds no header but `Origin`. */
export interface RefusedEvent {
  /** The status of the answer: 300 to 599. */
  readonly status: number;
  /** The reason: that of the hook's answer, if it gave one, or wsimd's. */
  readonly reason: string;
  /** The client's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
  /** The request target as sent, with its query; undefined if no valid head came. */
  readonly target: string | undefined;
  /** The `Origin` header as sent; undefined if there was none, or no valid head. */
  readonly origin: string | undefined;
}

/**
 * The handlers of a server's application.
 * @typeParam Data - the type of the sockets' `data`
 * @typeParam Text - the option `textType`: with `"bytes"`, `message` gets bytes only
 * @typeParam Payload - the class of bytes, which depends on the runtime
 */
export interface ServerHandlers<
  Data = unknown,
  Text extends TextType = TextType,
  Payload extends Uint8Array = Uint8Array,
> extends Handlers<Data, Text, Payload>,
    SubscriberHandlers<Data> {
  /**
   * A request was answered with an HTTP error status: because its head was malformed or late, no option and no hook
   * accepted it, a hook threw, or the server is closing. Also a plain request, if there is no `fetch` (426) or `fetch`
   * threw (500); an answer of `fetch` itself is no refusal. Called once for each request, after the answer was written.
   * An exception goes to `error`.
   */
  refused?(event: RefusedEvent): unknown;
}

const NAMES: Readonly<Record<keyof ServerHandlers, undefined>> = {
  ...HANDLER_NAMES,
  gap: undefined,
  refused: undefined,
};

/**
 * Copies the handlers of a server, as `readHandlers` does.
 * @throws TypeError in the same cases
 */
export function readServerHandlers(given: ServerHandlers, options: DeliveryOptions): ServerHandlers {
  const handlers = readNamedHandlers(given, NAMES);
  assertDelivered(handlers, options);
  return handlers;
}

/** Tells the `refused` handler, and the `error` handler of its exception or rejection. Never throws. */
export function tellRefused(handlers: ServerHandlers, event: RefusedEvent): void {
  const threw = (error: unknown): void => reportError(handlers, undefined, error);
  try {
    const result = handlers.refused?.(event);
    if (isThenable(result)) Promise.resolve(result).catch(threw);
  } catch (error) {
    threw(error);
  }
}
