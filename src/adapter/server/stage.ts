// The stages of a connection to a server before it is a WebSocket, of which one is active at a time.
import type { RequestHead } from "../../http/head.js";
import type { RefusalOptions } from "../../http/refusal.js";
import type { SocketTransport } from "../transport.js";
import type { ServerCore } from "./server.js";

/** One step of an opening: reading the head, awaiting the decision, or serving a plain request. */
export interface Stage {
  /** How the client is refused if the stage takes too long. */
  readonly timeUp: RefusalOptions;
  /** Whether the client may end its side now and still wait for the answer. */
  readonly needsNoInput: boolean;
  /** Takes bytes. @param chunk - borrowed for the call */
  received(chunk: Uint8Array): void;
  /** The stage is over: results that it still waits for are ignored. */
  abandon(): void;
}

/** The opening as its stages see it. */
export interface StageOwner {
  readonly server: ServerCore;
  readonly transport: SocketTransport;
  /** The request as the application's HTTP server made it, if one did. */
  readonly incoming: unknown;
  /** The head is complete. @param rest - the bytes behind it, owned by the opening */
  headRead(head: RequestHead, rest: Uint8Array): void;
  /** Refuses the client, and ends this side. @param head - of the request, if it was read elsewhere */
  refuse(refusal: RefusalOptions, head?: RequestHead): void;
  /** Answers, and ends this side. */
  answer(chunks: readonly Uint8Array[]): void;
  /** Whether the stage is still the active one. */
  isAt(stage: Stage): boolean;
  /** Runs the continuation of a promise. An exception ends this connection and no other. */
  guard(step: () => void): void;
  /** A step threw: answers with the status if no answer was sent yet, and ends the connection in any case. */
  broke(error: unknown, status: number): void;
}
