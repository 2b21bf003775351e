// The readable stream of a pair, and the memory that it reads into.
import type { ByteReader, ByteResult, ReadableBytes, WindowReader } from "./byte-streams.js";

/** Reads one stream, with either kind of reader. */
export interface ByteSource {
  read(): Promise<ByteResult>;
  /** The chunk of the last read was handled: its memory may be read into again. */
  handled(chunk: Uint8Array): void;
  cancel(reason: unknown): Promise<void>;
}

/**
 * Takes the reads of a stream. A byte stream reads into memory that it is given, with no allocation for each read.
 */
export function byteSource(readable: ReadableBytes): ByteSource {
  let reader: WindowReader;
  try {
    reader = readable.getReader({ mode: "byob" });
  } catch {
    return new ChunkSource(readable.getReader());
  }
  return new WindowSource(reader);
}

/** A stream that gives chunks of its own. */
class ChunkSource implements ByteSource {
  readonly #reader: ByteReader;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  read(): Promise<ByteResult> {
    return this.#reader.read();
  }

  handled(): void {}

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}

/** The length of an idle connection's memory for reads. */
const SMALL_BYTES = 4 * 1024;
/** The length of a busy connection's reads: as much as a decoder takes at a time. */
const LARGE_BYTES = 64 * 1024;

/** A byte stream. The kernel's memory can't be transferred, so reads go to memory of the connection's own. */
class WindowSource implements ByteSource {
  readonly #reader: WindowReader;
  #buffer = new ArrayBuffer(SMALL_BYTES);

  constructor(reader: WindowReader) {
    this.#reader = reader;
  }

  read(): Promise<ByteResult> {
    return this.#reader.read(new Uint8Array(this.#buffer));
  }

  handled(chunk: Uint8Array): void {
    const { buffer } = chunk;
    // After a read that filled its memory, more bytes probably wait. After any other read the connection may be idle.
    const next = chunk.length === buffer.byteLength ? LARGE_BYTES : SMALL_BYTES;
    this.#buffer =
      next === buffer.byteLength && buffer instanceof ArrayBuffer ? buffer : new ArrayBuffer(next);
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}
