// Bytes that are written one behind the other, of which many sockets take a part.
import type { Host } from "../../host/host.js";

/** The most bytes of a run. Memory for as many is allocated at once, and later runs use what is left of it. */
export const MAX_RUN_BYTES = 64 * 1024;

/** A part of a run, between two positions. */
export interface Part {
  readonly begin: number;
  end: number;
}

/**
 * A position is a number of bytes since the first run, so that it means the same in every run. Memory is never used
 * again: transports and outboxes may hold on to parts for as long as they need.
 */
export class RunBytes {
  readonly #host: Host | undefined;
  /** The position at which the run begins, and the one at which it ends. */
  begin = 0;
  end = 0;
  #memory: Uint8Array = new Uint8Array(0);
  /** Where in the memory the run begins. */
  #start = 0;
  /** The part that was taken last, and the positions at which it begins and ends. */
  #part = this.#memory;
  #partBegin = 0;
  #partEnd = 0;

  /** @param host - allocates the memory. A run without a host stays empty */
  constructor(host: Host | undefined) {
    this.#host = host;
  }

  /** Whether so many more bytes fit. */
  hasRoom(length: number): boolean {
    return this.end - this.begin + length <= MAX_RUN_BYTES;
  }

  /** Adds bytes for which there is room. */
  add(bytes: Uint8Array): void {
    const { length } = bytes;
    let at = this.#start + (this.end - this.begin);
    if (at + length > this.#memory.length) {
      this.#move();
      at = this.end - this.begin;
    }
    this.#memory.set(bytes, at);
    this.end += length;
  }

  /** Moves the run to new memory. Parts that were taken stay where they are. */
  #move(): void {
    const memory = this.#host?.allocate(MAX_RUN_BYTES) ?? this.#memory;
    memory.set(this.#memory.subarray(this.#start, this.#start + (this.end - this.begin)));
    this.#memory = memory;
    this.#start = 0;
  }

  /** The bytes of some parts of this run, of at least one, in one piece. Most sockets take the same, and get the same view. */
  joined(parts: readonly Part[]): Uint8Array {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return this.#slice(first);
    let length = 0;
    for (const { begin, end } of parts) length += end - begin;
    const joined = this.#host?.allocate(length) ?? new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      joined.set(this.#slice(part), at);
      at += part.end - part.begin;
    }
    return joined;
  }

  #slice({ begin, end }: Part): Uint8Array {
    if (begin !== this.#partBegin || end !== this.#partEnd) {
      const offset = this.#start - this.begin;
      this.#part = this.#memory.subarray(offset + begin, offset + end);
      this.#partBegin = begin;
      this.#partEnd = end;
    }
    return this.#part;
  }

  /** The next byte begins a new run. */
  finish(): void {
    this.#start += this.end - this.begin;
    this.begin = this.end;
  }
}
