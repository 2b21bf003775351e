// The transport of a connection that was accepted as a handle, until something asks for its `net.Socket`.
import type { Socket } from "node:net";
import { peerAddressOf } from "../adapter/peer-address.js";
import type { SocketTransport, TransportSink } from "../adapter/transport.js";
import { type HandleTransport, socketThatIsOver } from "../node/internals/index.js";
import type { Internals } from "../node/internals-option.js";
import { NodeTransport } from "../node/node-transport.js";

/** Drives a handle, and from the moment at which the connection's socket is asked for, that socket. */
export class PortTransport implements SocketTransport {
  readonly #choice: Internals;
  readonly #handle: HandleTransport;
  #driven: HandleTransport | NodeTransport;
  #socket: Socket | undefined;

  constructor(handle: HandleTransport, choice: Internals) {
    this.#choice = choice;
    this.#handle = handle;
    this.#driven = handle;
  }

  /** The connection's socket: one that is destroyed, if the connection was over before it was asked for. */
  socket(): Socket {
    this.#socket ??= this.#makeSocket();
    return this.#socket;
  }

  #makeSocket(): Socket {
    const handle = this.#handle;
    const socket = handle.becomeSocket();
    if (socket === undefined) return socketThatIsOver();
    const { paused, sink, window } = handle;
    const driven = new NodeTransport(socket, this.#choice);
    this.#driven = driven;
    driven.sink = sink;
    handle.sink = new Leftover(socket, driven);
    if (paused) driven.pause();
    driven.readInto(window);
    return socket;
  }

  get sink(): TransportSink {
    return this.#driven.sink;
  }

  set sink(sink: TransportSink) {
    this.#driven.sink = sink;
  }

  get remoteAddress(): string {
    return peerAddressOf(this.socket().remoteAddress);
  }

  get readPath(): "direct" | "stream" {
    return this.#driven.readPath;
  }

  get bufferedAmount(): number {
    return this.#driven === this.#handle
      ? this.#handle.bufferedAmount
      : this.#handle.bufferedAmount + this.#driven.bufferedAmount;
  }

  get sentBytes(): number {
    return this.#driven.sentBytes;
  }

  get blocked(): boolean {
    return this.#driven.blocked || this.#handle.blocked;
  }

  get takesAtOnce(): boolean {
    return this.#driven.takesAtOnce;
  }

  readInto(window: Uint8Array): void {
    this.#driven.readInto(window);
  }

  reportWrites(): void {
    if (this.#driven instanceof NodeTransport) this.#driven.reportWrites();
  }

  write(bytes: Uint8Array): void {
    this.#driven.write(bytes);
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    this.#driven.writeAll(chunks);
  }

  end(): void {
    this.#driven.end();
  }

  destroy(): void {
    this.#driven.destroy();
  }

  pause(): void {
    this.#driven.pause();
  }

  resume(): void {
    this.#driven.resume();
  }
}

/** Takes the reports of a handle that has writes to finish when its socket is made. */
class Leftover implements TransportSink {
  readonly #socket: Socket;
  readonly #driven: NodeTransport;

  constructor(socket: Socket, driven: NodeTransport) {
    this.#socket = socket;
    this.#driven = driven;
  }

  drained(): void {
    if (!this.#driven.blocked) this.#socket.emit("drain");
  }

  failed(error: unknown): void {
    this.#socket.destroy(error instanceof Error ? error : undefined);
  }

  received(): void {}
  receivedInWindow(): void {}
  ended(): void {}
  closed(): void {}
}
