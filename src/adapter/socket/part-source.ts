// The parts of a message that is sent from a stream: of a `ReadableStream` or another asynchronous iterable.
import type { Bytes } from "../../protocol/arguments.js";

/** A part of a message: a string is text. */
export type Part = string | Bytes;

/** A stream that a message is sent from. */
export type PartStream = AsyncIterable<string | Bytes> | ReadableStream<string | Bytes>;

/** Gives the parts one by one. */
export interface PartSource {
  /** The next part; undefined at the end. */
  next(): Promise<Part | undefined>;
  /** No more parts are wanted. Never throws. */
  cancel(reason: unknown): void;
}

/**
 * The parts of a stream.
 * @throws TypeError if it is neither a `ReadableStream` that is not locked nor an asynchronous iterable
 */
export function partsOf(stream: PartStream): PartSource {
  if (typeof stream === "object" && stream !== null) {
    if ("getReader" in stream) return new StreamParts(stream.getReader());
    if (typeof stream[Symbol.asyncIterator] === "function")
      return new IteratorParts(stream[Symbol.asyncIterator]());
  }
  throw new TypeError("a message is sent from a ReadableStream or another asynchronous iterable");
}

class StreamParts implements PartSource {
  readonly #reader: ReadableStreamDefaultReader<Part>;

  constructor(reader: ReadableStreamDefaultReader<Part>) {
    this.#reader = reader;
  }

  async next(): Promise<Part | undefined> {
    const { done, value } = await this.#reader.read();
    return done ? undefined : value;
  }

  cancel(reason: unknown): void {
    this.#reader.cancel(reason).catch(ignored);
  }
}

class IteratorParts implements PartSource {
  readonly #iterator: AsyncIterator<Part>;

  constructor(iterator: AsyncIterator<Part>) {
    this.#iterator = iterator;
  }

  async next(): Promise<Part | undefined> {
    const { done, value } = await this.#iterator.next();
    return done === true ? undefined : value;
  }

  cancel(): void {
    // An iterator may have no such method, or one that throws.
    (async () => this.#iterator.return?.())().catch(ignored);
  }
}

/** The source was cancelled, so its errors no longer matter. */
function ignored(): void {}
