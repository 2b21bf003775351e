// The objects that several sessions share.
import type { Runtime } from "../transport.js";
import type { EndpointChoices } from "./endpoint-choices.js";
import type { Handlers, Socket } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";

/** The objects that the sessions of one server share; each client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The options of all their endpoints. */
  readonly endpoints: EndpointChoices;
  /** The connection is over, and its transport is gone. */
  socketClosed(socket: Pick<Socket, "id">): void;
  /** The application has called `close` or `terminate`. Only clients ask for it. */
  endRequested?(): void;
}
