// A `net.Socket` of Deno's as a transport that reads and writes below the stream.

import type { Socket as NetSocket } from "node:net";
import { ChunkQueue, JOIN_BYTES } from "../../adapter/chunk-queue.js";
import { peerAddressOf } from "../../adapter/peer-address.js";
import { DuplexTransport } from "../../node/duplex-transport.js";
import { setImmediate } from "../../node/globals.js";
import { systemError } from "../../node/system-error.js";
import {
  readLength,
  type StreamHandle,
  streamHandle,
  type WriteRequest,
  wroteLater,
} from "./stream-handle.js";

const kTransport = Symbol("wsimd transport");

interface TransportHandle extends StreamHandle {
  [kTransport]?: DenoTransport;
}

/**
 * A `net.Socket` over TCP or a Unix socket. The opening handshake, the ends and errors go by its stream; all other
 * reads and writes go below it.
 */
export class DenoTransport extends DuplexTransport<NetSocket> {
  override readonly takesAtOnce = true;
  readonly #socket: NetSocket;
  #handle: TransportHandle | undefined;
  /** The stream's own callback for reads and for the end. */
  #streamRead: StreamHandle["onread"] | undefined;
  /** The window that reads go to, now or as soon as the stream is empty. */
  #window: Uint8Array | undefined;
  #waitingBytes = 0;
  #takenBytes = 0;

  constructor(socket: NetSocket) {
    super(socket);
    this.#socket = socket;
    if (socket.connecting) socket.once("connect", () => this.#adopt());
    else this.#adopt();
  }

  #adopt(): void {
    this.remoteAddress = peerAddressOf(this.#socket.remoteAddress);
    this.#handle = streamHandle(this.#socket);
  }

  override get bufferedAmount(): number {
    return super.bufferedAmount + this.#waitingBytes;
  }

  override get sentBytes(): number {
    return this.#takenBytes;
  }

  // ---- Reading ----

  override readInto(window: Uint8Array): void {
    if (this.#handle === undefined) return;
    this.#window = window;
    if (this.#streamRead === undefined) this.switchReading();
    else this.#handle.useUserBuffer(window);
  }

  override switchReading(): void {
    const socket = this.#socket;
    const handle = this.#handle;
    if (this.#window === undefined || handle === undefined || this.#streamRead !== undefined) return;
    // A paused stream may still read ahead, into its own buffer, where the bytes must stay.
    if (socket.readableLength > 0 || socket.destroyed || socket.isPaused()) return;
    this.#streamRead = handle.onread;
    handle[kTransport] = this;
    // The handle reads its callback when it starts.
    handle.readStop();
    handle.onread = onRead;
    handle.useUserBuffer(this.#window);
    handle.readStart();
    this.readPath = "direct";
  }

  /** The handle has read into the window, or has come to its end or an error. */
  read(handle: StreamHandle): void {
    const length = readLength();
    if (length > 0 && this.#window !== undefined) {
      rest(handle, this);
      this.sink.receivedInWindow(length, this.#window);
    } else if (length < 0) this.#streamRead?.call(handle);
  }

  /** Reads again after a rest. */
  readOn(): void {
    if (this.#readsBelow() && !this.#socket.isPaused()) this.#handle?.readStart();
  }

  override pause(): void {
    super.pause();
    if (this.#readsBelow()) this.#handle?.readStop();
  }

  override resume(): void {
    if (this.#readsBelow()) this.#handle?.readStart();
    super.resume();
  }

  #readsBelow(): boolean {
    return this.#streamRead !== undefined && !this.#socket.destroyed;
  }

  // ---- Writing ----

  override write(bytes: Uint8Array): void {
    const handle = this.#handle;
    // Bytes that wait in the stream must leave first.
    if (handle === undefined || this.#socket.writableLength > 0) super.write(bytes);
    else if (this.#socket.writable && !this.#writeBelow(handle, bytes)) {
      // The stream gets the same error, and emits it.
      super.write(bytes);
    }
  }

  /** @returns false if nothing could be written */
  #writeBelow(handle: StreamHandle, bytes: Uint8Array): boolean {
    if (handle.writeBuffer(spare, bytes) !== 0) return false;
    if (wroteLater()) {
      spare.begin(this, bytes);
      spare = new Waiting();
      this.#waitingBytes += bytes.length;
      this.blocked = true;
    } else this.#takenBytes += bytes.length;
    return true;
  }

  /** The system has taken the rest of a write. */
  taken(status: number, length: number): void {
    this.#waitingBytes -= length;
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (status < 0) {
      socket.destroy(systemError(status, "write"));
      return;
    }
    this.#takenBytes += length;
    if (this.#waitingBytes > 0 || socket.writableNeedDrain) return;
    this.blocked = false;
    this.sink.drained();
  }

  override writeAll(chunks: readonly Uint8Array[]): void {
    const queue = new ChunkQueue();
    queue.add(chunks);
    while (queue.bytes > 0) {
      // Memory of its own for each run: a write that is not over at once keeps it. Long chunks are not copied.
      const run = queue.next(Buffer.allocUnsafe(queue.wholeBytes(JOIN_BYTES)));
      if (run === undefined) break;
      this.write(run);
    }
  }
}

/** The number of reads of this thread that go without a rest after a turn in which only one connection read. */
const RESTLESS_READS = 16;
/** The connections of this thread that rest until the next turn. */
let resting: DenoTransport[] = [];
/** The number of further reads that go without a rest. */
let restless = 0;
/** The connection that has read last. */
let last: DenoTransport | undefined;

/**
 * Stops a handle that reads twice in a row from reading until the next turn of the event loop. Otherwise Deno reads
 * until the system has no more bytes before the loop goes on. The first read goes without a rest: stopping and starting
 * costs more than the attempt to read again, which mostly finds nothing. A connection that reads alone gets no rest,
 * since each of its messages would wait for a turn.
 */
function rest(handle: StreamHandle, transport: DenoTransport): void {
  if (last !== transport) {
    last = transport;
    return;
  }
  if (restless > 0) {
    restless--;
    return;
  }
  handle.readStop();
  if (resting.push(transport) === 1) setImmediate(readOn);
}

function readOn(): void {
  const rested = resting;
  resting = [];
  if (rested.length === 1) restless = RESTLESS_READS;
  for (const transport of rested) transport.readOn();
}

function onRead(this: TransportHandle): void {
  this[kTransport]?.read(this);
}

class Waiting implements WriteRequest {
  #transport: DenoTransport | undefined;
  /** The request keeps the memory alive until the write is over, since Deno does not. */
  bytes: Uint8Array | undefined;
  /** The length of `bytes` at first: the application may have transferred the memory since. */
  #length = 0;

  begin(transport: DenoTransport, bytes: Uint8Array): void {
    this.#transport = transport;
    this.bytes = bytes;
    this.#length = bytes.length;
  }

  oncomplete(status: number): void {
    this.bytes = undefined;
    this.#transport?.taken(status, this.#length);
  }
}

/** The request of this thread's next write. A write that the system takes at once leaves it for another. */
let spare = new Waiting();
