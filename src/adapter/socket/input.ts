// The input of a session: bytes go from the transport to the endpoint, a fair share in each turn of the event loop.
import type { Endpoint } from "../../protocol/endpoint.js";
import type { Transport } from "../transport.js";
import type { Turning } from "../turn.js";
import type { SocketContext } from "./context.js";

/** A chunk of this many bytes has filled the memory that runtimes read into: more bytes are probably waiting. */
const FULL_CHUNK_BYTES = 64 * 1024;

/** The session of an {@link Input}, as seen from here. */
export interface InputOwner {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly context: SocketContext;
  /** Runs a step that gives bytes to the endpoint, catches its exceptions, and writes the output that it caused. */
  handle(step: (input: Input) => void): void;
  /** All bytes that came before the end of the transport were handled. */
  inputOver(): void;
  /** A bug of this package, or a lack of memory. */
  broke(error: unknown): void;
}

/**
 * Gives bytes to the endpoint. When the connection has used up its share of the turn, the rest is kept for later turns,
 * and the transport is paused until then. Bytes that come while a handler of this connection runs an event loop of its
 * own are kept as well.
 */
export class Input implements Turning {
  readonly #owner: InputOwner;
  /** Whether the application has asked for no more bytes. */
  #paused = false;
  /** Bytes that came after those that are being handled, in order. */
  #later: Uint8Array[] | undefined;
  /** Whether the transport is paused until the next turn. */
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

  /** Whether bytes wait to be handled. */
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

  /** Takes a chunk. Its memory may be used again when this returns. */
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
    // The runtime may read one connection many times in a row while more bytes wait, and the other connections would
    // wait for all of that (test/adapters/cases/fair-turns.ts).
    if (endpoint.interrupted || length === endpoint.readWindow.length) this.#rest();
  }

  /** Has {@link InputOwner.inputOver} called when no bytes are left. */
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

  /** Pauses the transport and goes on in the next turn. */
  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    const { transport, context } = this.#owner;
    transport.pause();
    context.runtime.turns.next(this);
  }

  /** Never throws: other connections have their turn after this one. */
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

  /** Handles the bytes that wait, as far as the share of this turn goes. */
  goOn(): void {
    const { endpoint } = this.#owner;
    // A handler of this connection is still running an event loop of its own.
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
