// Tries what rests on Node's internals out on real connections, once for each process. What does not do what it should is not used.
import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";
import type { TransportSink } from "../adapter/transport.js";
import { knowsHandles, learnHandles, takeConnections } from "./bare-handle.js";
import { knowsHowToWrite, learnToWrite, writeDirectly, writeHandle } from "./direct-write.js";
import { HandleTransport } from "./handle-transport.js";
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

const TRIAL_MS = 2_000;
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
  const sockets = await onServer(trySockets, NOTHING_WORKS);
  if (!sockets.writes || !knowsHandles()) return sockets;
  return { ...sockets, handles: await onServer(tryHandles, false) };
}

/** Tries something out on a server of its own. */
export async function onServer<T>(
  attempt: (server: Server, port: number) => Promise<T>,
  failed: T,
): Promise<T> {
  const server = createServer();
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return address === null || typeof address === "string" ? failed : await attempt(server, address.port);
  } catch {
    // No loopback, no descriptors: whatever it is, the public way is there.
    return failed;
  } finally {
    server.close();
  }
}

/** Sends two runs of bytes and an end, and looks where they arrive on the accepted side. */
async function trySockets(server: Server, port: number): Promise<Trial> {
  const near = connect(port, "127.0.0.1");
  // Also what comes before anybody else listens: no descriptors are left, or the loopback refuses.
  const failed = new AbortController();
  near.on("error", () => failed.abort());
  const timer = setTimeout(() => near.destroy(), TRIAL_MS);
  let far: Socket | undefined;
  try {
    const accepted: unknown[] = await once(server, "connection", {
      signal: AbortSignal.any([failed.signal, AbortSignal.timeout(TRIAL_MS)]),
    });
    far = accepted[0] instanceof Socket ? accepted[0] : undefined;
    return far === undefined ? NOTHING_WORKS : await landed(near, far);
  } finally {
    clearTimeout(timer);
    near.destroy();
    far?.destroy();
  }
}

function landed(near: Socket, far: Socket): Promise<Trial> {
  return new Promise((resolve) => {
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
    const result = (): Trial => {
      const reads = !lost && seen === "stream,window,";
      return { reads, writes: reads && wrote, handles: false };
    };
    // The first bytes come by the stream, as an opening handshake does.
    far.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (seen !== "stream," || !readInto(far, buffer, onRead)) lost = true;
      wrote = writtenDirectly(near, "window,");
      if (!wrote) near.write("window,");
    });
    far.on("end", () => resolve(result()));
    far.on("error", () => resolve(NOTHING_WORKS));
    far.on("close", () => resolve(NOTHING_WORKS));
    near.on("error", () => resolve(NOTHING_WORKS));
    learnToWrite(near);
    near.on("connect", () => learnHandles(near, HandleTransport));
    near.write(Buffer.from("stream,"));
  });
}

function writtenDirectly(socket: Socket, text: string): boolean {
  const handle = writeHandle(socket);
  const idle = { written: () => {} };
  return handle !== undefined && knowsHowToWrite() && writeDirectly(handle, Buffer.from(text), idle) === 0;
}

/** Owns an accepted handle: reads into two windows, writes in both ways, and sees one end and then the other. */
function tryHandles(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let near: Socket | undefined;
    const over = (works: boolean): void => {
      clearTimeout(timer);
      resolve(works);
      near?.destroy();
    };
    const timer = setTimeout(over, TRIAL_MS, false);
    if (!takeConnections(server, (handle) => new HandleTrial(new HandleTransport(handle), over))) {
      over(false);
      return;
    }
    near = connect(port, "127.0.0.1", () => near?.write("first,"));
    let answered = "";
    near.on("data", (chunk: Buffer) => {
      answered += chunk.toString("latin1");
      if (answered === "one,") near?.write("second,");
      if (answered === "one,two,three,") near?.end();
    });
    near.on("error", () => over(false));
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
