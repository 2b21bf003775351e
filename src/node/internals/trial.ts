// Tries Node's private parts on loopback connections, once for each process. Parts that fail their trial are not used.
import type { Socket } from "node:net";
import { type ConnectionHandle, knowsHandles, learnHandles, takeConnections } from "./bare-handle.js";
import { knowsHowToWrite, learnToWrite, writeDirectly, writeHandle } from "./direct-write.js";
import { keepFreedMemory } from "./freed-memory.js";
import { HandleTransport } from "./handle-transport.js";
import { type Loopback, onLoopback } from "./loopback.js";
import { canReadInto, type OnRead, readInto } from "./window-reads.js";

/** The parts that passed the trial. */
export interface Trial {
  /** {@link readInto}. */
  readonly reads: boolean;
  /** Direct writes. */
  readonly writes: boolean;
  /** Connections without a `net.Socket`. */
  readonly handles: boolean;
}

/** The outcome where a part is missing or fails. */
const NOTHING_WORKS: Trial = { reads: false, writes: false, handles: false };

/** The outcome of this process's only trial, once it is known. */
let found: Trial | undefined;
let trial: Promise<Trial> | undefined;

/** The outcome of {@link tryInternals}; undefined before it is known. */
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

/**
 * Runs the trial. The first server or client of a process calls it, unless its option `internals` is `"off"`. Importing
 * this module starts nothing.
 * @returns when the outcome is known
 */
export function prepareProcess(): Promise<Trial> {
  keepFreedMemory();
  return tryInternals();
}

async function tryAll(): Promise<Trial> {
  if (!canReadInto()) return NOTHING_WORKS;
  const sockets = await onLoopback(trySockets, NOTHING_WORKS);
  if (!sockets.writes || !knowsHandles()) return sockets;
  return { ...sockets, handles: await onLoopback(tryHandles, false) };
}

/** Sends two runs of bytes and an end, and checks where they arrive on the accepted side. */
function trySockets({ near, server, over, guarded }: Loopback<Trial>): void {
  const accepted = (far: Socket): void => {
    const buffer = new Uint8Array(64);
    let seen = "";
    let lost = false;
    let wrote = false;
    const landed = guarded((length: number, target: Uint8Array) => {
      if (target !== buffer) lost = true;
      seen += String.fromCharCode(...buffer.subarray(0, length));
      if (seen === "stream,window,") near.end();
    });
    const onRead: OnRead = (length, target) => {
      landed(length, target);
      return true;
    };
    // The first bytes come by the stream, as an opening handshake does.
    const streamed = (chunk: Buffer): void => {
      seen += chunk.toString("latin1");
      // Bytes that come by the stream a second time are a failure: answering them again would never end.
      if (seen !== "stream," || !readInto(far, buffer, onRead)) {
        over(NOTHING_WORKS);
        return;
      }
      wrote = writtenDirectly(near, "window,");
      if (!wrote) near.write("window,");
    };
    const ended = (): void => {
      const reads = !lost && seen === "stream,window,";
      over({ reads, writes: reads && wrote, handles: false });
    };
    far.on("data", guarded(streamed));
    far.on("end", guarded(ended));
    far.on("close", () => over(NOTHING_WORKS));
  };
  server.once("connection", guarded(accepted));
  const connected = (): void => {
    learnToWrite(near);
    learnHandles(near, HandleTransport);
    near.write(Buffer.from("stream,"));
  };
  near.on("connect", guarded(connected));
}

function writtenDirectly(socket: Socket, text: string): boolean {
  const handle = writeHandle(socket);
  const idle = { written: () => {} };
  return handle !== undefined && knowsHowToWrite() && writeDirectly(handle, Buffer.from(text), idle) === 0;
}

/** Owns an accepted handle: reads into two windows, writes in both ways, and sees one end and then the other. */
function tryHandles(loopback: Loopback<boolean>): void {
  const { near, server, over, guarded } = loopback;
  const accept = (handle: ConnectionHandle): void => tryHandle(new HandleTransport(handle), loopback);
  if (!takeConnections(server, guarded(accept))) over(false);
  let answered = "";
  const onData = (chunk: Buffer): void => {
    answered += chunk.toString("latin1");
    if (answered === "one,") near.write("second,");
    if (answered === "one,two,three,") near.end();
  };
  near.on(
    "connect",
    guarded(() => near.write("first,")),
  );
  near.on("data", guarded(onData));
}

function tryHandle(transport: HandleTransport, { over, own, guarded }: Loopback<boolean>): void {
  const buffer = Buffer.alloc(64);
  let seen = "";
  const landed = (length: number, window: Uint8Array): void => {
    seen += Buffer.from(window.subarray(0, length)).toString("latin1");
    if (seen === "first,") {
      transport.readInto(buffer);
      transport.write(Buffer.from("one,"));
    } else if (seen === "first,second," && window === buffer) {
      transport.writeAll([Buffer.from("two,"), Buffer.from("three,")]);
    }
  };
  const ended = (): void => {
    seen += "end";
    transport.end();
  };
  own(transport);
  transport.sink = {
    receivedInWindow: guarded(landed),
    ended: guarded(ended),
    closed: () => over(seen === "first,second,end"),
    failed: () => over(false),
    received: () => over(false),
    drained() {},
  };
}
