// Reading straight into the kernel's memory. Node documents `onread: { buffer, callback }` for sockets that connect; the same
// mechanism, switched on here for any live socket, rests on internals. They are found by what they are called, tried
// out on a real connection, and left alone where they don't do what they should: then reads come by 'data'. The same trial
// tells whether direct writes work.
import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";
import { knowsHowToWrite, learnToWrite, writeDirectly, writeHandle } from "./direct-write.js";

/** Which way bytes come in: `auto` reads into linear memory where that works. */
export type ReadPath = "auto" | "buffer" | "data";

/** Called for each read that was placed in the buffer. @returns false to read no more */
export type OnRead = (this: Socket, length: number, buffer: Uint8Array) => boolean;

interface Internals {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

const internals = findInternals();

function findInternals(): Internals | undefined {
  // Documented for net.connect(), which hands its options on.
  const options = { allowHalfOpen: false, onread: { buffer: new Uint8Array(1), callback: () => true } };
  const probe = new Socket(options);
  const symbols = Object.getOwnPropertySymbols(probe);
  probe.destroy();
  const named = (description: string) => symbols.find((symbol) => symbol.description === description);
  const buffer = named("kBuffer");
  const callback = named("kBufferCb");
  const generator = named("kBufferGen");
  if (buffer === undefined || callback === undefined || generator === undefined) return undefined;
  return { buffer, callback, generator };
}

/**
 * Makes a live socket read into `buffer` from its next read on, and call back for each. Whatever is still in its
 * stream must have been taken before.
 * @returns whether the socket has what that needs
 */
export function readInto(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (internals === undefined || !hasUserBuffer(handle)) return false;
  Reflect.set(socket, internals.buffer, buffer);
  Reflect.set(socket, internals.callback, onRead);
  Reflect.set(socket, internals.generator, null);
  handle.useUserBuffer(buffer);
  return true;
}

function hasUserBuffer(handle: unknown): handle is { useUserBuffer(buffer: Uint8Array): void } {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "useUserBuffer" in handle &&
    typeof handle.useUserBuffer === "function"
  );
}

/** The choice of a read path. */
export interface ReadOptions {
  /**
   * `"buffer"` reads straight into linear memory and writes past the stream's bookkeeping, `"data"` keeps to the stream's
   * public events and methods; `"auto"`, the default, takes the first where a trial shows that it works. The environment variable `WSIMD_READ` sets another default.
   */
  readonly readPath?: ReadPath;
}

/**
 * The read path that was asked for, here or by the environment variable `WSIMD_READ`. Begins the trial of Node's
 * internals if they might be used.
 * @throws RangeError if there is no such read path; Error if it is `buffer` and this Node can't
 */
export function knownReadPath(asked?: ReadPath): ReadPath {
  const path = parseReadPath(asked ?? (process.env.WSIMD_READ || "auto"));
  if (path === "buffer" && internals === undefined)
    throw new Error("this Node can't read into a given buffer");
  if (path !== "data") tryReadInto();
  return path;
}

/** As {@link knownReadPath}, and waits for the trial. */
export async function chooseReadPath(asked?: ReadPath): Promise<ReadPath> {
  const path = knownReadPath(asked);
  if (path !== "data") await tryReadInto();
  return path;
}

function parseReadPath(name: string): ReadPath {
  if (name === "auto" || name === "buffer" || name === "data") return name;
  throw new RangeError(`unknown read path "${name}": it is auto, buffer or data`);
}

/** What the trial of Node's internals found. */
interface Trial {
  /** Whether {@link readInto} works. */
  readonly reads: boolean;
  /** Whether direct writes do. */
  readonly writes: boolean;
}

let found: Trial | undefined;
let trial: Promise<boolean> | undefined;

/** What {@link tryReadInto} found, undefined while it has not. */
export function readIntoWorks(): boolean | undefined {
  return found?.reads;
}

/** Whether sockets may be written to directly. */
export function directWritesWork(): boolean {
  return found?.writes === true;
}

/** Tries {@link readInto} and direct writes out on a real connection, once for each process. */
export function tryReadInto(): Promise<boolean> {
  trial ??= selfTest().then((result) => {
    found = result;
    return result.reads;
  });
  return trial;
}

const SELF_TEST_MS = 2_000;
const NOTHING_WORKS: Trial = { reads: false, writes: false };

async function selfTest(): Promise<Trial> {
  if (internals === undefined) return NOTHING_WORKS;
  const server = createServer();
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return await tryConnection(server);
  } catch {
    // No loopback, no descriptors: whatever it is, the public way is there.
    return NOTHING_WORKS;
  } finally {
    server.close();
  }
}

/** Sends two runs of bytes and an end, and looks where they arrive on the accepted side. */
async function tryConnection(server: Server): Promise<Trial> {
  const address = server.address();
  if (address === null || typeof address === "string") return NOTHING_WORKS;
  const near = connect(address.port, address.address);
  // Also what comes before anybody else listens: no descriptors are left, or the loopback refuses.
  const failed = new AbortController();
  near.on("error", () => failed.abort());
  const timer = setTimeout(() => near.destroy(), SELF_TEST_MS);
  let far: Socket | undefined;
  try {
    const accepted: unknown[] = await once(server, "connection", {
      signal: AbortSignal.any([failed.signal, AbortSignal.timeout(SELF_TEST_MS)]),
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
      return { reads, writes: reads && wrote };
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
    near.write(Buffer.from("stream,"));
  });
}

function writtenDirectly(socket: Socket, text: string): boolean {
  const handle = writeHandle(socket);
  const idle = { written: () => {} };
  return handle !== undefined && knowsHowToWrite() && writeDirectly(handle, Buffer.from(text), idle) === 0;
}
