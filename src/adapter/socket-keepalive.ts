import { SocketOutput } from "./socket-output.js";

/**
 * The patience of a socket: a ping after some silence, the end if nothing comes after that either, and a bound on the closing
 * handshake.
 */
export abstract class SocketKeepalive extends SocketOutput {
  #pinged = false;
  #paused = false;
  /** Whether the closing handshake has begun. */
  #closing = false;
  /** How much the system had taken when the time was last up. */
  #sentBytes = 0;

  /** Ends the transport at once. */
  abstract terminate(): void;

  pause(): void {
    if (this.#closing) return;
    this.#paused = true;
    this.transport.pause();
  }

  resume(): void {
    this.#paused = false;
    this.transport.resume();
  }

  protected override expired(): void {
    const { idleMs, graceMs, closeMs } = this.options.timeouts;
    if (this.#paused) {
      // Whoever is not read can't be heard, either.
      this.#pinged = false;
      this.expireAfter(idleMs);
      return;
    }
    if (this.#progressed()) {
      // A peer that is still taking a long message has not gone silent.
      this.expireAfter(this.#closing ? closeMs : idleMs);
      return;
    }
    if (this.endpoint.state !== "open" || this.#pinged) {
      this.terminate();
      return;
    }
    this.#pinged = true;
    this.endpoint.ping();
    this.flush();
    this.expireAfter(graceMs);
  }

  /** Whether the peer took some of what waits for it since this was last asked. */
  #progressed(): boolean {
    const before = this.#sentBytes;
    this.#sentBytes = this.transport.sentBytes;
    return this.bufferedBytes > 0 && this.#sentBytes > before;
  }

  /** Bytes came: the peer is alive. */
  protected heard(): void {
    if (this.#closing) return;
    if (this.#pinged) {
      this.#pinged = false;
      this.expireAfter(this.options.timeouts.idleMs);
    } else {
      this.postpone();
    }
  }

  /** The closing handshake has begun: it may take no longer than `closeMs`. */
  protected closingBegan(): void {
    if (!this.#closing && !this.gone) {
      this.#closing = true;
      // The peer's Close frame, or its FIN, has to be read.
      if (this.#paused) this.resume();
      this.expireAfter(this.options.timeouts.closeMs);
    }
    this.later();
  }
}
