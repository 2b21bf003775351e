// The options of a server's own methods, and how they are read.
import { flag, integer, type Readers, readOptions, refuse, text } from "../../protocol/option-readers.js";
import { readMessageType, type SendOptions } from "../../protocol/send-options.js";
import { MAX_TIMER_MS } from "../deadline.js";
import type { Socket } from "../socket/handlers.js";
import { ApplicationSocket } from "../socket/socket.js";

/** How a server closes its connections. */
export interface ServerCloseOptions {
  /** Status code of the Close frames. Default 1001. */
  readonly code?: number | undefined;
  /** Their reason, at most 123 bytes of UTF-8. */
  readonly reason?: string | undefined;
  /**
   * Milliseconds after which connections that are still there are terminated. Default: the time-out `closeMs`. A second
   * later it is over in any case.
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of `broadcast`. */
export interface BroadcastOptions<Data = unknown> extends SendOptions {
  /** A socket that does not get the message: usually that of its sender. */
  readonly except?: Socket<Data> | undefined;
}

/** Options of `publish`. */
export interface PublishOptions<Data = unknown> extends BroadcastOptions<Data> {
  /**
   * Milliseconds that the message may wait for others, with which it then shares a write. Nothing that is sent to the
   * same socket later overtakes it. Default 0: it leaves at the end of the turn of the event loop.
   */
  readonly within?: number | undefined;
}

const CLOSE_READERS: Readers<ServerCloseOptions> = {
  code: integer(1000, 4999),
  reason: text,
  timeoutMs: (value, name) =>
    typeof value === "number" && value >= 0
      ? value
      : refuse(value, "number", name, "a number of milliseconds, 0 or more"),
};

const BROADCAST_READERS: Readers<BroadcastOptions> = {
  except: (value, name) => (value instanceof ApplicationSocket ? value : refuse(value, "", name, "a socket")),
  type: readMessageType,
  compress: flag,
};

const PUBLISH_READERS: Readers<PublishOptions> = { ...BROADCAST_READERS, within: integer(0, MAX_TIMER_MS) };

/** @throws TypeError or RangeError for options that make no sense */
export function readPublishOptions(options: PublishOptions): PublishOptions {
  return readOptions(options, PUBLISH_READERS);
}

/** @throws TypeError or RangeError for options that make no sense */
export function readCloseOptions(options: ServerCloseOptions): ServerCloseOptions {
  if (typeof options !== "object") throw new TypeError("options must be an object, such as { code: 1001 }");
  return readOptions(options, CLOSE_READERS);
}

/** @throws TypeError or RangeError for options that make no sense */
export function readBroadcastOptions(options: BroadcastOptions): BroadcastOptions {
  return readOptions(options, BROADCAST_READERS);
}
