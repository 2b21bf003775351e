// The input that a thread is at, where another one can see it when the thread hangs or dies.

const MOST_BYTES = 1 << 20;
const COUNT = 0;
const LENGTH = 1;
const WORDS = 2;

export class Watched {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * WORDS + MOST_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#bytes = new Uint8Array(memory, 4 * WORDS);
  }

  begin(input: Uint8Array): void {
    const kept = input.subarray(0, MOST_BYTES);
    this.#bytes.set(kept);
    this.#words[LENGTH] = kept.length;
    Atomics.add(this.#words, COUNT, 1);
  }

  /** How many inputs began. */
  get count(): number {
    return Atomics.load(this.#words, COUNT);
  }

  get input(): Uint8Array {
    return this.#bytes.slice(0, this.#words[LENGTH]);
  }
}
