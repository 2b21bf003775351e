// A socket of `Bun.listen` or `Bun.connect` as a transport.

import { ChunkQueue, JOIN_BYTES } from "../adapter/chunk-queue.js";
import { peerAddressOf } from "../adapter/peer-address.js";
import { DEAF, type SocketTransport, type TlsInfo, type TransportSink } from "../adapter/transport.js";
import { queueMicrotask } from "../host/globals.js";
import { isLost, lostMemory } from "../protocol/outbox.js";
import type { BunHandlers, BunSocket, BunTls } from "./bun.js";
import { BunTlsFacts } from "./tls-info.js";

/** Where all transports of this thread join runs of bytes for one write. */
const joined = new Uint8Array(JOIN_BYTES);

/** It keeps bytes that the system does not take, and offers them again later. */
export class BunTransport implements SocketTransport {
  remoteAddress = "";
  readonly readPath = "stream";
  /** Bun writes or encrypts bytes before `write` returns. */
  readonly takesAtOnce = true;
  sink: TransportSink = DEAF;
  /** Bytes that are written before the socket is ready wait as well. */
  blocked = true;
  bufferedAmount = 0;
  sentBytes = 0;
  #socket: BunSocket<BunTransport> | undefined;
  /** Whether it is connected, and TLS is up. */
  #ready = false;
  #secure = false;
  /** The bytes that the system has not taken, in order; `bufferedAmount` is their number. */
  #waiting: Uint8Array[] = [];
  /** No more bytes are accepted; this side ends when the waiting bytes have left. */
  #ending = false;
  #gone = false;
  /** Whether a method of Bun's is running: reports that it makes meanwhile are passed on afterwards. */
  #calling = false;

  /** Takes the socket, whose TLS handshake may still be going on. */
  adopt(socket: BunSocket<BunTransport>): void {
    this.#socket = socket;
    this.remoteAddress = peerAddressOf(socket.remoteAddress);
    if (this.#gone) socket.close();
  }

  get tls(): TlsInfo | undefined {
    return this.#secure && this.#socket !== undefined ? new BunTlsFacts(this.#socket) : undefined;
  }

  /** TLS is up. */
  secured(): void {
    this.#secure = true;
    this.ready();
  }

  /** Bytes can be written from now on. */
  ready(): void {
    this.#ready = true;
    this.drain();
  }

  readInto(): void {
    // Bun reads into memory of its own.
  }

  write(bytes: Uint8Array): void {
    if (this.#ending || this.#gone) return;
    const taken = this.#offer(bytes);
    if (taken < bytes.length) this.#keep(taken === 0 ? bytes : bytes.subarray(taken));
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    const queue = new ChunkQueue();
    queue.add(chunks);
    for (let run = queue.next(joined); run !== undefined; run = queue.next(joined)) {
      if (run.buffer === joined.buffer) this.#writeJoined(run);
      else this.write(run);
    }
  }

  /** Writes from memory that is reused, so bytes that the system does not take are copied. */
  #writeJoined(run: Uint8Array): void {
    if (this.#ending || this.#gone) return;
    const taken = this.#offer(run);
    if (taken < run.length) this.#keep(run.slice(taken));
  }

  /** @returns the number of bytes that are done with: all, if the socket takes no more and `close` follows */
  #offer(bytes: Uint8Array): number {
    if (this.blocked || this.#socket === undefined) return 0;
    const taken = this.#socket.write(bytes);
    if (taken < 0) return bytes.length;
    this.sentBytes += taken;
    return taken;
  }

  #keep(bytes: Uint8Array): void {
    this.#waiting.push(compact(bytes));
    this.bufferedAmount += bytes.length;
    this.blocked = true;
  }

  /** Offers the waiting bytes to the system. */
  drain(): void {
    if (!this.#ready || !this.blocked || this.#gone) return;
    this.blocked = false;
    const waiting = this.#waiting;
    let done = 0;
    for (const bytes of waiting) {
      if (isLost(bytes)) {
        // A part of its frame may have left, so no Close frame can follow.
        this.fail(lostMemory());
        return;
      }
      const taken = this.#offer(bytes);
      this.bufferedAmount -= taken;
      if (taken < bytes.length) {
        waiting[done] = compact(bytes.subarray(taken));
        this.blocked = true;
        break;
      }
      done++;
    }
    waiting.splice(0, done);
    if (this.blocked) return;
    if (this.#ending) this.#shutDown();
    else this.sink.drained();
  }

  end(): void {
    if (this.#ending || this.#gone) return;
    this.#ending = true;
    if (!this.blocked) this.#shutDown();
  }

  #shutDown(): void {
    this.#calling = true;
    this.#socket?.shutdown();
    this.#calling = false;
  }

  destroy(): void {
    if (this.#gone) return;
    this.#calling = true;
    if (this.#socket === undefined) this.closed(undefined);
    else this.#socket.close();
    this.#calling = false;
  }

  /**
   * Puts TLS on the connection, as a client. All reads and writes go through the returned transport from now on; this
   * one reports nothing more.
   * @throws Error if there is TLS already: Bun does not support TLS within TLS
   */
  secure(tls: BunTls): BunTransport {
    const inner = new BunTransport();
    // Reports of the connection under TLS are ignored from now on.
    this.sink = DEAF;
    const sockets = this.#socket?.upgradeTLS({ socket: SECURE_CLIENT_HANDLERS, data: inner, tls });
    if (!Array.isArray(sockets)) throw new Error("Bun speaks no TLS inside of TLS");
    return inner;
  }

  pause(): void {
    if (!this.#gone) this.#socket?.pause();
  }

  resume(): void {
    if (!this.#gone) this.#socket?.resume();
  }

  /** Ends the connection for an error that did not come from Bun. */
  fail(error: unknown): void {
    this.closed(error);
    this.#socket?.close();
  }

  /** The connection is over, or could not be made. Only the first call has an effect. */
  closed(error: unknown): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#waiting = [];
    // The sink is not entered within its own call.
    if (this.#calling) queueMicrotask(() => this.#tellClosed(error));
    else this.#tellClosed(error);
  }

  #tellClosed(error: unknown): void {
    if (error !== undefined) this.sink.failed(error);
    this.sink.closed();
    // Until then the sink may ask what was not taken.
    this.bufferedAmount = 0;
  }
}

/** Copies the short rest of a long chunk: a view would keep far more memory alive than `bufferedAmount` counts. */
function compact(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.length < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes;
}

/** The handlers that Bun calls for every socket, accepted or connected. The transport is the socket's `data`. */
export const TRANSPORT_HANDLERS: BunHandlers<BunTransport> = {
  binaryType: "uint8array",
  data(socket, bytes) {
    socket.data.sink.received(bytes);
  },
  handshake(socket, success, problem) {
    if (success) socket.data.secured();
    else socket.data.fail(problem ?? new Error("the TLS handshake failed"));
  },
  drain(socket) {
    socket.data.drain();
  },
  end(socket) {
    socket.data.sink.ended();
  },
  close(socket, error) {
    socket.data.closed(error);
  },
  error(socket, error) {
    // Bun caught it. It is a bug of this package: the sink catches the application's exceptions.
    socket.data.fail(error);
  },
};

/** The handlers of clients without TLS. */
export const CLIENT_HANDLERS: BunHandlers<BunTransport> = {
  ...TRANSPORT_HANDLERS,
  open(socket) {
    socket.data.adopt(socket);
    socket.data.ready();
  },
};

/** The handlers of clients with TLS, which are ready after the TLS handshake. */
export const SECURE_CLIENT_HANDLERS: BunHandlers<BunTransport> = {
  ...TRANSPORT_HANDLERS,
  open(socket) {
    socket.data.adopt(socket);
  },
};
