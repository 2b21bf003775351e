// The handle below a `net.Socket` of Deno's, which reads and writes without the stream's bookkeeping. It has the shape
// of Node's handles. Results that a call does not return are left in a table, which all handles share.
import type { Socket as NetSocket } from "node:net";

/** The members of a socket's handle that are used here. */
export interface StreamHandle {
  /** Called for each read, for the end and for an error. The table holds the length or the error number. */
  onread: (this: StreamHandle) => unknown;
  readStart(): number;
  readStop(): number;
  /** Lets reads go there from now on. */
  useUserBuffer(buffer: Uint8Array): void;
  /**
   * @returns 0, or a negative error number. The table holds whether the write goes on; `request` is told of its end
   * then
   */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

/** A write that the system did not take at once. */
export interface WriteRequest {
  /** @param status - 0 or a negative error number */
  oncomplete(status: number): void;
}

/** The table of a thread, in which calls of all handles leave results that they don't return. */
interface CallResults {
  readonly table: Int32Array;
  /** The index of the length of a read. */
  readonly readLength: number;
  /** The index of whether a write is still under way. */
  readonly wroteLater: number;
}

/** Undefined before the first lookup, null on a Deno without them. They are the same for all handles of a thread. */
let results: CallResults | null | undefined;

function knowsResults(): boolean {
  if (results === undefined) results = findResults() ?? null;
  return results !== null;
}

function findResults(): CallResults | undefined {
  const binding: unknown = Reflect.get(process, "binding");
  if (typeof binding !== "function") return undefined;
  try {
    const streams: object = Reflect.apply(binding, process, ["stream_wrap"]);
    const table: unknown = Reflect.get(streams, "streamBaseState");
    const readLength: unknown = Reflect.get(streams, "kReadBytesOrError");
    const wroteLater: unknown = Reflect.get(streams, "kLastWriteWasAsync");
    if (!(table instanceof Int32Array)) return undefined;
    if (typeof readLength !== "number" || typeof wroteLater !== "number") return undefined;
    return { table, readLength, wroteLater };
  } catch {
    // There is no such binding.
    return undefined;
  }
}

/** The handle of a connected socket, if it has the members that are used here. */
export function streamHandle(socket: NetSocket): StreamHandle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  return knowsResults() && isStreamHandle(handle) ? handle : undefined;
}

const METHODS = ["onread", "readStart", "readStop", "useUserBuffer", "writeBuffer"];

function isStreamHandle(handle: unknown): handle is StreamHandle {
  if (typeof handle !== "object" || handle === null) return false;
  return METHODS.every((name) => typeof Reflect.get(handle, name) === "function");
}

/** While `onread` is called: how many bytes were read. Negative at the end, and when something went wrong. */
export function readLength(): number {
  return results?.table[results.readLength] ?? 0;
}

/** After `writeBuffer`: whether the system has not taken all yet. */
export function wroteLater(): boolean {
  return results?.table[results.wroteLater] !== 0;
}
