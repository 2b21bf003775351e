// Writing straight to the handle below a socket, past the stream's bookkeeping, which costs as much as framing a dozen messages.
// It takes what the operating system has room for at once; only what is left over becomes a request that somebody must wait for.
// How such a request is made differs between versions of Node, so it is looked up in a write of Node's own.
import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";

/** The part of a socket's handle that is needed here. */
export interface WriteHandle {
  /** Bytes that the system has not taken yet. */
  readonly writeQueueSize: number;
  /** @returns 0, a negative error number, or the request of a write that is not over */
  writeBuffer(request: object | null, bytes: Uint8Array): unknown;
  /** Writes several runs of bytes at once. @param allBytes - whether none of them is a string */
  writev(request: object | null, chunks: readonly Uint8Array[], allBytes: boolean): unknown;
}

/** Who waits for a write that the system did not take at once. */
export interface Writer {
  /** @param status - 0 or a negative error number */
  written(status: number): void;
}

/** What Node passes as the request: null if the handle makes it, else something of this class. */
let requestClass: (new () => object) | null | undefined;
/** A request that no write has needed yet: Node aborts the process if one is given to a second write while the first goes on. */
let spare: object | null = null;

/** Looks how Node's next write to the socket makes its request. */
export function learnToWrite(socket: Socket): void {
  const handle = writeHandle(socket);
  if (handle === undefined) return;
  const writeBuffer = handle.writeBuffer;
  handle.writeBuffer = (request: object | null, bytes: Uint8Array): unknown => {
    Reflect.deleteProperty(handle, "writeBuffer");
    if (request === null) requestClass = null;
    else if (isRequestClass(request.constructor)) requestClass = request.constructor;
    return writeBuffer.call(handle, request, bytes);
  };
}

/** Whether something is the class of the requests that Node gives to its handles. */
export function isRequestClass(value: unknown): value is new () => object {
  return typeof value === "function" && value !== Object;
}

/** The handle of a socket over TCP or a pipe, if it can be written to directly. */
export function writeHandle(socket: Socket): WriteHandle | undefined {
  // TLS sends what it makes of the bytes, and later.
  if ("encrypted" in socket) return undefined;
  const handle: unknown = Reflect.get(socket, "_handle");
  return isWriteHandle(handle) ? handle : undefined;
}

export function isWriteHandle(handle: unknown): handle is WriteHandle {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "writeBuffer" in handle &&
    typeof handle.writeBuffer === "function" &&
    "writev" in handle &&
    typeof handle.writev === "function" &&
    "writeQueueSize" in handle &&
    typeof handle.writeQueueSize === "number"
  );
}

/** Whether {@link learnToWrite} has seen a write. */
export function knowsHowToWrite(): boolean {
  return requestClass !== undefined;
}

/**
 * Writes to a handle.
 * @param writer - is told when all was taken, if it was not at once
 * @returns 0 if it was, a negative error number if nothing was, else the bytes that are left
 */
export function writeDirectly(handle: WriteHandle, bytes: Uint8Array, writer: Writer): number {
  return outcome(handle, handle.writeBuffer(request(), bytes), bytes, writer);
}

/** As {@link writeDirectly}, for several runs of bytes. */
export function writeAllDirectly(handle: WriteHandle, chunks: readonly Uint8Array[], writer: Writer): number {
  return outcome(handle, handle.writev(request(), chunks, true), chunks, writer);
}

function request(): object | null {
  if (spare === null && requestClass) spare = new requestClass();
  return spare;
}

function outcome(
  handle: WriteHandle,
  result: unknown,
  bytes: Uint8Array | readonly Uint8Array[],
  writer: Writer,
): number {
  if (typeof result === "number" && result < 0) return result;
  const left = handle.writeQueueSize;
  if (left > 0) {
    const taken = spare ?? result;
    spare = null;
    // The bytes are named so that they outlive the write.
    if (typeof taken === "object" && taken !== null)
      Object.assign(taken, { oncomplete: onComplete, writer, buffer: bytes });
  } else if (spare !== null && isTaken(spare)) spare = null;
  return left;
}

/**
 * Whether a write has made a request its own. Nothing may be left although it has: what had no room in the first try had some
 * in the next, a moment later, and only the call that says so is still to come.
 */
function isTaken(request: object): boolean {
  if (!("getAsyncId" in request) || typeof request.getAsyncId !== "function") return true;
  return request.getAsyncId() >= 0;
}

function onComplete(this: { writer?: Writer }, status: number): void {
  const { writer } = this;
  delete this.writer;
  writer?.written(status);
}

/** What a stream reports when a call of the system fails. */
export function systemError(status: number, syscall: string): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${syscall} ${code}`), { errno: status, code, syscall });
}

/** Bytes of several runs. */
export function totalLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
