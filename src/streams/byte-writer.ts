// The writable stream of a pair, with the bytes that wait to be written to it.
import { ChunkQueue, JOIN_BYTES } from "../adapter/chunk-queue.js";
import { lostMemory } from "../protocol/outbox.js";
import type { StreamWriter, WritableBytes } from "./byte-streams.js";

/** The owner of a writer, which gets its reports. */
export interface WriterOwner {
  /** A write was taken. */
  written(): void;
  /** All bytes were written, and the stream is closed. */
  writableClosed(): void;
  /** The stream broke. */
  writableFailed(error: unknown): void;
}

/**
 * Writes to a stream, one write at a time. Bytes that are given meanwhile leave together in the next write. Long
 * messages leave in several writes, so that their progress shows. Each write is a copy: a stream may transfer its
 * chunks, and the bytes may belong to the application or be shared by several connections.
 */
export class ByteWriter {
  /** Bytes that the stream took. */
  sentBytes = 0;
  readonly #writer: StreamWriter;
  readonly #owner: WriterOwner;
  readonly #queue = new ChunkQueue();
  /** Length of the write that is under way, or 0. */
  #writing = 0;
  #state: "open" | "ending" | "closing" | "over" = "open";

  constructor(writable: WritableBytes, owner: WriterOwner) {
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

  /** Closes the stream after all bytes were written. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.#proceed();
  }

  /** Drops the bytes that were not written, and ignores all reports of the stream from now on. */
  drop(): void {
    this.#state = "over";
    this.#queue.clear();
    this.#writing = 0;
  }

  /** Drops the bytes that were not written, and aborts the stream. */
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
        // A part of its frame may have left, so no Close frame can follow.
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
    // The write is over. If the stream still has no room, its queue holds other writes.
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

/** Handles the promise of an operation whose outcome no longer matters. */
export function ignored(): void {}
