import type { Socket as NetSocket } from "node:net";
import type { SocketTransport, TransportSink } from "../adapter/transport.js";

const kTransport = Symbol("wsimd transport");

declare module "node:net" {
  interface Socket {
    [kTransport]?: NodeTransport;
  }
}

/** Runs of bytes that together are no longer than this are joined: one copy is cheaper than a vectored write. */
const JOIN_BYTES = 16 * 1024;

/** A `net.Socket` or `tls.TLSSocket`, whoever made it, as a transport. Its listeners are shared by all. */
export class NodeTransport implements SocketTransport {
  readonly remoteAddress: string;
  readonly takesAtOnce: boolean;
  readonly readPath = "data";
  readonly #socket: NetSocket;
  sink!: TransportSink;
  blocked = false;
  gone = false;

  constructor(socket: NetSocket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.takesAtOnce = !("encrypted" in socket);
    socket[kTransport] = this;
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (!this.#writable) return;
    if (!this.#socket.write(bytes)) this.blocked = true;
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) {
      this.write(first);
      return;
    }
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (length <= JOIN_BYTES) {
      this.write(Buffer.concat(chunks, length));
      return;
    }
    const socket = this.#socket;
    socket.cork();
    for (const chunk of chunks) this.write(chunk);
    socket.uncork();
  }

  end(): void {
    if (this.#writable) this.#socket.end();
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

  get #writable(): boolean {
    return this.#socket.writable;
  }
}

function onData(this: NetSocket, chunk: Buffer): void {
  this[kTransport]?.sink.received(chunk);
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
