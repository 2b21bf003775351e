// Pongs that answer pings by themselves, by way of `pong`, which an application may override.
import { rethrowLater } from "./later.js";

/** A WebSocket that answers pings. */
export interface Ponger {
  readonly _isServer: boolean;
  readonly _maxPendingAutoPongs: number;
  pong(payload: Uint8Array, mask: boolean, callback: () => void): void;
  terminate(): void;
}

/** Answers pings, as long as the peer takes the pongs. */
export class AutoPong {
  readonly #websocket: Ponger;
  /** The number of pongs that were not written yet. */
  #pending = 0;
  readonly #written = (): void => {
    this.#pending--;
  };

  constructor(websocket: Ponger) {
    this.#websocket = websocket;
  }

  /** Sends a pong. If too many wait, the connection ends. */
  answer(payload: Uint8Array): void {
    const websocket = this.#websocket;
    const most = websocket._maxPendingAutoPongs;
    if (most > 0 && this.#pending >= most) {
      websocket.terminate();
      return;
    }
    this.#pending++;
    try {
      websocket.pong(payload, !websocket._isServer, this.#written);
    } catch (error) {
      rethrowLater(error);
    }
  }
}
