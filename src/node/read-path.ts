// Reading straight into the kernel's memory. Node documents `onread: { buffer, callback }` for sockets that connect; the same
// mechanism, switched on here for any live socket, rests on internals. They are found by what they are called, tried
// out on a real connection, and left alone where they don't do what they should: then reads come by 'data'.
import { once } from "node:events";
import { connect, createServer, type Server, Socket } from "node:net";

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
   * `"buffer"` reads straight into linear memory, `"data"` by the stream's public event; `"auto"`, the default, takes the
   * first where a trial shows that it works. The environment variable `WSIMD_READ` sets another default.
   */
  readonly readPath?: ReadPath;
}

/**
 * The read path that was asked for, here or by the environment variable `WSIMD_READ`. Begins the trial of the fast one
 * if that might be taken.
 * @throws RangeError if there is no such read path; Error if it is `buffer` and this Node can't
 */
export function knownReadPath(asked?: ReadPath): ReadPath {
  const path = parseReadPath(asked ?? (process.env.WSIMD_READ || "auto"));
  if (path === "buffer" && internals === undefined)
    throw new Error("this Node can't read into a given buffer");
  if (path === "auto") tryReadInto();
  return path;
}

/** As {@link knownReadPath}, and waits for the trial. */
export async function chooseReadPath(asked?: ReadPath): Promise<ReadPath> {
  const path = knownReadPath(asked);
  if (path === "auto") await tryReadInto();
  return path;
}

function parseReadPath(name: string): ReadPath {
  if (name === "auto" || name === "buffer" || name === "data") return name;
  throw new RangeError(`unknown read path "${name}": it is auto, buffer or data`);
}

let works: boolean | undefined;
let trial: Promise<boolean> | undefined;

/** What {@link tryReadInto} found, undefined while it has not. */
export function readIntoWorks(): boolean | undefined {
  return works;
}

/** Tries {@link readInto} out on an accepted connection, once for each process. */
export function tryReadInto(): Promise<boolean> {
  trial ??= selfTest().then((result) => {
    works = result;
    return result;
  });
  return trial;
}

const SELF_TEST_MS = 2_000;

async function selfTest(): Promise<boolean> {
  if (internals === undefined) return false;
  const server = createServer();
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return await readsLand(server);
  } catch {
    // No loopback, no descriptors: whatever it is, the public way is there.
    return false;
  } finally {
    server.close();
  }
}

/** Sends two runs of bytes and an end, and looks where they arrive on the accepted side. */
async function readsLand(server: Server): Promise<boolean> {
  const address = server.address();
  if (address === null || typeof address === "string") return false;
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
    return far !== undefined && (await landed(near, far));
  } finally {
    clearTimeout(timer);
    near.destroy();
    far?.destroy();
  }
}

function landed(near: Socket, far: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const buffer = new Uint8Array(64);
    let seen = "";
    let lost = false;
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
      near.write("window,");
    });
    far.on("end", () => resolve(!lost && seen === "stream,window,"));
    far.on("error", () => resolve(false));
    far.on("close", () => resolve(false));
    near.on("error", () => resolve(false));
    near.write("stream,");
  });
}
