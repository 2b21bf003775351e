// A connection that any of an HTTP server's `upgrade` listeners may take, at once or later.

import type { Duplex } from "node:stream";
import { MAX_TIMER_MS } from "../adapter/deadline.js";
import { clearTimeout, setTimeout } from "../host/globals.js";

const EVENTS = ["data", "readable", "end", "error", "close", "drain"];

/** Watches whether a listener takes the connection. Until then, an error of the connection must not end the process. */
export class Unclaimed {
  readonly #stream: Duplex;
  readonly #before: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("error", ignore);
    stream.on("close", this.#onClose);
    this.#before = traces(stream);
  }

  /** Whether a listener was added, or bytes were written, or the stream was ended since then. */
  get taken(): boolean {
    return traces(this.#stream) !== this.#before;
  }

  /** Calls back after the time-out, unless the connection is taken or gone by then. */
  whenLeft(afterMs: number, call: () => void): void {
    const left = (): void => {
      const { taken } = this;
      this.over();
      if (!taken) call();
    };
    this.#timer = setTimeout(left, Math.min(afterMs, MAX_TIMER_MS));
  }

  /** Stops watching. */
  over(): void {
    clearTimeout(this.#timer);
    this.#stream.off("error", ignore);
    this.#stream.off("close", this.#onClose);
  }

  readonly #onClose = (): void => this.over();
}

function ignore(): void {}

/** The state of a stream, which a listener that takes the connection changes. */
function traces(stream: Duplex): string {
  const { destroyed, writable, writableLength, readableFlowing } = stream;
  const written: unknown = Reflect.get(stream, "bytesWritten");
  const listeners = EVENTS.map((event) => stream.listenerCount(event));
  return [destroyed, writable, writableLength, readableFlowing, written, ...listeners].join();
}
