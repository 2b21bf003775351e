// What a connection to a server does before it is a WebSocket, or instead: one stage at a time.
import type { RequestHead } from "../../http/head.js";
import type { RefusalOptions } from "../../http/refusal.js";
import type { SocketTransport } from "../transport.js";
import type { ServerCore } from "./server.js";

/** What an opening does until it has answered. */
export interface Stage {
  /** How the client is refused if the stage takes too long. */
  readonly timeUp: RefusalOptions;
  /** Whether the client may end its side now and still wait for the answer. */
  readonly needsNoInput: boolean;
  /** Takes bytes. @param chunk - borrowed for the call */
  received(chunk: Uint8Array): void;
  /** The stage is over: nothing that it waits for matters any more. */
  abandon(): void;
}

/** The opening as its stages see it. */
export interface StageOwner {
  readonly server: ServerCore;
  readonly transport: SocketTransport;
  /** The head is complete. @param rest - the bytes behind it, owned by the opening */
  headRead(head: RequestHead, rest: Uint8Array): void;
  /** Turns the client away, and ends this side. */
  refuse(refusal: RefusalOptions): void;
  /** Answers, and ends this side. */
  answer(chunks: readonly Uint8Array[]): void;
  /** Whether the stage is still the one at hand. */
  isAt(stage: Stage): boolean;
  /** Does a step that a promise leads to. What it throws costs this connection and no other. */
  guard(step: () => void): void;
  /** Something threw that should not: answers with the status if that can be, and ends the connection in any case. */
  broke(error: unknown, status: number): void;
}
