// permessage-deflate over Node's zlib, as an oracle in tests: each call is whole, and a window is given as a dictionary.
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { concat } from "./hex.js";

/** The four bytes that end a block without content (RFC 7692 section 7.2.1). */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);
const NOTHING = new Uint8Array();

/** One direction of a connection: deflates messages, or inflates those that the peer has deflated. */
export class ZlibStream {
  readonly #fresh: boolean;
  readonly #windowBits: number;
  #window: Uint8Array = NOTHING;
  #encoded: Uint8Array = NOTHING;
  #inflated: Uint8Array = NOTHING;

  /** @param fresh - whether no message refers to the ones before */
  constructor(fresh = false, windowBits = 15) {
    this.#fresh = fresh;
    this.#windowBits = windowBits;
  }

  /** @param options - of zlib */
  deflate(payload: Uint8Array, options: { level?: number; strategy?: number } = {}): Uint8Array {
    const encoded = deflateRawSync(payload, {
      ...options,
      // zlib can't deflate with 8 bits.
      windowBits: Math.max(9, this.#windowBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#window.length > 0 && { dictionary: this.#window }),
    });
    this.#keep(payload);
    return encoded.subarray(0, -TAIL.length);
  }

  /** The whole stream is inflated again: not every runtime takes a dictionary here. */
  inflate(encoded: Uint8Array): Uint8Array {
    const before = this.#fresh ? NOTHING : this.#inflated;
    const stream = concat([...(this.#fresh ? [] : [this.#encoded]), encoded, TAIL]);
    const whole = inflateRawSync(stream, {
      windowBits: this.#windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    this.#encoded = stream;
    this.#inflated = whole;
    return whole.subarray(before.length);
  }

  /**
   * As {@link inflate}, in constant time: the bytes before are a dictionary. References beyond the window fail, but for
   * those within a chunk of zlib's output.
   */
  inflateNext(encoded: Uint8Array): Uint8Array {
    const payload = inflateRawSync(concat([encoded, TAIL]), {
      windowBits: this.#windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: Math.max(64, 2 ** (this.#windowBits - 2)),
      ...(this.#window.length > 0 && { dictionary: this.#window }),
    });
    this.#keep(payload);
    return payload;
  }

  #keep(payload: Uint8Array): void {
    if (!this.#fresh) this.#window = concat([this.#window, payload]).slice(-(1 << this.#windowBits));
  }
}
