// A session's keepalive pings, and the bound on its closing handshake.
import type { Endpoint } from "../../protocol/endpoint.js";
import { Deadline, type Expiring } from "../deadline.js";
import type { Transport } from "../transport.js";
import type { SocketContext } from "./context.js";
import type { Input } from "./input.js";
import type { Output } from "./output.js";
import { TransportEnd } from "./transport-end.js";

/** The session of a {@link Keepalive}, as seen from here. */
export interface KeepaliveOwner {
  readonly context: SocketContext;
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly input: Input;
  readonly output: Output;
  /** A time-out has run out: the transport must end. */
  timedOut(cause: TransportEnd): void;
  /** A bug of this package, or a lack of memory. */
  broke(error: unknown): void;
}

/** Sends a ping after a time of silence, and ends the connection if the silence goes on. */
export class Keepalive implements Expiring {
  readonly #owner: KeepaliveOwner;
  readonly #deadline: Deadline;
  #pinged = false;
  /** Whether the closing handshake has begun. */
  #closing = false;
  /** Bytes that the operating system had taken when the time-out last ran out. */
  #sentBytes = 0;

  constructor(owner: KeepaliveOwner) {
    this.#owner = owner;
    this.#deadline = new Deadline(owner.context.runtime.deadlines, this);
  }

  start(): void {
    this.#deadline.start(this.#owner.context.options.timeouts.pingIntervalMs);
  }

  stop(): void {
    this.#deadline.stop();
  }

  /** Whether the closing handshake has begun. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Bytes came, so the peer is alive. */
  heard(): void {
    if (this.#closing) return;
    if (this.#pinged) {
      this.#pinged = false;
      this.start();
    } else {
      this.#deadline.postpone();
    }
  }

  /** The closing handshake has begun: it may take no longer than `closeMs`. */
  closingBegan(): void {
    if (this.#closing) return;
    this.#closing = true;
    // What the peer took before does not count: it is not given more time for that.
    this.#sentBytes = this.#owner.transport.sentBytes;
    this.#deadline.start(this.#owner.context.options.timeouts.closeMs);
  }

  /** Handlers of messages that came before the end of the transport go on: they get as much time again. */
  closingGoesOn(): void {
    if (this.#closing) this.#deadline.start(this.#owner.context.options.timeouts.closeMs);
  }

  expired(): void {
    try {
      this.#expire();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #expire(): void {
    const { endpoint, input, output, context } = this.#owner;
    const { pingIntervalMs, pingTimeoutMs, closeMs } = context.options.timeouts;
    if (!this.#closing && (input.paused || input.held)) {
      // While reading is paused, silence does not show that the peer is gone.
      this.#pinged = false;
      this.start();
    } else if (this.#progressed()) {
      // A peer that is still taking a long message has not gone silent.
      this.#deadline.start(this.#closing ? closeMs : pingIntervalMs);
    } else if (this.#closing) {
      this.#owner.timedOut(
        new TransportEnd("CLOSE_TIMEOUT", `no end of the closing handshake in ${closeMs} ms`),
      );
    } else if (this.#pinged) {
      this.#owner.timedOut(new TransportEnd("PING_TIMEOUT", `no answer to a ping in ${pingTimeoutMs} ms`));
    } else {
      this.#pinged = true;
      output.settle();
      endpoint.ping();
      output.flush();
      this.#deadline.start(pingTimeoutMs);
    }
  }

  /** Whether the peer has taken some of the output that waits since the last call. */
  #progressed(): boolean {
    const { transport, output } = this.#owner;
    const before = this.#sentBytes;
    this.#sentBytes = transport.sentBytes;
    return output.bufferedAmount > 0 && this.#sentBytes > before;
  }
}
