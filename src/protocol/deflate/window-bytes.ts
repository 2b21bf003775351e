// The last bytes of a stream, in memory that grows as they become more.

const MIN_BYTES = 256;

/** A copy of the last bytes of a stream, up to the size of its window. */
export class WindowBytes {
  readonly #most: number;
  #memory: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** @param most - the bytes of the window */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#memory.length;
  }

  /** Bytes of memory that it will hold with so many bytes of the stream. */
  capacityFor(length: number): number {
    const wanted = Math.min(this.#most, Math.max(MIN_BYTES, 2 ** (32 - Math.clz32(Math.max(length - 1, 1)))));
    return length === 0 ? this.capacity : Math.max(this.capacity, wanted);
  }

  /** Takes the bytes from `start` to `end`, of which only the last ones are kept, in place of those it had. */
  take(memory: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, this.#most);
    const capacity = this.capacityFor(length);
    if (capacity > this.#memory.length) this.#memory = new Uint8Array(capacity);
    this.#memory.set(memory.subarray(end - length, end));
    this.#length = length;
  }

  /** Appends bytes, as far as there is memory: the oldest are dropped for them. */
  append(bytes: Uint8Array): void {
    const kept = Math.min(this.#length, Math.max(0, this.capacity - bytes.length));
    const added = bytes.subarray(Math.max(0, bytes.length - this.capacity));
    this.#memory.copyWithin(0, this.#length - kept, this.#length);
    this.#memory.set(added, kept);
    this.#length = kept + added.length;
  }

  /** Copies the bytes to an address. @returns the address behind them */
  put(memory: Uint8Array, ptr: number): number {
    memory.set(this.#memory.subarray(0, this.#length), ptr);
    return ptr + this.#length;
  }

  /** Gives the memory back. */
  clear(): void {
    this.#memory = new Uint8Array(0);
    this.#length = 0;
  }
}
