// The bound on the time in which a peer takes none of the output that waits for it.
import { Deadline, type Expiring } from "../deadline.js";
import type { Transport } from "../transport.js";
import type { SocketContext } from "./context.js";

/** The session of a {@link Stall}, as seen from here. */
export interface StallOwner {
  readonly transport: Transport;
  readonly context: SocketContext;
  /** A bug of this package, or a lack of memory. */
  broke(error: unknown): void;
  /** The peer has taken nothing of the waiting output for as long as the time-out `writeMs` allows. */
  stalled(): void;
}

/** Bounds how long a peer may leave all output unread, even if it sends bytes. */
export class Stall implements Expiring {
  readonly #owner: StallOwner;
  readonly #deadline: Deadline;
  #sentBytes = 0;

  constructor(owner: StallOwner) {
    this.#owner = owner;
    this.#deadline = new Deadline(owner.context.runtime.deadlines, this);
  }

  /** Starts, unless it is pending already. */
  watch(): void {
    if (!this.#deadline.pending) this.#again();
  }

  stop(): void {
    this.#deadline.stop();
  }

  expired(): void {
    try {
      this.#expire();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #expire(): void {
    const { transport } = this.#owner;
    if (!transport.blocked) return;
    if (transport.sentBytes > this.#sentBytes) this.#again();
    else this.#owner.stalled();
  }

  #again(): void {
    this.#sentBytes = this.#owner.transport.sentBytes;
    this.#deadline.start(this.#owner.context.options.timeouts.writeMs);
  }
}
