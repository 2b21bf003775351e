import type { Host } from "./host.js";

const LEAST_CAPACITY = 1024;

/**
 * Gathers the pieces of a message that came in several reads or fragments. It never holds more than twice the bytes
 * that were received plus 1 KiB, however finely they are cut and whatever length a header promises.
 */
export class MessageBuffer {
  readonly #host: Host;
  #bytes: Uint8Array;
  #length = 0;
  #ascii = true;

  constructor(host: Host) {
    this.#host = host;
    this.#bytes = host.allocate(0);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * Appends a copy of `memory[ptr, ptr + length)`.
   * @param ascii - whether the piece is ASCII text
   * @param promised - payload bytes that the frame's header says will follow: the buffer grows towards this, but only
   * as fast as bytes really arrive
   */
  append(memory: Uint8Array, ptr: number, length: number, ascii: boolean, promised: number): void {
    const end = this.#length + length;
    if (end > this.#bytes.length) this.#grow(end, end + promised);
    this.#bytes.set(memory.subarray(ptr, ptr + length), this.#length);
    this.#length = end;
    if (!ascii) this.#ascii = false;
  }

  /** Takes the bytes out, as memory of exactly their length that the taker owns. */
  takeBytes(): Uint8Array {
    const bytes = this.#bytes;
    return bytes.length === this.#length ? bytes : this.#host.copy(bytes, 0, this.#length);
  }

  /** The bytes as a string. They are valid UTF-8. */
  takeText(): string {
    return this.#host.decodeText(this.#bytes, 0, this.#length, this.#ascii);
  }

  #grow(needed: number, promised: number): void {
    const doubled = Math.max(2 * needed, LEAST_CAPACITY);
    // A frame that will end the buffer exactly saves the last copy; it is believed up to the double. The buffer must
    // grow by half at least: were it to grow by a byte for each fragment, each would copy the whole message.
    const believed = promised > needed && promised <= doubled && promised >= 1.5 * this.#bytes.length;
    const capacity = believed ? promised : doubled;
    const grown = this.#host.allocate(capacity);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
