// The bytes that an endpoint has for the transport, in order.
import type { Host } from "../host/host.js";
import * as layout from "../kernel/generated/layout.js";
import type { Workspace } from "../memory/workspace.js";
import type { WindowHolder, WriteWindow } from "../memory/write-windows.js";
import { MAX_HEADER_BYTES } from "./opcode.js";
import type { FramedMessage } from "./prepared-message.js";
import { WaitingMessages } from "./waiting-messages.js";

const NOTHING = new Uint8Array(0);

/** The owner of an outbox, which is told when the application has transferred memory that waited to be sent. */
export interface OutboxSink {
  /** The frame of that memory and all frames behind it were dropped. The next frame takes their place. */
  onLost(error: unknown): void;
}

/**
 * A queue of chunks, with a write window behind it while it is corked: there frames are built one behind the other and
 * leave as one run of bytes. Without a window, each frame becomes a chunk of its own.
 */
export class Outbox {
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #sink: OutboxSink;
  /** Made when it is needed: most connections are idle. */
  #chunks: Uint8Array[] | undefined;
  #queuedBytes = 0;
  /** The write window, while it is corked and one was free. */
  #window: WriteWindow | undefined;
  #pongBytes = 0;
  /** Made when a message waits. */
  #waiting: WaitingMessages | undefined;

  /** @internal */
  constructor(workspace: Workspace, host: Host, sink: OutboxSink) {
    this.#workspace = workspace;
    this.#host = host;
    this.#sink = sink;
  }

  /** Bytes that wait, {@link waitingBytes} included. */
  get bytes(): number {
    return this.#queuedBytes + (this.#window?.written ?? 0) + this.waitingBytes;
  }

  /** Bytes of whole messages that wait behind a fragmented one. They are taken out when that has ended. */
  get waitingBytes(): number {
    return this.#waiting?.bytes ?? 0;
  }

  /** Bytes that wait in the write window, behind all chunks. */
  get stagedBytes(): number {
    return this.#window?.written ?? 0;
  }

  /** Bytes that wait outside of the write window. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** @internal Bytes of pongs among those that wait, as far as {@link countPong} was told. */
  get pongBytes(): number {
    return this.#pongBytes;
  }

  /** @internal Counts this many of the waiting bytes as a pong's. */
  countPong(bytes: number): void {
    this.#pongBytes += bytes;
  }

  /** Takes a write window, if one is free. Frames gather there until {@link uncork}. */
  cork(): void {
    this.#window ??= this.#workspace.writeWindows.lease();
  }

  /**
   * Gives the write window back, also if this throws. The frames in it become a chunk.
   * @throws RangeError if there is no memory for the chunk: the frames in the window are lost
   */
  uncork(): void {
    try {
      this.#settle();
    } finally {
      this.release();
    }
  }

  /** @internal Whether a transport may hold on to the write window for a while: not if it is the last one. */
  get lendable(): boolean {
    return this.#workspace.writeWindows.hasSpare;
  }

  /**
   * A view of the frames in the write window, to be written and then given up by {@link release}. It may be the same
   * object as that of an earlier write.
   */
  staged(): Uint8Array {
    return this.#window?.view(this.#workspace.linear.memory, this.#host) ?? NOTHING;
  }

  /** Gives the write window back, and drops the frames in it. */
  release(): void;
  /**
   * @internal
   * @param holder - the transport that has not written all of it yet
   */
  release(holder: WindowHolder | undefined): void;
  release(holder?: WindowHolder): void {
    const window = this.#window;
    if (window === undefined) return;
    this.#window = undefined;
    window.release(holder);
    if (this.#queuedBytes === 0) this.#pongBytes = 0;
  }

  /**
   * @internal Room for a frame.
   * @param length - the most bytes that the frame can take, no more than the scratch window has
   * @returns its address in linear memory, to be given to {@link commit} before anything else is reserved
   */
  reserve(length: number): number {
    const window = this.#window;
    if (window === undefined) return layout.SCRATCH_WINDOW_PTR;
    const ptr = window.reserve(length);
    if (ptr !== 0) return ptr;
    this.#settle();
    return window.ptr;
  }

  /** @internal Queues the frame that was built at `ptr`. */
  commit(ptr: number, length: number): void {
    if (ptr === layout.SCRATCH_WINDOW_PTR) this.#push(this.#copy(ptr, length));
    else this.#window?.commit(length);
  }

  /** Queues bytes as they are, at least one. They must not change until they were written. */
  append(bytes: Uint8Array): void {
    this.#settle();
    this.#push(bytes);
  }

  /**
   * Takes all chunks out, as memory that the caller owns. Lost memory is reported first, so that no header promises
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

  /** @internal Bytes of messages that were dropped while they waited behind a fragmented one. */
  get droppedBytes(): number {
    return this.#waiting?.droppedBytes ?? 0;
  }

  /** @internal Keeps a message until {@link takeWaiting}. */
  wait(message: FramedMessage): void {
    this.#waiting ??= new WaitingMessages();
    this.#waiting.add(message);
  }

  /** @internal Takes out the messages that wait, if there are any. */
  takeWaiting(): WaitingMessages | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  /** @internal Drops the messages that wait: the connection is closing. */
  dropWaiting(): void {
    this.#waiting?.drop();
  }

  /** Drops all chunks, without allocating, and gives the write window back. */
  clear(): void {
    this.#drop();
    this.dropWaiting();
    this.release();
  }

  #drop(): void {
    this.#chunks = undefined;
    this.#queuedBytes = 0;
    this.#pongBytes = 0;
  }

  /** Drops the chunk at `index`, the header in front of it and all behind it. */
  #dropFrom(chunks: Uint8Array[], index: number): void {
    this.#drop();
    for (let i = 0; i < index; i++) {
      const chunk = chunks[i];
      if (chunk !== undefined && (i < index - 1 || !isHeader(chunk))) this.#push(chunk);
    }
  }

  /** Makes a chunk of the frames in the write window. If there is no memory for it, they stay there. */
  #settle(): void {
    const window = this.#window;
    if (window === undefined || window.written === 0) return;
    this.#push(this.#copy(window.ptr, window.written));
    window.empty();
  }

  #copy(ptr: number, length: number): Uint8Array {
    const { memory } = this.#workspace.linear;
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

/** Why a connection fails when the application takes back memory that it has sent. */
export function lostMemory(): TypeError {
  return new TypeError("memory was transferred or detached before it was written");
}

/**
 * Whether the memory of a chunk is gone. No chunk is empty when it is queued, and memory whose length can change in
 * other ways is copied before.
 */
export function isLost(chunk: Uint8Array): boolean {
  return chunk.length === 0;
}

/**
 * Whether a chunk is the header of a payload in the next one. Frames in one chunk are longer than their first header
 * says.
 */
function isHeader(chunk: Uint8Array): boolean {
  return chunk.length <= MAX_HEADER_BYTES && ((chunk[1] ?? 0) & 0x7f) > 125;
}
