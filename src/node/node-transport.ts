// The sockets of Node's streams as transports, with shortcuts below the streams where a trial has shown that they work.
import type { Socket as NetSocket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TlsInfo } from "../adapter/transport.js";
import { DuplexTransport, transportOf } from "./duplex-transport.js";
import {
  systemError,
  totalLength,
  type WriteHandle,
  type Writer,
  writeAllDirectly,
  writeDirectly,
  writeHandle,
} from "./internals/direct-write.js";
import { tryInternals, whatWorks } from "./internals/trial.js";
import { readInto } from "./internals/window-reads.js";
import type { Internals } from "./internals-option.js";
import { SocketTlsFacts } from "./tls-info.js";

/** Makes the transport of a socket. */
export type TransportOf = (socket: NetSocket) => DuplexTransport<NetSocket>;

/** Decides how transports are made for a read path. */
export type Transports = (internals: Internals) => TransportOf | Promise<TransportOf>;

export const nodeTransports: Transports = (internals) => (socket) => new NodeTransport(socket, internals);

/** A `net.Socket` or `tls.TLSSocket`, as a transport: a stream, with shortcuts past its bookkeeping. */
export class NodeTransport extends DuplexTransport<NetSocket> implements Writer {
  override readonly takesAtOnce: boolean;
  readonly #socket: NetSocket;
  readonly #choice: Internals;
  /** Where reads should go as soon as the stream is empty. */
  #window: Uint8Array | undefined;
  /** What is written to past the stream, if that can be. */
  #handle: WriteHandle | undefined;
  /** What was written there, if the system has not taken all of it: until then its memory is in use. */
  #unwrittenBytes = 0;

  constructor(socket: NetSocket, choice: Internals) {
    super(socket);
    this.#socket = socket;
    this.#choice = choice;
    // A socket without a handle is what its class makes of it, which may keep what is written.
    this.takesAtOnce = !("encrypted" in socket) && Reflect.get(socket, "_handle") != null;
    if (socket.connecting) socket.once("connect", () => this.#connected());
    else this.#connected();
  }

  #connected(): void {
    const socket = this.#socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    if (this.#choice !== "off" && whatWorks()?.writes) this.#handle = writeHandle(socket);
  }

  override get tls(): TlsInfo | undefined {
    return this.#socket instanceof TLSSocket ? new SocketTlsFacts(this.#socket) : undefined;
  }

  override get bufferedAmount(): number {
    return super.bufferedAmount + this.#unwrittenBytes;
  }

  override get sentBytes(): number {
    const handle: unknown = Reflect.get(this.#socket, "_handle");
    // As Node's own time-outs do it: within one long write, only the system's queue moves.
    return numberIn(handle, "bytesWritten") - numberIn(handle, "writeQueueSize");
  }

  override readInto(window: Uint8Array): void {
    if (this.#choice === "off") return;
    this.#window = window;
    const works = whatWorks();
    if (this.#choice === "on" || works?.reads) this.switchReading();
    else if (works === undefined) this.#switchWhenTried();
  }

  /** Lets reads go into the window, if one waits and nothing that came before it is left in the stream. */
  override switchReading(): void {
    const socket = this.#socket;
    if (this.#window === undefined || socket.readableLength > 0 || socket.destroyed) return;
    // A stream reads ahead while it is paused. What that brings must stay in the stream.
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
    if (!this.#socket.writable) return;
    const handle = this.#idleHandle();
    if (handle !== undefined && this.#wrote(writeDirectly(handle, bytes, this), bytes.length)) return;
    super.write(bytes);
  }

  override writeAll(chunks: readonly Uint8Array[]): void {
    if (!this.#socket.writable) return;
    const handle = chunks.length > 1 ? this.#idleHandle() : undefined;
    if (handle !== undefined && this.#wrote(writeAllDirectly(handle, chunks, this), totalLength(chunks)))
      return;
    super.writeAll(chunks);
  }

  /** The handle, if it can be written to: nothing waits, and nobody who gave the socket a time-out counts on the stream to see it. */
  #idleHandle(): WriteHandle | undefined {
    const socket = this.#socket;
    const busy = this.#unwrittenBytes > 0 || socket.writableLength > 0 || socket.timeout;
    return busy ? undefined : this.#handle;
  }

  /** @returns false if the system refused: the stream finds the same error, and reports it as streams do */
  #wrote(left: number, length: number): boolean {
    if (left < 0) return false;
    this.#unwrittenBytes = left > 0 ? length : 0;
    this.blocked = left > 0;
    return true;
  }

  /** The system took what it could not take at once. */
  written(status: number): void {
    this.#unwrittenBytes = 0;
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (status < 0) {
      socket.destroy(systemError(status, "write"));
      return;
    }
    this.blocked = false;
    this.sink.drained();
  }
}

function numberIn(handle: unknown, name: string): number {
  const value: unknown =
    typeof handle === "object" && handle !== null ? Reflect.get(handle, name) : undefined;
  return typeof value === "number" ? value : 0;
}

function onRead(this: NetSocket, length: number, window: Uint8Array): boolean {
  transportOf(this)?.sink.receivedInWindow(length, window);
  return !this.isPaused();
}
