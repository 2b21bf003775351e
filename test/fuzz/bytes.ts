/** Memory to write a stream into, used again for each. */
export class Bytes {
  readonly #memory = new Uint8Array(1 << 20);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Anything beyond the memory is dropped. */
  byte(value: number): void {
    this.#memory[this.#length] = value;
    this.#length = Math.min(this.#length + 1, this.#memory.length);
  }

  bigEndian(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.byte(Math.floor(value / 256 ** i) % 256);
  }

  append(bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) this.byte(bytes[i] ?? 0);
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    return this.#memory.slice(0, this.#length);
  }
}
