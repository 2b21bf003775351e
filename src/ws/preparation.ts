// What is done before there is a connection, so that a fault is the caller's and does not appear when one opens.
import { sharedWorkspace } from "../memory/workspace.js";
import { INTERNALS_READERS, knownInternals, prepareInternals } from "../node/internals-option.js";
import { readTextType } from "../protocol/endpoint-options.js";
import { flag, type Readers, readOptions } from "../protocol/option-readers.js";
import type { SocketOptions } from "./choices.js";

/** The options of connections that `ws` does not have. Those that it has are taken as they are, as `ws` does. */
type OwnOptions = Pick<SocketOptions, "holdMessages" | "internals" | "sequential" | "text">;

const READERS: Readers<OwnOptions> = {
  holdMessages: flag,
  internals: INTERNALS_READERS.internals,
  sequential: flag,
  text: readTextType,
};

/**
 * Checks the options of connections that `ws` does not have, and begins the trial of Node's private parts.
 *
 * @throws TypeError or RangeError for a wrong value, and what the environment variables of the package throw
 */
export function prepareConnections({ holdMessages, internals, sequential, text }: OwnOptions): void {
  readOptions<OwnOptions>({ holdMessages, internals, sequential, text }, READERS);
  sharedWorkspace();
  void prepareInternals(knownInternals(internals));
}
