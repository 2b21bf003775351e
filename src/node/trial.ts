// Tries what rests on Node's internals out on real connections, once for each process. What does not do what it should is not used.
import type { Server, Socket } from "node:net";
import type { TransportSink } from "../adapter/transport.js";
import { knowsHandles, learnHandles, takeConnections } from "./bare-handle.js";
import { knowsHowToWrite, learnToWrite, writeDirectly, writeHandle } from "./direct-write.js";
import { HandleTransport } from "./handle-transport.js";
import { onLoopback } from "./loopback.js";
import { type OnRead, readInto, readSymbols } from "./window-reads.js";

/** What the trial found to work. */
export interface Trial {
  /** {@link readInto}. */
  readonly reads: boolean;
  /** Direct writes. */
  readonly writes: boolean;
  /** Connections without a `net.Socket`. */
  readonly handles: boolean;
}

const NOTHING_WORKS: Trial = { reads: false, writes: false, handles: false };

let found: Trial | undefined;
let trial: Promise<Trial> | undefined;

/** What {@link tryInternals} found, undefined while it has not. */
export function whatWorks(): Trial | undefined {
  return found;
}

/** Begins the trial, or waits for it. */
export function tryInternals(): Promise<Trial> {
  trial ??= tryAll().then((result) => {
    found = result;
    return result;
  });
  return trial;
}

async function tryAll(): Promise<Trial> {
  if (readSymbols === undefined) return NOTHING_WORKS;
  const sockets = await onLoopback(trySockets, NOTHING_WORKS);
  if (!sockets.writes || !knowsHandles()) return sockets;
  return { ...sockets, handles: await onLoopback(tryHandles, false) };
}

/** Sends two runs of bytes and an end, and looks where they arrive on the accepted side. */
function trySockets(near: Socket, server: Server, over: (found: Trial) => void): void {
  server.once("connection", (far) => {
    const buffer = new Uint8Array(64);
    let seen = "";
    let lost = false;
    let wrote = false;
    const onRead: OnRead = (length, target) => {
      if (target !== buffer) lost = true;
      seen += String.fromCharCode(...buffer.subarray(0, length));
      if (seen === "stream,window,") near.end();
      return true;
    };
    // The first bytes come by the stream, as an opening handshake does.
    far.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (seen !== "stream," || !readInto(far, buffer, onRead)) lost = true;
      wrote = writtenDirectly(near, "window,");
      if (!wrote) near.write("window,");
    });
    far.on("end", () => {
      const reads = !lost && seen === "stream,window,";
      over({ reads, writes: reads && wrote, handles: false });
    });
    far.on("close", () => over(NOTHING_WORKS));
  });
  near.on("connect", () => {
    learnToWrite(near);
    learnHandles(near, HandleTransport);
    near.write(Buffer.from("stream,"));
  });
}

function writtenDirectly(socket: Socket, text: string): boolean {
  const handle = writeHandle(socket);
  const idle = { written: () => {} };
  return handle !== undefined && knowsHowToWrite() && writeDirectly(handle, Buffer.from(text), idle) === 0;
}

/** Owns an accepted handle: reads into two windows, writes in both ways, and sees one end and then the other. */
function tryHandles(near: Socket, server: Server, over: (works: boolean) => void): void {
  if (!takeConnections(server, (handle) => new HandleTrial(new HandleTransport(handle), over))) over(false);
  let answered = "";
  near.on("connect", () => near.write("first,"));
  near.on("data", (chunk: Buffer) => {
    answered += chunk.toString("latin1");
    if (answered === "one,") near.write("second,");
    if (answered === "one,two,three,") near.end();
  });
}

class HandleTrial implements TransportSink {
  readonly #transport: HandleTransport;
  readonly #over: (works: boolean) => void;
  readonly #window = Buffer.alloc(64);
  #seen = "";

  constructor(transport: HandleTransport, over: (works: boolean) => void) {
    this.#transport = transport;
    this.#over = over;
    transport.sink = this;
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    this.#seen += Buffer.from(window.subarray(0, length)).toString("latin1");
    if (this.#seen === "first,") {
      this.#transport.readInto(this.#window);
      this.#transport.write(Buffer.from("one,"));
    } else if (this.#seen === "first,second," && window === this.#window) {
      this.#transport.writeAll([Buffer.from("two,"), Buffer.from("three,")]);
    }
  }

  ended(): void {
    this.#seen += "end";
    this.#transport.end();
  }

  closed(): void {
    this.#over(this.#seen === "first,second,end");
  }

  failed(): void {
    this.#over(false);
  }

  received(): void {
    this.#over(false);
  }

  drained(): void {}
}
