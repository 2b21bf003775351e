// The streams that a connection runs over, by the members that are used. The types of Node's streams and of the DOM's
// differ in others, and a project may have both.

/** The outcome of a read: bytes, or the end. */
export interface ByteResult {
  /** Whether this is the end. */
  readonly done: boolean;
  /** The bytes. */
  readonly value?: Uint8Array | undefined;
}

/** A reader of a {@link ReadableBytes}, as a `ReadableStreamDefaultReader` is. */
export interface ByteReader {
  /** The next bytes, or the end. */
  read(): Promise<ByteResult>;
  /** Tells the stream that no more is read. */
  cancel(reason?: unknown): Promise<void>;
}

/** A reader that reads into memory that it is given, as a `ReadableStreamBYOBReader` is. */
export interface WindowReader {
  /** The next bytes, in the memory of the view, or the end. */
  read(view: Uint8Array<ArrayBuffer>): Promise<ByteResult>;
  /** Tells the stream that no more is read. */
  cancel(reason?: unknown): Promise<void>;
}

/** A writer of a {@link WritableBytes}, as a `WritableStreamDefaultWriter` is. */
export interface StreamWriter {
  /** Settles when the stream has ended. */
  readonly closed: Promise<unknown>;
  /** Resolves when the stream has room. */
  readonly ready: Promise<unknown>;
  /** The room that it has. */
  readonly desiredSize: number | null;
  /** Writes bytes. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends the stream when all is written. */
  close(): Promise<void>;
  /** Ends the stream at once. */
  abort(reason?: unknown): Promise<void>;
}

/** A `ReadableStream` of bytes. */
export interface ReadableBytes {
  /** Whether it has a reader. */
  readonly locked: boolean;
  /** A reader. */
  getReader(): ByteReader;
  /**
   * A reader that reads into memory that it is given.
   * @throws TypeError if it is not a stream of the type "bytes"
   */
  getReader(options: { mode: "byob" }): WindowReader;
}

/** A `WritableStream` of bytes. */
export interface WritableBytes {
  /** Whether it has a writer. */
  readonly locked: boolean;
  /** A writer. */
  getWriter(): StreamWriter;
}

/**
 * Two byte streams that lead to the same peer: a TCP socket's, those of a `TransformStream` for each way, and so on.
 */
export interface ByteStreams {
  /** The bytes from the peer: a `ReadableStream`. */
  readonly readable: ReadableBytes;
  /** The bytes to the peer: a `WritableStream`. */
  readonly writable: WritableBytes;
}
