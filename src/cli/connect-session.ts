// The connection of `wsimd connect`, for every kind of input.
import type { ClientHandlers, OpenEvent, ReconnectingEvent } from "../adapter/client/client-handlers.js";
import type { Socket } from "../adapter/socket/handlers.js";
import type { CloseEvent } from "../protocol/events.js";
import { describeClose, describeFailure } from "./connect-error.js";
import { reportError } from "./listening.js";

/** The exit code that a shell expects of a program that Ctrl-C ended. */
export const EXIT_SIGINT = 130;

/** 1000, 1001, and 1005, a Close frame without a code: nothing went wrong. */
const GOOD_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** Whether a connection ended as it should. Another end is an error, which is told when the program ends. */
export function endedWell({ wasClean, code }: CloseEvent): boolean {
  return wasClean && GOOD_CODES.has(code);
}

/** One way to use a connection: in a terminal or in a pipe. */
export interface Frontend {
  /** Resolves with an exit code if the user wants to stop at once. */
  readonly interrupted: Promise<number>;
  /** @returns a promise if no more messages should be read until it resolves */
  received(message: string | Uint8Array): Promise<void> | undefined;
  /** Tells the user what happens to the connection. */
  tell(line: string): void;
  /** Sends the user's messages, and closes the connection when the user is done. */
  run(session: Session): Promise<void>;
}

/** How the connection ended, or why no other one was made after it. */
export type Ending = { readonly closeEvent: CloseEvent } | { readonly error: unknown };

/** The connection of `wsimd connect`: with the option `--reconnect`, one after the other. */
export class Session implements ClientHandlers {
  /** Resolves when no connection is left, and none follows. */
  readonly closed: Promise<Ending>;
  readonly #frontend: Frontend;
  readonly #reconnects: boolean;
  #socket: Socket | undefined;
  #lost: CloseEvent | undefined;
  #over = false;
  #hungUp = false;
  #closed!: (ending: Ending) => void;
  /** Continues a `send` that waits: for the peer to read, or for the next connection. */
  #wake: (() => void) | undefined;

  constructor(frontend: Frontend, reconnects: boolean) {
    this.#frontend = frontend;
    this.#reconnects = reconnects;
    this.closed = new Promise((resolve) => {
      this.#closed = resolve;
    });
  }

  /** The subprotocol agreed on, or "". */
  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  /** Whether the server has agreed to compression. */
  get compressed(): boolean {
    return (this.#socket?.extensions ?? "") !== "";
  }

  /**
   * Sends a message, on the next connection if there is none, and waits until the connection takes another.
   * @returns whether there is a connection, or there will be one
   */
  async send(message: string | Uint8Array): Promise<boolean> {
    while (!this.#over) {
      const result = this.#socket?.send(message);
      if (result === "sent") break;
      if (result !== "buffered" && !this.#reconnects) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (result === "buffered") break;
    }
    return !this.#over && (this.#reconnects || this.#socket?.state === "open");
  }

  /** Starts the closing handshake, or gives up the next connection. */
  hangUp(code: number): void {
    this.#hungUp = true;
    this.#socket?.close(code);
    if (this.#socket?.state === "closed" && this.#lost !== undefined) this.#end({ closeEvent: this.#lost });
  }

  open(socket: Socket, _event: OpenEvent): void {
    this.#socket = socket;
    if (this.#lost !== undefined) this.#frontend.tell("connected again");
    this.#wake?.();
  }

  message(socket: Socket, message: string | Uint8Array): void {
    const written = this.#frontend.received(message);
    if (written === undefined) return;
    socket.pause();
    written.then(() => socket.resume());
  }

  drain(): void {
    this.#wake?.();
  }

  close(_socket: Socket, closeEvent: CloseEvent): void {
    this.#lost = closeEvent;
    if (!this.#reconnects || this.#hungUp) this.#end({ closeEvent });
  }

  reconnecting({ attempt, delayMs, cause }: ReconnectingEvent): void {
    const { closeEvent, error } = cause;
    const why = closeEvent === undefined ? describeFailure(error) : describeClose(closeEvent);
    this.#frontend.tell(`${why}; attempt ${attempt} in ${(delayMs / 1000).toFixed(1)} s`);
  }

  reconnectFailed(error: unknown): void {
    const closeEvent = error instanceof Error && error.cause === this.#lost ? this.#lost : undefined;
    this.#end(closeEvent === undefined ? { error } : { closeEvent });
  }

  error(socket: Socket | undefined, error: unknown): void {
    reportError(socket, error);
  }

  #end(ending: Ending): void {
    this.#over = true;
    this.#wake?.();
    this.#closed(ending);
  }
}
