// Frames that wait: for a Blob, whose bytes can only be read asynchronously, or to be compressed at the end of a turn.
import { nextTick } from "../node/globals.js";
import { rethrowLater } from "./later.js";
import { isBlob, lengthOf, type Payload } from "./payload.js";
import { flushAtTurnEnd, type Gathering } from "./turn-end.js";

/** Called when a frame was written, or can't be. */
export type Callback = (error?: Error) => void;

/** A frame that the application sends. */
export interface Outgoing {
  /** FIN and opcode. */
  readonly first: number;
  readonly payload: Payload;
  /** Whether an extension may encode it. */
  readonly compress: boolean;
  readonly masked: boolean;
  readonly callback: Callback | undefined;
}

/** The owner of a {@link SendQueue}. */
export interface QueueOwner {
  /** Whether the transport is gone, so that nothing can be sent. */
  readonly gone: boolean;
  /** Whether a read is being handled, behind which {@link SendQueue.release} is called. */
  readonly reading: boolean;
  /** Calls {@link SendQueue.release}, and writes all that it sends at once. */
  sendBatch(): void;
  /** Sends a frame. */
  put(outgoing: Outgoing): void;
  /** A Blob can't be read: the connection ends. */
  unreadable(error: Error): void;
}

/**
 * Holds back everything behind a Blob until that was read, and messages that are to be compressed until the end of the
 * read or the turn in which they were sent.
 */
export class SendQueue implements Gathering {
  readonly #owner: QueueOwner;
  #waiting: Outgoing[] = [];
  /** Whether the Blob that is first is being read. */
  #readsBlob = false;
  /** The number of payload bytes that wait. */
  bytes = 0;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Adds a frame: a Blob, one to be compressed, or one behind these. */
  add(outgoing: Outgoing): void {
    this.bytes += lengthOf(outgoing.payload);
    if (this.#waiting.push(outgoing) > 1) return;
    if (isBlob(outgoing.payload)) void this.#read(outgoing, outgoing.payload);
    else if (!this.#owner.reading) flushAtTurnEnd(this);
  }

  /** Whether frames wait. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** As {@link Gathering.flush}. */
  flush(): void {
    this.#owner.sendBatch();
  }

  /** Sends everything up to the next Blob, and reads that. */
  release(): void {
    if (this.#readsBlob) return;
    if (this.#owner.gone) this.#fail(new Error("The socket was closed while data was being compressed"));
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (isBlob(next.payload)) {
        void this.#read(next, next.payload);
        return;
      }
      this.#waiting.shift();
      this.bytes -= lengthOf(next.payload);
      this.#owner.put(next);
    }
  }

  async #read(outgoing: Outgoing, blob: Blob): Promise<void> {
    this.#readsBlob = true;
    try {
      const payload = new Uint8Array(await blob.arrayBuffer());
      this.#readsBlob = false;
      if (this.#owner.gone) this.#fail(new Error("The socket was closed while the blob was being read"));
      else {
        this.#waiting[0] = { ...outgoing, payload };
        this.#owner.sendBatch();
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#fail(error);
      this.#owner.unreadable(error);
    }
  }

  #fail(error: Error): void {
    const failed = this.#waiting;
    this.#waiting = [];
    this.#readsBlob = false;
    if (failed.length > 0) nextTick(callAll, callbacksOf(failed), error);
  }
}

function callbacksOf(frames: readonly Outgoing[]): Callback[] {
  return frames.flatMap(({ callback }) => (callback === undefined ? [] : [callback]));
}

/** Calls back, in order. An exception of one keeps no other from its call. */
export function callAll(callbacks: readonly Callback[], error?: Error): void {
  for (const callback of callbacks) {
    try {
      if (error === undefined) callback();
      else callback(error);
    } catch (thrown) {
      rethrowLater(thrown);
    }
  }
}
