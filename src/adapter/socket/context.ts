// The objects that several sessions share.
import type { MessagePath, PreparedEncoding } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { Runtime } from "../transport.js";
import type { EndpointChoices } from "./endpoint-choices.js";
import type { Handlers, Socket } from "./handlers.js";
import type { ResolvedSocketOptions } from "./options.js";
import type { SharedRun } from "./shared-run.js";

/** The objects that the sessions of one server share; each client's session has its own. */
export interface SocketContext {
  readonly runtime: Runtime;
  readonly handlers: Handlers;
  readonly options: ResolvedSocketOptions;
  /** The options of all their endpoints. */
  readonly endpoints: EndpointChoices;
  /** What is sent to all sockets of a server. */
  readonly broadcasts?: Broadcasts | undefined;
  /** The connection is over, and its transport is gone. */
  socketClosed(socket: Socket): void;
  /** The application has called `close` or `terminate`. Only clients ask for it. */
  endRequested?(): void;
}

/** The messages that go to all sockets of a server. */
export interface Broadcasts {
  /**
   * The frames that each following socket with this extension, or with none, takes by itself, at the latest at the end of
   * the turn.
   */
  runFor(extension: MessagePath | undefined): SharedRun;
  /** The socket takes what is broadcast from now on out of its run. */
  follows(output: SharingOutput): void;
  /** The socket takes no more from there: each message has to be sent on it. */
  strays(socket: Socket, output: SharingOutput): void;
}

/** The output of a socket, as far as the run is concerned. */
export interface SharingOutput {
  /** What the server broadcasts to sockets of this kind. */
  readonly run: SharedRun;
  /** Where the list of followers has this output, or the number of a stray. */
  place: number;
  /** The encoding of a message for all that have the same run; undefined if it goes out as it is. */
  encoding(message: PreparedMessage): PreparedEncoding | undefined;
  /** Puts what was broadcast so far into the outbox. */
  settle(): void;
  /** Passes over what was broadcast so far. */
  skip(): void;
  /** Takes the share in the middle of a turn, because the run has to end. */
  gather(): void;
  /** Takes the share at the end of a turn, and writes it. Never throws. */
  flushShare(): void;
}
