// The objects that several sessions share.
import type { ResolvedEndpointOptions } from "../../protocol/endpoint-options.js";
import type { Runtime } from "../transport.js";
import type { Handlers } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { ApplicationSocket } from "./socket.js";

/** The objects that the sessions of one server share; each client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The options of all their endpoints, made once by `endpointOptions`. */
  readonly endpointOptions: ResolvedEndpointOptions;
  /** The connection is over, and its transport is gone. */
  socketClosed(socket: ApplicationSocket): void;
  /** The application has called `close` or `terminate`. Only clients ask for it. */
  endRequested?(): void;
}
