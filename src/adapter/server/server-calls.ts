// How the options of a server's own methods are read.
import type { MessageType } from "../../protocol/events.js";
import {
  integer,
  object,
  oneOf,
  type Readers,
  readOptions,
  refuse,
  text,
} from "../../protocol/option-readers.js";
import type { BroadcastOptions, ServerCloseOptions } from "./server.js";

const CLOSE_READERS: Readers<ServerCloseOptions> = {
  code: integer(1000, 4999),
  reason: text,
  timeoutMs: (value, name) =>
    typeof value === "number" && value >= 0
      ? value
      : refuse(value, "number", name, "a number of milliseconds, 0 or more"),
};

const BROADCAST_READERS: Readers<BroadcastOptions> = {
  except: object,
  type: oneOf<MessageType>("text", "binary"),
};

/** @throws TypeError or RangeError for options that make no sense */
export function readCloseOptions(options: ServerCloseOptions): ServerCloseOptions {
  return readOptions(options, CLOSE_READERS);
}

/** @throws TypeError or RangeError for options that make no sense */
export function readBroadcastOptions(options: BroadcastOptions): BroadcastOptions {
  return readOptions(options, BROADCAST_READERS);
}
