// Writing straight to the handle below a socket, past the bookkeeping of its stream. The operating system takes as many
// bytes as it has room for. Only if bytes are left does a request object remain, which completes later. The class of
// these objects differs between versions of Node, so it is learnt from a write that Node makes itself.
import type { Socket } from "node:net";
import { handleOf, hasMethods } from "./handles.js";

/** The members of a socket's handle that are used here. */
export interface WriteHandle {
  /** Bytes that the system has not taken yet. */
  readonly writeQueueSize: number;
  /** @returns 0, a negative error number, or the request of a write that is not over */
  writeBuffer(request: object | null, bytes: Uint8Array): unknown;
  /** Writes several runs of bytes at once. @param allBytes - whether none of them is a string */
  writev(request: object | null, chunks: readonly Uint8Array[], allBytes: boolean): unknown;
}

/** The side that waits for a write that the system did not take at once. */
export interface WriteOwner {
  /** @param status - 0 or a negative error number */
  written(status: number): void;
}

/** The class of the requests that Node passes; null if the handle makes them. Undefined until a write was seen. */
let requestClass: (new () => object) | null | undefined;
/**
 * A request that no write has needed yet, for the next write of this thread. Node aborts the process if a request is
 * given to a second write while the first goes on.
 */
let spare: object | null = null;

/** Watches the socket's next write, to learn how Node makes its request. */
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

/** Whether a value is the class of the requests that Node gives to its handles. */
export function isRequestClass(value: unknown): value is new () => object {
  return typeof value === "function" && value !== Object;
}

/** The handle of a socket over TCP or a pipe, if it can be written to directly. */
export function writeHandle(socket: Socket): WriteHandle | undefined {
  // TLS sends the encrypted bytes, possibly after the write has returned.
  if ("encrypted" in socket) return undefined;
  const handle = handleOf(socket);
  return isWriteHandle(handle) ? handle : undefined;
}

const METHODS = ["writeBuffer", "writev"];

/** Whether a value has the members of a {@link WriteHandle}. */
export function isWriteHandle(handle: unknown): handle is WriteHandle {
  return (
    typeof handle === "object" &&
    handle !== null &&
    hasMethods(handle, METHODS) &&
    typeof Reflect.get(handle, "writeQueueSize") === "number"
  );
}

/** Whether {@link learnToWrite} has seen a write. */
export function knowsHowToWrite(): boolean {
  return requestClass !== undefined;
}

/**
 * Writes to a handle.
 * @param owner - is told when the system has taken all, if it did not at once
 * @returns 0 if it did, a negative error number if nothing was written, else the number of bytes that are left
 */
export function writeDirectly(handle: WriteHandle, bytes: Uint8Array, owner: WriteOwner): number {
  return outcome(handle, handle.writeBuffer(request(), bytes), bytes, owner);
}

/** As {@link writeDirectly}, for several runs of bytes. */
export function writeAllDirectly(
  handle: WriteHandle,
  chunks: readonly Uint8Array[],
  owner: WriteOwner,
): number {
  return outcome(handle, handle.writev(request(), chunks, true), chunks, owner);
}

function request(): object | null {
  if (spare === null && requestClass) spare = new requestClass();
  return spare;
}

function outcome(
  handle: WriteHandle,
  result: unknown,
  bytes: Uint8Array | readonly Uint8Array[],
  owner: WriteOwner,
): number {
  if (typeof result === "number" && result < 0) return result;
  // The request would have been taken if bytes were left.
  if (spare !== null && !isTaken(spare)) return 0;
  const left = handle.writeQueueSize;
  const taken = spare ?? result;
  spare = null;
  // The request holds the bytes, so that they outlive the write.
  if (left > 0 && typeof taken === "object" && taken !== null)
    Object.assign(taken, { oncomplete: onComplete, owner, buffer: bytes });
  return left;
}

/**
 * Whether a write has taken possession of a request. This is possible even if no bytes are left: the handle may have
 * written the rest by a second try in the same call, and `oncomplete` is still to be called.
 */
function isTaken(request: object): boolean {
  if (!("getAsyncId" in request) || typeof request.getAsyncId !== "function") return true;
  return request.getAsyncId() >= 0;
}

function onComplete(this: { owner?: WriteOwner }, status: number): void {
  const { owner } = this;
  delete this.owner;
  owner?.written(status);
}
