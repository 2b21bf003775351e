import type { Socket as NetSocket } from "node:net";
import type { SocketTransport, TransportSink } from "../adapter/transport.js";
import {
  systemError,
  totalLength,
  type WriteHandle,
  type Writer,
  writeAllDirectly,
  writeDirectly,
  writeHandle,
} from "./direct-write.js";
import type { ReadPath } from "./read-path.js";
import { tryInternals, whatWorks } from "./trial.js";
import { readInto } from "./window-reads.js";

const kTransport = Symbol("wsimd transport");

declare module "node:net" {
  interface Socket {
    [kTransport]?: NodeTransport;
  }
}

/** Runs of bytes that together are no longer than this are joined: one copy is cheaper than a vectored write. */
const JOIN_BYTES = 16 * 1024;

/** Makes the transport of a socket. */
export type TransportOf = (socket: NetSocket) => NodeTransport;

/** Decides how transports are made for a read path. */
export type Transports = (readPath: ReadPath) => TransportOf | Promise<TransportOf>;

export const nodeTransports: Transports = (readPath) => (socket) => new NodeTransport(socket, readPath);

/** A `net.Socket` or `tls.TLSSocket`, whoever made it, as a transport. Its listeners are shared by all. */
export class NodeTransport implements SocketTransport, Writer {
  remoteAddress = "";
  readonly takesAtOnce: boolean;
  readPath: "buffer" | "data" = "data";
  readonly #socket: NetSocket;
  readonly #choice: ReadPath;
  /** Where reads should go as soon as the stream is empty. */
  #window: Uint8Array | undefined;
  /** What is written to past the stream, if that can be. */
  #handle: WriteHandle | undefined;
  /** What was written there, if the system has not taken all of it: until then its memory is in use. */
  #unwrittenBytes = 0;
  sink!: TransportSink;
  blocked = false;
  gone = false;

  constructor(socket: NetSocket, choice: ReadPath) {
    this.#socket = socket;
    this.#choice = choice;
    if (socket.connecting) socket.once("connect", () => this.#connected());
    else this.#connected();
    this.takesAtOnce = !("encrypted" in socket);
    socket[kTransport] = this;
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  #connected(): void {
    const socket = this.#socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    if (this.#choice !== "data" && whatWorks()?.writes) this.#handle = writeHandle(socket);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#unwrittenBytes;
  }

  get sentBytes(): number {
    const handle: unknown = Reflect.get(this.#socket, "_handle");
    // As Node's own time-outs do it: within one long write, only the system's queue moves.
    return numberIn(handle, "bytesWritten") - numberIn(handle, "writeQueueSize");
  }

  readInto(window: Uint8Array): void {
    if (this.#choice === "data") return;
    this.#window = window;
    const works = whatWorks();
    if (this.#choice === "buffer" || works?.reads) this.switchReading();
    else if (works === undefined) this.#switchWhenTried();
  }

  /** Lets reads go into the window, if one waits and nothing that came before it is left in the stream. */
  switchReading(): void {
    const socket = this.#socket;
    if (this.#window === undefined || socket.readableLength > 0 || socket.destroyed) return;
    // A stream reads ahead while it is paused. What that brings must stay in the stream.
    if (socket.isPaused()) return;
    if (readInto(socket, this.#window, onRead)) this.readPath = "buffer";
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

  write(bytes: Uint8Array): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const handle = this.#idleHandle();
    if (handle !== undefined && this.#wrote(writeDirectly(handle, bytes, this), bytes.length)) return;
    // The stream wants a rest after so many bytes, even if the system took them all.
    if (!socket.write(bytes) && socket.writableLength > 0) this.blocked = true;
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    const [first] = chunks;
    const socket = this.#socket;
    if (chunks.length === 1 && first !== undefined) {
      this.write(first);
      return;
    }
    if (!socket.writable) return;
    const handle = this.#idleHandle();
    const length = totalLength(chunks);
    if (handle !== undefined && this.#wrote(writeAllDirectly(handle, chunks, this), length)) return;
    if (length <= JOIN_BYTES) {
      this.write(Buffer.concat(chunks, length));
      return;
    }
    socket.cork();
    for (const chunk of chunks) this.write(chunk);
    socket.uncork();
    // While it was corked it could only seem to be full.
    if (socket.writableLength === 0) this.blocked = false;
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

  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Lets go of the socket, which somebody else must read from now on. */
  release(): NetSocket {
    const socket = this.#socket;
    delete socket[kTransport];
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("drain", onDrain);
    socket.off("error", onError);
    socket.off("close", onClose);
    return socket;
  }
}

function numberIn(handle: unknown, name: string): number {
  const value: unknown =
    typeof handle === "object" && handle !== null ? Reflect.get(handle, name) : undefined;
  return typeof value === "number" ? value : 0;
}

function onData(this: NetSocket, chunk: Buffer): void {
  const transport = this[kTransport];
  if (transport === undefined) return;
  transport.sink.received(chunk);
  transport.switchReading();
}

function onRead(this: NetSocket, length: number, window: Uint8Array): boolean {
  this[kTransport]?.sink.receivedInWindow(length, window);
  return !this.isPaused();
}

function onEnd(this: NetSocket): void {
  this[kTransport]?.sink.ended();
}

function onDrain(this: NetSocket): void {
  const transport = this[kTransport];
  if (transport === undefined) return;
  transport.blocked = false;
  transport.sink.drained();
}

function onError(this: NetSocket, error: Error): void {
  this[kTransport]?.sink.failed(error);
}

function onClose(this: NetSocket): void {
  const transport = this[kTransport];
  if (transport === undefined || transport.gone) return;
  transport.gone = true;
  transport.sink.closed();
}
