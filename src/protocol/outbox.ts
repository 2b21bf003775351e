import * as layout from "../kernel/generated/layout.js";
import type { WindowHolder, Workspace } from "../kernel/workspace.js";
import type { Host } from "./host.js";

/**
 * Bytes that wait to be written to the transport, in order. While it is corked and nobody else has the write window, frames are
 * built there, one behind the other, and leave as one run of bytes; else each becomes memory of its own.
 */
export class Outbox {
  /** Bytes of pongs among those that wait, which the endpoint counts; none once everything was taken out. */
  pongBytes = 0;
  readonly #workspace: Workspace;
  readonly #host: Host;
  /** Made when it is needed: most connections are idle. */
  #chunks: Uint8Array[] | undefined;
  #queuedBytes = 0;

  constructor(workspace: Workspace, host: Host) {
    this.#workspace = workspace;
    this.#host = host;
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

  /** Gives the write window back. What stands in it becomes a chunk. */
  uncork(): void {
    if (this.#workspace.writer !== this) return;
    this.#settle();
    this.#workspace.releaseWriteWindow(undefined);
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
    else this.#push(this.#host.copy(this.#workspace.memory, ptr, ptr + length));
  }

  /** Queues bytes as they are. They must not change until they were written. */
  append(bytes: Uint8Array): void {
    if (this.stagedBytes > 0) this.#settle();
    this.#push(bytes);
  }

  /** Takes everything out, as memory that the taker owns. */
  take(): Uint8Array[] {
    if (this.stagedBytes > 0) this.#settle();
    const chunks = this.#chunks ?? [];
    this.#chunks = undefined;
    this.#queuedBytes = 0;
    this.pongBytes = 0;
    return chunks;
  }

  /** Drops everything. */
  clear(): void {
    this.take();
    this.release();
  }

  #settle(): void {
    const workspace = this.#workspace;
    const ptr = workspace.writePtr;
    if (workspace.written > 0) this.#push(this.#host.copy(workspace.memory, ptr, ptr + workspace.written));
    workspace.written = 0;
  }

  #push(chunk: Uint8Array): void {
    if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
  }
}
