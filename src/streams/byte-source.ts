// The readable stream of a pair, and the memory that it reads into.

/** Reads of one stream, whichever kind of reader it has. */
export interface ByteSource {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  /** The chunk that the last read gave was handled: its memory may be read into again. */
  handled(chunk: Uint8Array): void;
  cancel(reason: unknown): Promise<void>;
}

/**
 * Takes the reads of a stream. A byte stream reads into memory that it is given, with no allocation for each read.
 */
export function byteSource(readable: ReadableStream<Uint8Array>): ByteSource {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = readable.getReader({ mode: "byob" });
  } catch {
    return new ChunkSource(readable.getReader());
  }
  return new WindowSource(reader);
}

/** A stream that gives chunks of its own. */
class ChunkSource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    return this.#reader.read();
  }

  handled(): void {}

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}

/** What an idle connection holds. */
const SMALL_BYTES = 4 * 1024;
/** What a busy one reads at a time, as much as a decoder takes. */
const LARGE_BYTES = 64 * 1024;

/** A byte stream. The kernel's memory can't be transferred, so reads go to memory of the connection's own. */
class WindowSource implements ByteSource {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(SMALL_BYTES);

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    return this.#reader.read(new Uint8Array(this.#buffer));
  }

  handled(chunk: Uint8Array<ArrayBuffer>): void {
    const { buffer } = chunk;
    // A read that filled its memory has more behind it. After any other the connection may be idle.
    const next = chunk.length === buffer.byteLength ? LARGE_BYTES : SMALL_BYTES;
    this.#buffer = next === buffer.byteLength ? buffer : new ArrayBuffer(next);
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}
