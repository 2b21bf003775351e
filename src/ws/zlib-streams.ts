// Compresses and decompresses parts of messages with node:zlib, for users of the class PerMessageDeflate.
import { Buffer } from "node:buffer";
import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from "node:zlib";

/** Gets the result of a call, or why there is none. */
export type Done = (error: Error | null, result?: Buffer) => void;

/** The end of a message that is left out on the wire: RFC 7692 section 7.2.1. */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** The call that is running. */
class Call {
  readonly done: Done;
  readonly #chunks: Buffer[] = [];
  length = 0;

  constructor(done: Done) {
    this.done = done;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  get result(): Buffer {
    const [only, ...others] = this.#chunks;
    return only !== undefined && others.length === 0 ? only : Buffer.concat(this.#chunks, this.length);
  }
}

/** Compresses the messages of one side. One call runs at a time. */
export class DeflateStream {
  readonly raw: DeflateRaw;
  readonly #takeover: boolean;
  #call: Call | undefined;

  constructor(options: ZlibOptions, takeover: boolean) {
    this.#takeover = takeover;
    this.raw = createDeflateRaw(options);
    this.raw.on("data", (chunk: Buffer) => this.#call?.add(chunk));
  }

  run(data: Uint8Array | string, final: boolean, done: Done): void {
    const call = new Call(done);
    this.#call = call;
    this.raw.write(data);
    this.raw.flush(constants.Z_SYNC_FLUSH, () => {
      if (this.#call !== call) return;
      this.#call = undefined;
      if (final && !this.#takeover) this.raw.reset();
      done(null, final ? call.result.subarray(0, -TAIL.length) : call.result);
    });
  }

  close(): void {
    const call = this.#call;
    this.#call = undefined;
    this.raw.close();
    call?.done(new Error("The deflate stream was closed while data was being processed"));
  }
}

/** Decompresses the messages of the other side. One call runs at a time. */
export class InflateStream {
  readonly raw: InflateRaw;
  readonly #takeover: boolean;
  readonly #maxBytes: number;
  readonly #tooLong: () => Error;
  #call: Call | undefined;
  #over = false;

  /** @param tooLong - makes the error of a call whose result has more than `maxBytes` */
  constructor(options: ZlibOptions, takeover: boolean, maxBytes: number, tooLong: () => Error) {
    this.#takeover = takeover;
    this.#maxBytes = maxBytes;
    this.#tooLong = tooLong;
    this.raw = createInflateRaw(options);
    this.raw.on("data", (chunk: Buffer) => this.#took(chunk));
    this.raw.on("error", (error) => this.#fail(error));
    this.raw.on("end", () => {
      this.#over = true;
    });
  }

  /** Whether it has failed, or the data has ended with a final block: nothing can follow. */
  get over(): boolean {
    return this.#over;
  }

  run(data: Uint8Array, final: boolean, done: Done): void {
    const call = new Call(done);
    this.#call = call;
    this.raw.write(data);
    if (final) this.raw.write(TAIL);
    this.raw.flush(() => {
      if (this.#call !== call) return;
      this.#call = undefined;
      if (final && !this.#takeover && !this.#over) this.raw.reset();
      done(null, call.result);
    });
  }

  close(): void {
    this.#fail(new Error("The inflate stream was closed while data was being processed"));
  }

  #took(chunk: Buffer): void {
    this.#call?.add(chunk);
    if (this.#call !== undefined && this.#call.length > this.#maxBytes) this.#fail(this.#tooLong());
  }

  #fail(error: Error): void {
    const call = this.#call;
    this.#call = undefined;
    this.#over = true;
    this.raw.close();
    call?.done(error);
  }
}
