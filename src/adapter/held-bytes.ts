/** Bytes that wait for somebody, copied into memory that doubles: neither their cut nor their number costs much. */
export class HeldBytes {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(first: Uint8Array) {
    this.#bytes = new Uint8Array(first);
    this.#length = first.length;
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** All of them: a view. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
