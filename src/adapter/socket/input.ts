// The way in of a session: from the transport to the endpoint, a fair share in each turn of the event loop.
import type { Endpoint } from "../../protocol/endpoint.js";
import type { Transport } from "../transport.js";
import type { Turning } from "../turn.js";
import type { SocketContext } from "./context.js";

/** A chunk of so many bytes filled the memory that runtimes read into, so more is to be read. */
const FULL_CHUNK_BYTES = 64 * 1024;

/** What an {@link Input} needs of its session, and tells it. */
export interface InputOwner {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly context: SocketContext;
  /** Does what takes bytes to the endpoint, guarded, and writes what was sent meanwhile. */
  handle(step: (input: Input) => void): void;
  /** The bytes that came before the transport's end were all handled. */
  inputOver(): void;
  /** Something threw that should not have. */
  broke(error: unknown): void;
}

/**
 * Gives bytes to the endpoint. When its share of this turn is used up, the rest is kept and handled in later turns; the
 * transport rests until then. The same holds for bytes that come while a handler of this connection runs an event loop of
 * its own.
 */
export class Input implements Turning {
  readonly #owner: InputOwner;
  /** Whether the application has asked for no more bytes. */
  #paused = false;
  /** Bytes that came behind those that are being handled, in order. */
  #later: Uint8Array[] | undefined;
  /** Whether the transport rests until the next turn. */
  #resting = false;
  /** Whether the session waits for {@link InputOwner.inputOver}. */
  #ending = false;

  constructor(owner: InputOwner) {
    this.#owner = owner;
  }

  /** Whether the application has asked for no more bytes. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Whether bytes came that were not handled yet. */
  get waiting(): boolean {
    const { endpoint } = this.#owner;
    return this.#later !== undefined || endpoint.interrupted || endpoint.receiving;
  }

  pause(): void {
    this.#paused = true;
    this.#owner.transport.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#resting) this.#owner.transport.resume();
  }

  /** Takes a chunk, which may be used again afterwards. */
  take(chunk: Uint8Array): void {
    const { endpoint } = this.#owner;
    if (this.waiting) {
      this.#keep(chunk);
      return;
    }
    const taken = endpoint.receive(chunk);
    if (taken < chunk.length) this.#keep(chunk.subarray(taken));
    if (endpoint.interrupted || chunk.length >= FULL_CHUNK_BYTES) this.#rest();
  }

  /** Takes bytes that were read into the beginning of the endpoint's read window. */
  takeWindow(length: number): void {
    const { endpoint } = this.#owner;
    if (endpoint.windowInUse) {
      this.take(endpoint.salvageWindow(length));
      return;
    }
    if (this.waiting) {
      this.#keep(endpoint.readWindow.subarray(0, length));
      return;
    }
    endpoint.receiveWindow(length);
    // The system reads many times in a row while a connection has more: the others would wait for all of it.
    if (endpoint.interrupted || length === endpoint.readWindow.length) this.#rest();
  }

  /** Asks for {@link InputOwner.inputOver} when nothing is left to be handled. */
  end(): void {
    this.#ending = true;
    this.#checkOver();
  }

  #keep(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    if (this.#later === undefined) this.#later = [copy];
    else this.#later.push(copy);
    this.#rest();
  }

  /** Has the transport wait, and goes on in the next turn. */
  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    const { transport, context } = this.#owner;
    transport.pause();
    context.runtime.turns.next(this);
  }

  /** Never throws: others have their turn behind this one. */
  turned(): void {
    try {
      this.#turn();
    } catch (error) {
      this.#owner.broke(error);
    }
  }

  #turn(): void {
    this.#resting = false;
    this.#owner.handle(goOn);
    if (this.waiting) this.#rest();
    else if (!this.#paused) this.#owner.transport.resume();
    this.#checkOver();
  }

  /** Handles what is left, as far as the share of this turn goes. */
  goOn(): void {
    const { endpoint } = this.#owner;
    // A handler of this connection still runs an event loop of its own.
    if (endpoint.receiving) return;
    endpoint.resume();
    const later = this.#later;
    this.#later = undefined;
    if (later === undefined) return;
    let next = 0;
    for (; next < later.length && !endpoint.interrupted; next++) {
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

  #checkOver(): void {
    if (!this.#ending || this.waiting) return;
    this.#ending = false;
    this.#owner.inputOver();
  }
}

function goOn(input: Input): void {
  input.goOn();
}
