// Node's sockets as transports: streams, with direct reads and writes where the trial has shown that these work.

import type { Socket as NetSocket } from "node:net";
import { peerAddressOf } from "../adapter/peer-address.js";
import type { TlsInfo } from "../adapter/transport.js";
import { totalLength } from "../host/total-length.js";
import { DuplexTransport } from "./duplex-transport.js";
import {
  bytesTaken,
  hasHandle,
  readInto,
  tryInternals,
  type WriteHandle,
  type WriteOwner,
  whatWorks,
  writeAllDirectly,
  writeDirectly,
  writeHandle,
} from "./internals/index.js";
import type { Internals } from "./internals-option.js";
import { sinkOf } from "./stream-listeners.js";
import { systemError } from "./system-error.js";
import { tls } from "./tls.js";
import { SocketTlsFacts } from "./tls-info.js";

/** Makes the transport of a socket. */
export type TransportOf = (socket: NetSocket) => DuplexTransport<NetSocket>;

/** Chooses the function that makes transports for a read path. */
export type Transports = (internals: Internals) => TransportOf | Promise<TransportOf>;

export const nodeTransports: Transports = (internals) => (socket) => new NodeTransport(socket, internals);

/** A `net.Socket` or `tls.TLSSocket` as a transport. */
export class NodeTransport extends DuplexTransport<NetSocket> implements WriteOwner {
  override readonly takesAtOnce: boolean;
  readonly #socket: NetSocket;
  readonly #choice: Internals;
  /** The window that reads should go to as soon as the stream is empty. */
  #window: Uint8Array | undefined;
  /** The handle that takes direct writes, if they work. */
  #handle: WriteHandle | undefined;
  /** The length of a direct write that the system has not taken whole: until then its memory is in use. */
  #unwrittenBytes = 0;

  constructor(socket: NetSocket, choice: Internals) {
    super(socket);
    this.#socket = socket;
    this.#choice = choice;
    // TLS sockets, and sockets without a handle, may keep the bytes that are written.
    this.takesAtOnce = !isSecure(socket) && hasHandle(socket);
    if (socket.connecting) socket.once("connect", () => this.#connected());
    else this.#connected();
  }

  #connected(): void {
    this.remoteAddress = peerAddressOf(this.#socket.remoteAddress);
    if (this.#choice !== "off" && whatWorks()?.writes) this.#handle = writeHandle(this.#socket);
  }

  override get tls(): TlsInfo | undefined {
    const socket = this.#socket;
    return isSecure(socket) && socket instanceof tls().TLSSocket ? new SocketTlsFacts(socket) : undefined;
  }

  override get bufferedAmount(): number {
    return super.bufferedAmount + this.#unwrittenBytes;
  }

  override get sentBytes(): number {
    return bytesTaken(this.#socket) ?? super.sentBytes;
  }

  override readInto(window: Uint8Array): void {
    if (this.#choice === "off") return;
    this.#window = window;
    const works = whatWorks();
    if (this.#choice === "on" || works?.reads) this.switchReading();
    else if (works === undefined) this.#switchWhenTried();
  }

  /** Begins to read into the window, if there is one and the stream holds no earlier bytes. */
  override switchReading(): void {
    const socket = this.#socket;
    if (this.#window === undefined || socket.readableLength > 0 || socket.destroyed) return;
    // A paused stream may still read ahead, into its own buffer, where the bytes must stay.
    if (socket.isPaused()) return;
    if (readInto(socket, this.#window, onRead)) this.readPath = "direct";
    this.#window = undefined;
  }

  #switchWhenTried(): void {
    const window = this.#window;
    this.#window = undefined;
    tryInternals().then(({ reads }) => {
      if (!reads) return;
      this.#window = window;
      this.switchReading();
    });
  }

  override write(bytes: Uint8Array): void {
    if (this.refuses()) return;
    const handle = this.#idleHandle();
    if (handle !== undefined && this.#wrote(writeDirectly(handle, bytes, this), bytes.length)) return;
    super.write(bytes);
  }

  override writeAll(chunks: readonly Uint8Array[]): void {
    if (this.refuses()) return;
    const handle = this.#idleHandle();
    if (handle !== undefined && this.#wrote(writeAllDirectly(handle, chunks, this), totalLength(chunks)))
      return;
    super.writeAll(chunks);
  }

  /**
   * The handle, if no bytes wait to be written. A socket with a time-out must be written to by its stream, because only
   * such writes restart the time-out.
   */
  #idleHandle(): WriteHandle | undefined {
    const socket = this.#socket;
    const busy = this.#unwrittenBytes > 0 || socket.writableLength > 0 || socket.timeout;
    return busy ? undefined : this.#handle;
  }

  /** @returns false if the system refused: the stream gets the same error, and emits it */
  #wrote(left: number, length: number): boolean {
    if (left < 0) return false;
    this.#unwrittenBytes = left > 0 ? length : 0;
    this.blocked = left > 0;
    return true;
  }

  /** The system has taken the rest of a write. */
  written(status: number): void {
    this.#unwrittenBytes = 0;
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (status < 0) {
      socket.destroy(systemError(status, "write"));
      return;
    }
    // The application may wait for it as well.
    socket.emit("drain");
  }
}

function isSecure(socket: NetSocket): boolean {
  return "encrypted" in socket;
}

function onRead(this: NetSocket, length: number, window: Uint8Array): boolean {
  // The application may listen as well: then all listeners get a chunk of their own, as from a stream.
  if (this.listenerCount("data") > 1) this.emit("data", Buffer.from(window.subarray(0, length)));
  else sinkOf(this)?.receivedInWindow(length, window);
  return !this.isPaused();
}
