import type { Host } from "../host/host.js";
import * as layout from "../kernel/generated/layout.js";
import type { WindowHolder, Workspace } from "../memory/workspace.js";
import { LENGTH_BITS, MAX_HEADER_BYTES, MAX_LENGTH_7 } from "./opcode.js";

/** Who is told that memory which was to be sent as it is holds the bytes no longer. */
export interface OutboxSink {
  /** Its frame and all behind it were dropped. What is sent now takes their place. */
  onLost(error: unknown): void;
}

/**
 * Bytes that wait to be written to the transport, in order. While it is corked and nobody else has the write window, frames are
 * built there, one behind the other, and leave as one run of bytes; else each becomes memory of its own.
 */
export class Outbox {
  /** Bytes of pongs among those that wait, which the endpoint counts; none once everything was taken out. */
  pongBytes = 0;
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #sink: OutboxSink;
  /** Made when it is needed: most connections are idle. */
  #chunks: Uint8Array[] | undefined;
  #queuedBytes = 0;

  constructor(workspace: Workspace, host: Host, sink: OutboxSink) {
    this.#workspace = workspace;
    this.#host = host;
    this.#sink = sink;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#queuedBytes + this.stagedBytes;
  }

  /** Bytes that wait in the write window, behind all chunks. */
  get stagedBytes(): number {
    return this.#workspace.writer === this ? this.#workspace.written : 0;
  }

  /** Bytes that wait outside of the write window. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Takes a write window, if nobody has one: what is sent from now on gathers there until {@link uncork}. */
  cork(): void {
    this.#workspace.leaseWriteWindow(this);
  }

  /**
   * Gives the write window back, whatever happens. What stands in it becomes a chunk.
   * @throws RangeError if there is no memory for that: what stood there is lost
   */
  uncork(): void {
    try {
      this.#settle();
    } finally {
      this.release();
    }
  }

  /** Whether a transport may hold on to the write window for a while: not if it is the last one. */
  get lendable(): boolean {
    return this.#workspace.hasSpareWindow;
  }

  /** A view of what stands in the write window, to be written and then given up by {@link release}. */
  staged(): Uint8Array {
    const { memory, writePtr } = this.#workspace;
    return this.#host.view(memory, writePtr, writePtr + this.stagedBytes);
  }

  /**
   * Gives the write window back without what stands in it.
   * @param holder - the transport that has not written all of it yet
   */
  release(holder?: WindowHolder): void {
    if (this.#workspace.writer !== this) return;
    this.#workspace.releaseWriteWindow(holder);
    if (this.#queuedBytes === 0) this.pongBytes = 0;
  }

  /**
   * Room for a frame.
   * @param length - most bytes that it can take, no more than the scratch window has
   * @returns its address in linear memory, to be given to {@link commit} before anything else is reserved
   */
  reserve(length: number): number {
    const workspace = this.#workspace;
    if (workspace.writer !== this) return layout.SCRATCH_WINDOW_PTR;
    if (workspace.written + length > layout.WRITE_WINDOW_LENGTH) this.#settle();
    return workspace.writePtr + workspace.written;
  }

  /** Queues the frame that was built at `ptr`. */
  commit(ptr: number, length: number): void {
    if (ptr !== layout.SCRATCH_WINDOW_PTR) this.#workspace.written += length;
    else this.#push(this.#copy(ptr, length));
  }

  /** Queues bytes as they are, at least one. They must not change until they were written. */
  append(bytes: Uint8Array): void {
    this.#settle();
    this.#push(bytes);
  }

  /**
   * Takes everything out, as memory that the taker owns. What was lost meanwhile is reported first, so that no header promises
   * bytes that never come.
   */
  take(): Uint8Array[] {
    this.#settle();
    const chunks = this.#chunks ?? [];
    const lost = chunks.findIndex(isLost);
    if (lost >= 0) {
      this.#dropFrom(chunks, lost);
      this.#sink.onLost(lostMemory());
      return this.take();
    }
    this.#drop();
    return chunks;
  }

  /** Drops everything, for which it needs no memory, and gives the write window back. */
  clear(): void {
    this.#drop();
    this.release();
  }

  #drop(): void {
    this.#chunks = undefined;
    this.#queuedBytes = 0;
    this.pongBytes = 0;
  }

  /** Drops the chunk at `index`, the header in front of it and all behind it. */
  #dropFrom(chunks: Uint8Array[], index: number): void {
    this.#drop();
    for (let i = 0; i < index; i++) {
      const chunk = chunks[i];
      if (chunk !== undefined && (i < index - 1 || !isHeader(chunk))) this.#push(chunk);
    }
  }

  /** Makes a chunk of what stands in the write window. If there is no memory for that, it stays there. */
  #settle(): void {
    const length = this.stagedBytes;
    if (length === 0) return;
    this.#push(this.#copy(this.#workspace.writePtr, length));
    this.#workspace.written = 0;
  }

  #copy(ptr: number, length: number): Uint8Array {
    const { memory } = this.#workspace;
    const host = this.#host;
    return host.copyOut === undefined
      ? host.copy(memory, ptr, ptr + length)
      : host.copyOut(memory, ptr, ptr + length);
  }

  #push(chunk: Uint8Array): void {
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
  }
}

/** What a connection fails for when the application takes back memory that it has sent. */
export function lostMemory(): TypeError {
  return new TypeError("memory was transferred or detached before it was written");
}

/**
 * Whether the memory of a chunk is gone: none is empty when it is queued, and what may change its length in other ways is not
 * sent as it is.
 */
export function isLost(chunk: Uint8Array): boolean {
  return chunk.length === 0;
}

/** Whether a chunk is the header of a payload in the next one. Frames in one chunk are longer than their first header says. */
function isHeader(chunk: Uint8Array): boolean {
  return chunk.length <= MAX_HEADER_BYTES && ((chunk[1] ?? 0) & LENGTH_BITS) > MAX_LENGTH_7;
}
