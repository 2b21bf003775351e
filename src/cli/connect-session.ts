// The connection of `wsimd connect`, for every kind of input.
import type { Handlers, Socket } from "../adapter/socket/handlers.js";
import type { CloseEvent } from "../protocol/events.js";
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
  /** Sends the user's messages, and closes the connection when the user is done. */
  run(session: Session): Promise<void>;
}

/** The connection of `wsimd connect`. */
export class Session implements Handlers {
  /** Resolves when the connection is over. */
  readonly closed: Promise<CloseEvent>;
  readonly #frontend: Frontend;
  #socket: Socket | undefined;
  #closed!: (event: CloseEvent) => void;
  #drained: (() => void) | undefined;

  constructor(frontend: Frontend) {
    this.#frontend = frontend;
    this.closed = new Promise((resolve) => {
      this.#closed = resolve;
    });
  }

  /** The subprotocol agreed on, or "". */
  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  /**
   * Sends a message and waits until the connection takes another.
   * @returns whether it does
   */
  async send(message: string | Uint8Array): Promise<boolean> {
    const result = this.#socket?.send(message);
    if (result === "buffered") {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    return this.#socket?.state === "open";
  }

  /** Starts the closing handshake. */
  hangUp(code: number): void {
    this.#socket?.close(code);
  }

  open(socket: Socket): void {
    this.#socket = socket;
  }

  message(socket: Socket, message: string | Uint8Array): void {
    const written = this.#frontend.received(message);
    if (written === undefined) return;
    socket.pause();
    written.then(() => socket.resume());
  }

  drain(): void {
    this.#drained?.();
  }

  close(_socket: Socket, event: CloseEvent): void {
    this.#drained?.();
    this.#closed(event);
  }

  error(socket: Socket | undefined, error: unknown): void {
    reportError(socket, error);
  }
}
