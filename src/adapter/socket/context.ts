// What sessions share.
import type { ResolvedEndpointOptions } from "../../protocol/endpoint-options.js";
import type { Runtime } from "../transport.js";
import type { Handlers } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { ApplicationSocket } from "./socket.js";

/** What the sessions of one server share; a client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The same for the endpoint of each, made once by `endpointOptions`. */
  readonly endpointOptions: ResolvedEndpointOptions;
  /** The connection is over, and its transport is gone. */
  socketClosed(socket: ApplicationSocket): void;
}
