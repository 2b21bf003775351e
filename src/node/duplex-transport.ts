// Any stream of Node's that reads and writes bytes, driven by its public interface alone, as a transport.
import { Socket as NetSocket } from "node:net";
import { type Duplex, finished } from "node:stream";
import { DEAF, type SocketTransport, type TlsInfo, type TransportSink } from "../adapter/transport.js";
import { totalLength } from "../host/total-length.js";
import { BY_REFERENCE_BYTES } from "../protocol/encoder.js";
import { setImmediate } from "./globals.js";
import { remoteAddressOf } from "./remote-address.js";
import { listen, listenForFinish, type Report, type StreamDriver, unlisten } from "./stream-listeners.js";

/** Chunks are joined for one write up to this total length. */
const SHORT_BYTES = 16 * 1024;

/** A stream as a transport. */
export class DuplexTransport<Stream extends Duplex = Duplex> implements SocketTransport, StreamDriver {
  remoteAddress = "";
  readonly takesAtOnce: boolean = false;
  readPath: "direct" | "stream" = "stream";
  readonly #stream: Stream;
  /** Whether a report is being handled, or a write is under way: a stream may answer within either. */
  #busy = false;
  /** The reports that came meanwhile, in their order. */
  #held: Report[] | undefined;
  #paused = false;
  #writtenBytes = 0;
  /** Called by the stream for each write, if the sink has asked for it. */
  #onWritten: (() => void) | undefined;
  sink: TransportSink = DEAF;
  blocked = false;
  gone = false;

  constructor(stream: Stream) {
    this.#stream = stream;
    this.remoteAddress = remoteAddressOf(stream);
    listen(stream, this);
  }

  get tls(): TlsInfo | undefined {
    return undefined;
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength;
  }

  get sentBytes(): number {
    return this.#writtenBytes - this.#stream.writableLength;
  }

  /** A stream reads into memory of its own. */
  readInto(_window: Uint8Array): void {}

  /** Called when a chunk has been handled: a transport that can read past its stream may begin to. */
  switchReading(): void {}

  // ---- Writing ----

  reportWrites(): void {
    this.#onWritten ??= () => {
      // Otherwise the event `drain` follows.
      if (!this.blocked && !this.gone && this.#stream.writableLength === 0) this.sink.drained();
    };
  }

  write(bytes: Uint8Array): void {
    this.#give(bytes, this.#stream.writableLength > 0);
  }

  /**
   * @param waits - whether the stream may keep the bytes before it looks at them: the application may take them back
   * meanwhile
   */
  #give(bytes: Uint8Array, waits: boolean): void {
    const stream = this.#stream;
    if (this.refuses()) return;
    const wasBusy = this.#busy;
    this.#busy = true;
    this.#writtenBytes += bytes.length;
    try {
      // The stream asks for a pause after this many bytes, even if the system took all of them.
      const given = waits && bytes.length >= BY_REFERENCE_BYTES ? Buffer.from(bytes) : bytes;
      if (!stream.write(given, this.#onWritten) && stream.writableLength > 0) this.blocked = true;
    } catch (error) {
      // The implementation of a stream may throw.
      this.fail(error);
    }
    this.refuses();
    this.#leave(wasBusy);
  }

  /** Whether the stream takes no more bytes: a transport whose stream broke stays blocked until it is closed. */
  protected refuses(): boolean {
    if (this.#stream.writable) return false;
    this.blocked = true;
    return true;
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    const stream = this.#stream;
    if (this.refuses()) return;
    const length = totalLength(chunks);
    if (length <= SHORT_BYTES) {
      this.write(Buffer.concat(chunks, length));
      return;
    }
    // Not all streams take several chunks at once.
    const waits = stream.writableLength > 0 || typeof Reflect.get(stream, "_writev") !== "function";
    stream.cork();
    for (const chunk of chunks) this.#give(chunk, waits);
    this.#uncork();
    // A corked stream reports that it is full even if the system would take the bytes.
    if (stream.writableLength === 0) this.blocked = false;
    this.refuses();
  }

  #uncork(): void {
    const wasBusy = this.#busy;
    this.#busy = true;
    try {
      this.#stream.uncork();
    } catch (error) {
      this.fail(error);
    }
    this.#leave(wasBusy);
  }

  // ---- Reading ----

  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#held === undefined) this.#stream.resume();
    else setImmediate(handleHeld, this);
  }

  /** The stream emitted something. */
  reported(report: Report): void {
    if (this.gone) return;
    if (this.#busy || this.#held !== undefined) this.#hold(report);
    else this.#handle(report);
  }

  /** Keeps a report until the stream's caller has returned, because handlers of reports must not be re-entered. */
  #hold(report: Report): void {
    if (this.#held === undefined) {
      this.#held = [];
      this.#stream.pause();
    }
    this.#held.push(report);
    if (report === "close") setImmediate(handleHeld, this);
  }

  /** The kept reports are handled when the outermost call has returned. */
  #leave(wasBusy: boolean): void {
    this.#busy = wasBusy;
    if (!wasBusy && this.#held !== undefined) setImmediate(handleHeld, this);
  }

  /** @internal */
  handleHeld(): void {
    if (this.#held === undefined || this.#busy) return;
    const held = this.#held.splice(0);
    // No report follows the close, so a pause ends with it.
    const open = !held.includes("close");
    while (held.length > 0 && !this.gone && !(open && this.#paused && typeof held[0] !== "string"))
      this.#handle(held.shift());
    if (this.gone) held.length = 0;
    // The reports that came meanwhile follow.
    held.push(...this.#held);
    this.#held = held.length > 0 ? held : undefined;
    if (this.#held === undefined && !this.#paused) this.#stream.resume();
  }

  #handle(report: Report | undefined): void {
    const { sink } = this;
    this.#busy = true;
    try {
      if (report === "drain") {
        this.blocked = false;
        sink.drained();
      } else if (report === "end") {
        sink.ended();
        this.#peerEnded();
      } else if (report === "close") {
        this.gone = true;
        sink.closed();
      } else if (report !== undefined) sink.received(report);
    } finally {
      this.#leave(false);
    }
    if (typeof report !== "string") this.switchReading();
  }

  // ---- Ends ----

  end(): void {
    const stream = this.#stream;
    if (!stream.writable) return;
    listenForFinish(stream);
    stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
    this.#awaitClose();
  }

  /** Ends it for an error, which is reported. */
  fail(error: unknown): void {
    this.#stream.destroy(error instanceof Error ? error : new Error(String(error)));
    this.#awaitClose();
  }

  /** The stream broke. */
  failed(error: unknown): void {
    if (this.gone) return;
    this.sink.failed(error);
    // Not every stream is destroyed by an error.
    this.destroy();
  }

  /** This side has ended. */
  finished(): void {
    // Not every stream is destroyed when both sides have ended.
    if (this.#stream.readableEnded) this.destroy();
  }

  /** The other side has ended. */
  #peerEnded(): void {
    if (this.#stream.writableFinished) this.destroy();
    // A stream may end this side by itself when the other has ended.
    else listenForFinish(this.#stream);
  }

  /** Not every stream emits `close`. */
  #awaitClose(): void {
    if (this.gone || this.#stream instanceof NetSocket) return;
    finished(this.#stream, () => this.reported("close"));
  }

  /** Gives up the stream, which another transport reads from now on. */
  release(): Stream {
    const stream = this.#stream;
    unlisten(stream);
    return stream;
  }
}

function handleHeld(transport: DuplexTransport): void {
  transport.handleHeld();
}
