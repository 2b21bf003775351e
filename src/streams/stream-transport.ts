// A pair of byte streams as a transport.

import { nextTurn } from "../adapter/portable-runtime.js";
import type { SocketTransport, TransportSink } from "../adapter/transport.js";
import { queueMicrotask } from "../host/globals.js";
import { bytesOf } from "../protocol/arguments.js";
import { type ByteSource, byteSource } from "./byte-source.js";
import type { ByteResult, ByteStreams } from "./byte-streams.js";
import { ByteWriter, ignored, type WriterOwner } from "./byte-writer.js";

/**
 * The most reads without a turn of the event loop in between: reads of a stream whose chunks are ready are microtasks.
 */
const READS_A_TURN = 16;

/** If more bytes than this were not taken by the stream, the peer reads slowly. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A pair of streams as a transport. The streams stay locked. When the transport is gone, both are closed, or cancelled
 * and aborted.
 */
export class StreamTransport implements SocketTransport, WriterOwner {
  sink!: TransportSink;
  remoteAddress: string;
  readonly readPath = "stream";
  readonly takesAtOnce = false;
  blocked = false;
  /** Resolves when the transport is gone. */
  readonly gone: Promise<void>;
  readonly #source: ByteSource;
  readonly #writer: ByteWriter;
  readonly #hangUp: (() => Promise<void>) | undefined;
  /** Whether a read is under way, or a chunk is being handled. */
  #reading = false;
  #paused = false;
  /** The number of reads since the last certain turn of the event loop. */
  #reads = 0;
  /** A read that came while paused. */
  #held: ByteResult | undefined;
  /** Bytes that the stream had not taken when it was aborted. */
  #lostBytes = 0;
  #readableOver = false;
  #writableOver = false;
  #isGone = false;
  #resolveGone!: () => void;

  /**
   * @param hangUp - ends both streams at once, where that does more than to cancel one and abort the other
   * @throws TypeError if one is locked or not a stream; neither is touched then
   */
  constructor({ readable, writable }: ByteStreams, remoteAddress: string, hangUp?: () => Promise<void>) {
    if (readable.locked !== false || writable.locked !== false) {
      throw new TypeError("it takes a ReadableStream and a WritableStream that are not locked");
    }
    this.remoteAddress = remoteAddress;
    this.#hangUp = hangUp;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#source = byteSource(readable);
    this.#writer = new ByteWriter(writable, this);
    this.#read();
  }

  get bufferedAmount(): number {
    return this.#writer.bufferedAmount + this.#lostBytes;
  }

  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  /** Streams cannot read into the kernel's memory. */
  readInto(): void {}

  write(bytes: Uint8Array): void {
    this.writeAll([bytes]);
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    this.#writer.write(chunks);
    if (this.#writer.bufferedAmount > HIGH_WATER_BYTES) this.blocked = true;
  }

  end(): void {
    this.#writer.end();
  }

  /** @param reason - is given to the streams */
  destroy(reason: unknown = new Error("the WebSocket connection was terminated")): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#held = undefined;
    this.#lostBytes = this.#writer.bufferedAmount;
    // `hangUp` would wait for a write that is under way.
    if (this.#hangUp !== undefined && this.#lostBytes === 0) {
      this.#writer.drop();
      this.#hangUp().catch(ignored);
    } else {
      this.#source.cancel(reason).catch(ignored);
      this.#writer.abort(reason);
    }
    queueMicrotask(() => this.#tellGone());
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) this.#read();
    else queueMicrotask(() => this.#arrived(held));
  }

  /** Ends the transport for an error of a stream. */
  fail(error: unknown): void {
    if (this.#isGone) return;
    this.destroy(error);
    this.sink.failed(error);
  }

  #read(): void {
    if (this.#reading || this.#paused || this.#readableOver || this.#isGone) return;
    this.#reading = true;
    this.#source.read().then(this.#arrived, this.#failed);
  }

  readonly #arrived = (result: ByteResult): void => {
    if (this.#isGone) return;
    if (this.#paused) {
      this.#held = result;
      return;
    }
    const { done, value } = result;
    if (done) {
      this.#readableOver = true;
      this.sink.ended();
      this.#checkOver();
      return;
    }
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(value, "the readable stream must give bytes");
    } catch (error) {
      this.fail(error);
      return;
    }
    this.sink.received(bytes);
    this.#source.handled(bytes);
    if (++this.#reads < READS_A_TURN) this.#readOn();
    else nextTurn(this.#readOn);
  };

  readonly #readOn = (): void => {
    if (this.#reads >= READS_A_TURN) this.#reads = 0;
    this.#reading = false;
    this.#read();
  };

  readonly #failed = (error: unknown): void => this.fail(error);

  /** The stream took a write. */
  written(): void {
    if (!this.blocked || this.bufferedAmount > HIGH_WATER_BYTES) return;
    this.blocked = false;
    this.sink.drained();
  }

  /** All was written, and the stream is closed. */
  writableClosed(): void {
    this.#writableOver = true;
    this.#checkOver();
  }

  /** The writable stream broke. */
  writableFailed(error: unknown): void {
    this.fail(error);
  }

  #checkOver(): void {
    if (this.#isGone || !this.#readableOver || !this.#writableOver) return;
    this.#isGone = true;
    this.#tellGone();
  }

  #tellGone(): void {
    this.sink.closed();
    // Until then the sink may ask what was not taken.
    this.#lostBytes = 0;
    this.#resolveGone();
  }
}
