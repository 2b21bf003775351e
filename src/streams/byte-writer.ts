// The writable stream of a pair, with what waits to be written to it.
import { ChunkQueue, JOIN_BYTES } from "../adapter/chunk-queue.js";
import { lostMemory } from "../protocol/outbox.js";

/** The side that has bytes written. */
export interface WriterOwner {
  /** A write was taken. */
  written(): void;
  /** All was written, and the stream is closed. */
  writableClosed(): void;
  /** The stream broke. */
  writableFailed(error: unknown): void;
}

/**
 * Writes to a stream, one write at a time: what is given meanwhile leaves in the next, together. Long messages leave in several
 * writes, so that their progress shows. Each write is a copy, for a stream may transfer what it gets, and bytes that are sent may be
 * the application's or several connections'.
 */
export class ByteWriter {
  /** Bytes that the stream took. */
  sentBytes = 0;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #owner: WriterOwner;
  readonly #queue = new ChunkQueue();
  /** Length of the write that is under way, or 0. */
  #writing = 0;
  #state: "open" | "ending" | "closing" | "over" = "open";

  constructor(writable: WritableStream<Uint8Array>, owner: WriterOwner) {
    this.#writer = writable.getWriter();
    this.#owner = owner;
    this.#writer.closed.catch(this.#failed);
  }

  /** Bytes given and not taken by the stream yet. */
  get bufferedAmount(): number {
    return this.#queue.bytes + this.#writing;
  }

  /** Has bytes written, which must not change until `bufferedAmount` is 0. Does nothing after {@link end}. */
  write(chunks: readonly Uint8Array[]): void {
    if (this.#state !== "open") return;
    this.#queue.add(chunks);
    this.#proceed();
  }

  /** Closes the stream when all is written. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#proceed();
  }

  /** Drops what was not written, and ignores what the stream reports from now on. */
  drop(): void {
    this.#state = "over";
    this.#queue.clear();
    this.#writing = 0;
  }

  /** Drops what was not written, and the stream. */
  abort(reason: unknown): void {
    this.drop();
    this.#writer.abort(reason).catch(ignored);
  }

  #proceed(): void {
    if (this.#writing > 0) return;
    const { bytes: waiting } = this.#queue;
    if (waiting > 0) {
      const bytes = new Uint8Array(Math.min(waiting, JOIN_BYTES));
      if (this.#queue.fill(bytes) < bytes.length) {
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

  readonly #written = (): void => {
    if (this.#state === "over") return;
    // The write is over. If the stream has no room nevertheless, other writes stand in its queue.
    if ((this.#writer.desiredSize ?? 0) > 0) this.#ready();
    else this.#writer.ready.then(this.#ready, this.#failed);
  };

  readonly #ready = (): void => {
    if (this.#state === "over") return;
    this.sentBytes += this.#writing;
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

/** For the promise of an operation whose outcome no longer matters. */
export function ignored(): void {}
