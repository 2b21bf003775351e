// The sockets of a server that come while the trial of Node's private parts goes on.
import type { Socket } from "node:net";

/** Keeps sockets until it is known how to read them. Then, and from then on, they are accepted. */
export class EarlySockets {
  readonly #accept: (socket: Socket) => void;
  #waiting: Socket[] | undefined = [];

  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept;
  }

  came(socket: Socket): void {
    if (this.#waiting === undefined) {
      this.#accept(socket);
      return;
    }
    // Node would throw the error if nothing listened. Whether the peer is still there is looked at later.
    socket.on("error", ignore);
    this.#waiting.push(socket);
  }

  acceptAll(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const socket of waiting) this.#accept(socket);
  }
}

function ignore(): void {}
