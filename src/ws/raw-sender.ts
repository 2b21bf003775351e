// The `_sender` of a WebSocket, by which integrators send frames that they have built themselves.
import type { Callback } from "./send-queue.js";
import type { Sending } from "./sending.js";

/** Sends bytes as they are. */
export class RawSender {
  readonly #sending: Sending;

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  /** Payload bytes that wait for a Blob. */
  get _bufferedBytes(): number {
    return this.#sending.queuedBytes;
  }

  /**
   * Sends whole frames, in front of those that wait for a Blob.
   * @param list - the bytes of the frames, in order
   */
  sendFrame(list: readonly (string | Uint8Array)[], callback?: Callback): void {
    this.#sending.raw(list, callback);
  }
}
