// How messages reach the listeners of a WebSocket: in which form, and how many of them in one turn of the event loop.
import { setImmediate } from "../node/globals.js";
import type { MessageSink } from "../protocol/message-reader.js";
import { inForm } from "./binary-form.js";
import { type BinaryType, EMPTY_BUFFER } from "./constants.js";
import type { Input } from "./input.js";
import { rethrowLater } from "./later.js";

/** A WebSocket with listeners. */
export interface Listeners {
  readonly _binaryType: BinaryType;
  emit(name: string, ...values: unknown[]): boolean;
  rawListeners(name: string): readonly unknown[];
}

/** The choices of a {@link Delivery}. */
export interface DeliveryChoice {
  /** Whether each event has a turn of the event loop of its own. */
  readonly oneEventATurn: boolean;
  /** Whether the next event waits for the promises of listeners. */
  readonly sequential: boolean;
}

/** Emits the events of messages and pongs. What a listener throws is thrown later, outside of the protocol. */
export class Delivery implements MessageSink {
  readonly #surface: Listeners;
  readonly #input: Input;
  readonly #oneEventATurn: boolean;
  readonly #sequential: boolean;
  /** Where the frames of a message end, of one that came in several. */
  #frameEnds: number[] | undefined = undefined;

  constructor(surface: Listeners, input: Input, { oneEventATurn, sequential }: DeliveryChoice) {
    this.#surface = surface;
    this.#input = input;
    this.#oneEventATurn = oneEventATurn;
    this.#sequential = sequential;
  }

  onText(text: string | Uint8Array): void {
    this.#frameEnds = undefined;
    this.#message(text.length === 0 && typeof text !== "string" ? EMPTY_BUFFER : text, false);
  }

  onBinary(payload: Uint8Array): void {
    const bytes = payload.length === 0 ? EMPTY_BUFFER : payload;
    const type = this.#surface._binaryType;
    if (type === "nodebuffer") this.#message(bytes, true);
    else {
      const ends = this.#frameEnds;
      this.#frameEnds = undefined;
      this.#message(inForm(bytes, type, ends), true);
    }
  }

  onFragment(): void {}

  onFrameEnd(length: number): void {
    if (this.#surface._binaryType !== "fragments") return;
    this.#frameEnds ??= [];
    this.#frameEnds.push(length);
  }

  onPong(payload: Uint8Array): void {
    this.control("pong", payload.length === 0 ? EMPTY_BUFFER : payload);
  }

  /** Emits the event of a control frame. */
  control(name: "ping" | "pong", payload: Uint8Array): void {
    try {
      this.#surface.emit(name, payload);
    } catch (error) {
      rethrowLater(error);
    }
    if (this.#oneEventATurn) this.#rest();
  }

  #message(data: unknown, isBinary: boolean): void {
    try {
      if (this.#sequential) this.#inOrder(data, isBinary);
      else this.#surface.emit("message", data, isBinary);
    } catch (error) {
      rethrowLater(error);
    }
    if (this.#oneEventATurn) this.#rest();
  }

  /** Has the next event wait for the promises that listeners return. */
  #inOrder(data: unknown, isBinary: boolean): void {
    const results: unknown[] = [];
    for (const listener of this.#surface.rawListeners("message"))
      if (typeof listener === "function") results.push(listener.call(this.#surface, data, isBinary));
    if (!results.some(isThenable)) return;
    this.#input.hold();
    void Promise.allSettled(results).then((settled) => {
      for (const each of settled) if (each.status === "rejected") rethrowLater(each.reason);
      this.#input.release();
    });
  }

  /** Lets the next event wait for the next turn of the event loop. */
  #rest(): void {
    if (this.#input.held) return;
    this.#input.hold();
    setImmediate(release, this.#input);
  }
}

function release(input: Input): void {
  input.release();
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "then") === "function";
}
