// The input of a session: bytes go from the transport to the endpoint, a fair share in each turn of the event loop.
import type { Endpoint } from "../../protocol/endpoint.js";
import type { Transport } from "../transport.js";
import type { Turning } from "../turn.js";
import type { Application } from "./application.js";
import type { SocketContext } from "./context.js";
import type { Output } from "./output.js";

/** A chunk of this many bytes has filled the memory that runtimes read into: more bytes are probably waiting. */
const FULL_CHUNK_BYTES = 64 * 1024;

/** The most times that the input goes on at once after it was held. Then the others have a turn. */
const RELEASES_A_TURN = 32;

/** The application has asked for no more bytes. */
const PAUSED = 1;
/** The transport is paused until the next turn. */
const RESTING = 2;
/** The application is busy with what came before. */
const HELD = 4;
/** The session waits for {@link InputOwner.inputOver}. */
const ENDING = 8;

/** The session of an {@link Input}, as seen from here. */
export interface InputOwner {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly context: SocketContext;
  readonly output: Pick<Output, "cork" | "uncork">;
  readonly keepalive: { heard(): void };
  readonly application: Pick<Application, "enter" | "threw">;
  /** All bytes that came before the end of the transport were handled. */
  inputOver(): void;
  /** A bug of this package, or a lack of memory. */
  broke(error: unknown): void;
}

/**
 * Gives bytes to the endpoint. When the connection has used up its share of the turn, the rest is kept for later turns,
 * and the transport is paused until then. Bytes that come while the input is held, or while a handler of this
 * connection runs an event loop of its own, are kept as well.
 */
export class Input implements Turning {
  readonly #owner: InputOwner;
  /** A sum of the constants above. */
  #brakes = 0;
  /** How often the input went on in this turn after it was held. */
  #releases = 0;
  /** Bytes that came after those that are being handled, in order. */
  #later: Uint8Array[] | undefined;

  constructor(owner: InputOwner) {
    this.#owner = owner;
  }

  /** Whether the application has asked for no more bytes. */
  get paused(): boolean {
    return (this.#brakes & PAUSED) !== 0;
  }

  /** Whether the input waits for the application. */
  get held(): boolean {
    return (this.#brakes & HELD) !== 0;
  }

  /** Whether bytes wait to be handled, or would have to wait. */
  get waiting(): boolean {
    const { endpoint } = this.#owner;
    return this.#later !== undefined || this.held || endpoint.interrupted || endpoint.receiving;
  }

  pause(): void {
    this.#brakes |= PAUSED;
    this.#owner.transport.pause();
  }

  resume(): void {
    this.#brakes &= ~PAUSED;
    this.#readOn();
  }

  /**
   * Has everything behind the event that is being handled wait for {@link release}. The transport is paused when more
   * bytes come.
   */
  hold(): void {
    this.#brakes |= HELD;
    this.#owner.endpoint.interrupt();
  }

  /** Goes on after {@link hold}. */
  release(): void {
    if (!this.held) return;
    this.#brakes &= ~HELD;
    // Then the next turn goes on.
    if ((this.#brakes & RESTING) !== 0) return;
    if (++this.#releases >= RELEASES_A_TURN) this.#rest();
    else this.#proceed();
  }

  /** The endpoint takes no more bytes: drops those that wait, and has the end of the transport read. */
  ignore(): void {
    this.#later = undefined;
    const stopped = this.#brakes & (PAUSED | HELD);
    this.#brakes &= ~PAUSED;
    if (stopped !== 0) this.#readOn();
  }

  /** The connection was terminated: nothing waits for the application any more. */
  drop(): void {
    this.#later = undefined;
    if (!this.held) return;
    this.#brakes &= ~HELD;
    // The end is reported later: a handler may have made this call.
    if ((this.#brakes & ENDING) !== 0) this.#rest();
  }

  /**
   * Takes a chunk, and writes the output that it causes. Its memory may be used again when this returns. Never throws.
   */
  received(chunk: Uint8Array): void {
    const { application, keepalive, output } = this.#owner;
    try {
      output.cork();
      keepalive.heard();
      this.#take(chunk);
    } catch (error) {
      application.threw(error);
    }
    output.uncork();
  }

  /** As {@link received}, for bytes that were read into the beginning of the endpoint's read window. */
  receivedInWindow(length: number): void {
    const { application, keepalive, output } = this.#owner;
    try {
      output.cork();
      keepalive.heard();
      this.#takeWindow(length);
    } catch (error) {
      application.threw(error);
    }
    output.uncork();
  }

  #take(chunk: Uint8Array): void {
    const { endpoint } = this.#owner;
    if (this.waiting) {
      this.#keep(chunk);
      return;
    }
    const taken = endpoint.receive(chunk);
    if (taken < chunk.length) this.#keep(chunk.subarray(taken));
    if (this.#late || chunk.length >= FULL_CHUNK_BYTES) this.#rest();
  }

  #takeWindow(length: number): void {
    const { endpoint } = this.#owner;
    if (endpoint.windowInUse) {
      this.#take(endpoint.salvageWindow(length));
      return;
    }
    if (this.waiting) {
      this.#keep(endpoint.readWindow.subarray(0, length));
      return;
    }
    endpoint.receiveWindow(length);
    // The runtime may read one connection many times in a row while more bytes wait, and the other connections would
    // wait for all of that (test/adapters/cases/fair-turns.ts).
    if (this.#late || length === endpoint.readWindow.length) this.#rest();
  }

  /** Whether the share of this turn is used up. */
  get #late(): boolean {
    return this.#owner.endpoint.interrupted && !this.held;
  }

  /** Has {@link InputOwner.inputOver} called when no bytes are left. */
  end(): void {
    this.#brakes |= ENDING;
    this.#checkOver();
  }

  #keep(bytes: Uint8Array): void {
    const { endpoint, transport } = this.#owner;
    if (endpoint.state === "closed") return;
    const copy = new Uint8Array(bytes);
    if (this.#later === undefined) this.#later = [copy];
    else this.#later.push(copy);
    if (this.held) transport.pause();
    else this.#rest();
  }

  /** Pauses the transport and goes on in the next turn. */
  #rest(): void {
    if ((this.#brakes & RESTING) !== 0) return;
    this.#brakes |= RESTING;
    const { transport, context } = this.#owner;
    transport.pause();
    context.runtime.turns.next(this);
  }

  /** Never throws: other connections have their turn after this one. */
  turned(): void {
    try {
      this.#brakes &= ~RESTING;
      this.#releases = 0;
      this.#proceed();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #proceed(): void {
    if (!this.held) this.#owner.application.enter(this.#handleLater, this);
    if (!this.held && this.waiting) this.#rest();
    this.#readOn();
    this.#checkOver();
  }

  /** Handles bytes that waited as if they came now. */
  #handleLater(): void {
    const { application, output } = this.#owner;
    try {
      output.cork();
      this.#goOn();
    } catch (error) {
      application.threw(error);
    }
    output.uncork();
  }

  /** Handles the bytes that wait, as far as the share of this turn goes. */
  #goOn(): void {
    const { endpoint } = this.#owner;
    // A handler of this connection is still running an event loop of its own.
    if (endpoint.receiving) return;
    endpoint.resume();
    const later = this.#later;
    this.#later = undefined;
    if (later === undefined) return;
    let next = 0;
    for (; next < later.length && !endpoint.interrupted && !this.held; next++) {
      const chunk = later[next];
      if (chunk === undefined) continue;
      const taken = endpoint.receive(chunk);
      if (taken < chunk.length) {
        later[next] = chunk.subarray(taken);
        break;
      }
    }
    const rest = later.slice(next);
    if (rest.length > 0) this.#later = this.#later === undefined ? rest : [...rest, ...this.#later];
  }

  /** Has the transport read on, if nothing keeps it from that. The end of a connection is read in any case. */
  #readOn(): void {
    const { endpoint, transport } = this.#owner;
    const brakes = PAUSED | RESTING | (endpoint.state === "closed" ? 0 : HELD);
    if ((this.#brakes & brakes) === 0) transport.resume();
  }

  #checkOver(): void {
    if ((this.#brakes & ENDING) === 0 || this.waiting) return;
    this.#brakes &= ~ENDING;
    this.#owner.inputOver();
  }
}
