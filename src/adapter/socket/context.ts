// The objects that several sessions share.
import type { Publisher } from "../topics/publisher.js";
import type { Runtime } from "../transport.js";
import type { EndpointChoices } from "./endpoint-choices.js";
import type { Handlers, Socket, SubscriberHandlers } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";

/** The objects that the sessions of one server share; each client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers & SubscriberHandlers;
  readonly options: ResolvedSocketOptions;
  /** The options of all their endpoints. */
  readonly endpoints: EndpointChoices;
  /** Publishes what a server sends to many of its sockets. */
  readonly publisher?: Publisher | undefined;
  /** The connection is over, and its transport is gone. */
  socketClosed(socket: Socket): void;
  /** The application has called `close` or `terminate`. Only clients ask for it. */
  endRequested?(): void;
}
