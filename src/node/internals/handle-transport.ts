// The handle of an accepted connection as a transport, without a `net.Socket`.
import type { Socket } from "node:net";
import { peerAddressOf } from "../../adapter/peer-address.js";
import { DEAF, type SocketTransport, type TransportSink } from "../../adapter/transport.js";
import { totalLength } from "../../host/total-length.js";
import { nextTick } from "../globals.js";
import { systemError } from "../system-error.js";
import { type ConnectionHandle, type HandleOwner, own, shutDown } from "./bare-handle.js";
import { type WriteOwner, writeAllDirectly, writeDirectly } from "./direct-write.js";
import { socketOver } from "./handle-socket.js";

/**
 * The memory into which all connections of this thread read that are not open yet: each read is handled before the
 * next.
 */
const HANDSHAKE_WINDOW = Buffer.alloc(16 * 1024);
const NOT_ENDED = { endEmitted: false };

/** Owns the handle of a connection, as Node's read function expects, and is the transport of a socket. */
export class HandleTransport implements SocketTransport, HandleOwner, WriteOwner {
  readonly readPath = "direct";
  readonly takesAtOnce = true;
  readonly remoteAddress: string;
  readonly #handle: ConnectionHandle;
  #paused = false;
  /** Whether the peer ended its side. */
  #peerEnded = false;
  /** Whether this side was asked to end, and whether it has ended. */
  #ending = false;
  #ended = false;
  /** Whether a socket has the handle. */
  #given = false;
  /**
   * The number of writes that the system has not taken whole, and their total length: until then their memory is in
   * use.
   */
  #unwritten = 0;
  #unwrittenBytes = 0;
  window: Uint8Array = HANDSHAKE_WINDOW;
  sink: TransportSink = DEAF;
  blocked = false;
  destroyed = false;

  constructor(handle: ConnectionHandle, remoteAddress?: string) {
    this.#handle = handle;
    this.remoteAddress = peerAddressOf(remoteAddress);
    handle.setNoDelay?.(true);
    const status = own(handle, this);
    if (status !== 0) this.#failLater(status, "read");
  }

  // ---- The reports of the handle ----

  get _readableState(): { readonly endEmitted: boolean } {
    return NOT_ENDED;
  }

  landed(length: number): void {
    this.sink.receivedInWindow(length, this.window);
  }

  push(): void {
    this.#peerEnded = true;
    this.sink.ended();
    if (this.#ended) this.destroy();
  }

  read(): void {}

  written(status: number): void {
    this.#unwritten--;
    if (this.destroyed) return;
    if (status < 0) this.#fail(systemError(status, "write"));
    else if (this.#unwritten === 0) {
      this.#unwrittenBytes = 0;
      this.blocked = false;
      this.sink.drained();
    }
  }

  // ---- For the socket ----

  get bufferedAmount(): number {
    return this.#unwrittenBytes;
  }

  get sentBytes(): number {
    return this.destroyed ? 0 : this.#handle.bytesWritten - this.#handle.writeQueueSize;
  }

  readInto(window: Uint8Array): void {
    if (this.destroyed || window === this.window) return;
    this.window = window;
    this.#handle.useUserBuffer(window);
  }

  write(bytes: Uint8Array): void {
    if (this.#ending || this.destroyed) return;
    const left = writeDirectly(this.#handle, bytes, this);
    if (left !== 0) this.#waits(left, bytes.length);
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    if (this.#ending || this.destroyed) return;
    const left = writeAllDirectly(this.#handle, chunks, this);
    if (left !== 0) this.#waits(left, totalLength(chunks));
  }

  #waits(left: number, length: number): void {
    this.blocked = true;
    if (left < 0) {
      this.#failLater(left, "write");
      return;
    }
    this.#unwritten++;
    this.#unwrittenBytes += length;
  }

  end(): void {
    if (this.#ending || this.destroyed) return;
    this.#ending = true;
    shutDown(this.#handle, () => {
      this.#ended = true;
      if (this.#peerEnded && !this.#given) this.destroy();
    });
  }

  destroy(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#unwrittenBytes = 0;
    if (error !== undefined) this.sink.failed(error);
    this.#handle.close(() => this.sink.closed());
  }

  /** Ends the connection for an error. If it belongs to a socket, its owner has to end it. */
  #fail(error: Error): void {
    if (this.#given) this.sink.failed(error);
    else this.destroy(error);
  }

  /**
   * Fails in a later turn: the caller of `write`, or of the constructor, must not be told of the end within its call.
   */
  #failLater(status: number, syscall: string): void {
    nextTick(() => this.#fail(systemError(status, syscall)));
  }

  /**
   * Gives the connection to a socket, by which it is read and written from now on. This transport only reports the end
   * of the writes that it has begun, by `drained` or `failed`.
   * @returns a socket that does not read yet; undefined if the connection is over
   */
  becomeSocket(): Socket | undefined {
    if (this.destroyed) return undefined;
    const ending = this.#ending;
    this.#ending = true;
    this.#given = true;
    this.#handle.readStop();
    const socket = socketOver(this.#handle);
    // The system ignores a second end.
    if (ending) socket.end();
    return socket;
  }

  /** Whether reading is paused. */
  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    if (this.#paused || this.destroyed) return;
    this.#paused = true;
    this.#handle.readStop();
  }

  resume(): void {
    if (!this.#paused || this.destroyed) return;
    this.#paused = false;
    if (!this.#peerEnded) this.#handle.readStart();
  }
}
