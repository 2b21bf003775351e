// What the sessions of one server share; a client's session has its own.

import type { Runtime } from "../transport.js";
import type { Handlers } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { Session } from "./session.js";

/** What the sessions of one server share; a client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The session is over, and its transport is gone. */
  socketClosed(session: Session): void;
}
