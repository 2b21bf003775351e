import { isLost, lostMemory } from "../protocol/outbox.js";

/** The most bytes of one write. Long messages go in several, so that their progress shows. */
const WRITE_BYTES = 64 * 1024;

const NOTHING = new Uint8Array(0);

/** Who has something written. */
export interface SinkOwner {
  /** A write was taken. */
  written(): void;
  /** All was written, and the stream is closed. */
  writableClosed(): void;
  /** The stream broke. */
  writableFailed(error: unknown): void;
}

/**
 * Writes to a stream, one write at a time: what is given meanwhile leaves in the next, together. Each write is a copy, for a stream may
 * transfer what it gets, and bytes that are sent may be the application's or several connections'.
 */
export class ByteSink {
  /** Bytes given and not taken by the stream yet. */
  bufferedAmount = 0;
  /** Bytes that the stream took. */
  sentBytes = 0;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #owner: SinkOwner;
  /** What was given since {@link #leaving} was. */
  #waiting: Uint8Array[] = [];
  #leaving: Uint8Array[] = [];
  /** The first of those that leave that was not taken whole, and how much of it was. */
  #first = 0;
  #taken = 0;
  /** Length of the write that is under way, or 0. */
  #writing = 0;
  #state: "open" | "ending" | "closing" | "over" = "open";

  constructor(writable: WritableStream<Uint8Array>, owner: SinkOwner) {
    this.#writer = writable.getWriter();
    this.#owner = owner;
    this.#writer.closed.catch(this.#failed);
  }

  /** Has bytes written, which must not change until `bufferedAmount` is 0. Does nothing after {@link end}. */
  write(chunks: readonly Uint8Array[]): void {
    if (this.#state !== "open") return;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#waiting.push(chunk);
      this.bufferedAmount += chunk.length;
    }
    this.#proceed();
  }

  /** Closes the stream when all is written. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#proceed();
  }

  /** Drops what was not written, and takes no interest in the stream any more. */
  drop(): void {
    this.#state = "over";
    this.#waiting = [];
    this.#leaving = [];
    this.bufferedAmount = 0;
  }

  /** Drops what was not written, and the stream. */
  abort(reason: unknown): void {
    this.drop();
    this.#writer.abort(reason).catch(ignored);
  }

  #proceed(): void {
    if (this.#writing > 0) return;
    if (this.bufferedAmount > 0) {
      const bytes = this.#take();
      if (bytes === undefined) {
        // A part of its frame may have left: no Close frame can follow.
        this.#failed(lostMemory());
        return;
      }
      this.#writing = bytes.length;
      this.#writer.write(bytes).then(this.#written, this.#failed);
    } else if (this.#state === "ending") {
      this.#state = "closing";
      this.#writer.close().then(this.#closed, this.#failed);
    }
  }

  /** Takes out the bytes of the next write, as a copy. @returns undefined if the memory of some is gone */
  #take(): Uint8Array | undefined {
    const bytes = new Uint8Array(Math.min(this.bufferedAmount, WRITE_BYTES));
    let length = 0;
    while (length < bytes.length) {
      const chunk = this.#firstChunk();
      if (isLost(chunk)) return undefined;
      const part = chunk.subarray(this.#taken, this.#taken + bytes.length - length);
      bytes.set(part, length);
      length += part.length;
      this.#taken += part.length;
      if (this.#taken < chunk.length) break;
      this.#leaving[this.#first++] = NOTHING;
      this.#taken = 0;
    }
    return bytes;
  }

  #firstChunk(): Uint8Array {
    let chunk = this.#leaving[this.#first];
    if (chunk === undefined) {
      this.#leaving = this.#waiting;
      this.#waiting = [];
      this.#first = 0;
      chunk = this.#leaving[0] ?? NOTHING;
    }
    return chunk;
  }

  readonly #written = (): void => {
    if (this.#state === "over") return;
    // The write is over. If the stream has no room nevertheless, others stand in its queue.
    if ((this.#writer.desiredSize ?? 0) > 0) this.#ready();
    else this.#writer.ready.then(this.#ready, this.#failed);
  };

  readonly #ready = (): void => {
    if (this.#state === "over") return;
    this.sentBytes += this.#writing;
    this.bufferedAmount -= this.#writing;
    this.#writing = 0;
    this.#proceed();
    this.#owner.written();
  };

  readonly #closed = (): void => {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#owner.writableClosed();
  };

  readonly #failed = (error: unknown): void => {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#owner.writableFailed(error);
  };
}

/** For the promise of something that is given up. */
export function ignored(): void {}
