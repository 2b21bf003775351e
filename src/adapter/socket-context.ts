import type { Handlers } from "./handlers.js";
import type { LiveSocket } from "./live-socket.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { Runtime } from "./transport.js";

/** What the sockets of a server share; a client's has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The socket is gone. */
  socketClosed(socket: LiveSocket): void;
}
