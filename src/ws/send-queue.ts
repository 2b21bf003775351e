// Frames that wait: for a Blob, whose bytes can only be read asynchronously, or to be compressed at the end of the turn.
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
  /** Several frames are going to be sent, and leave together. */
  beginBatch(): void;
  /** Sends a frame. */
  put(outgoing: Outgoing): void;
  endBatch(): void;
  /** A Blob can't be read: the connection ends. */
  unreadable(error: Error): void;
}

/**
 * Holds back everything behind a Blob until that was read, and behind a message that is to be compressed until the end
 * of the turn.
 */
export class SendQueue implements Gathering {
  readonly #owner: QueueOwner;
  #waiting: Outgoing[] = [];
  /** The number of payload bytes that wait. */
  bytes = 0;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Adds a frame: a Blob, one to be compressed, or one behind these. */
  add(outgoing: Outgoing): void {
    this.bytes += lengthOf(outgoing.payload);
    if (this.#waiting.push(outgoing) > 1) return;
    if (isBlob(outgoing.payload)) void this.#read();
    else flushAtTurnEnd(this);
  }

  /** Whether frames wait. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** As {@link Gathering.flush}: compresses and sends what has waited for the end of the turn. */
  flush(): void {
    const [outgoing] = this.#waiting;
    if (outgoing === undefined || isBlob(outgoing.payload)) return;
    if (this.#owner.gone) this.#fail(new Error("The socket was closed while data was being compressed"));
    else this.#proceed(outgoing);
  }

  /** Reads the Blob that is first, and sends everything up to the next one. */
  async #read(): Promise<void> {
    const [outgoing] = this.#waiting;
    if (outgoing === undefined || !isBlob(outgoing.payload)) return;
    try {
      const bytes = new Uint8Array(await outgoing.payload.arrayBuffer());
      if (this.#owner.gone) this.#fail(new Error("The socket was closed while the blob was being read"));
      else this.#proceed({ ...outgoing, payload: bytes });
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#fail(error);
      this.#owner.unreadable(error);
    }
  }

  /** @param first - in place of the first that waits */
  #proceed(first: Outgoing): void {
    let next: Outgoing | undefined = first;
    this.#owner.beginBatch();
    while (next !== undefined && !isBlob(next.payload)) {
      const waited = this.#waiting.shift();
      if (waited !== undefined) this.bytes -= lengthOf(waited.payload);
      this.#owner.put(next);
      next = this.#waiting[0];
    }
    this.#owner.endBatch();
    if (next !== undefined) void this.#read();
  }

  #fail(error: Error): void {
    const failed = this.#waiting;
    this.#waiting = [];
    nextTick(callAll, callbacksOf(failed), error);
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
