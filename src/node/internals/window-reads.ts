// Reading straight into the kernel's memory. Node documents `onread: { buffer, callback }` for sockets that connect.
// Here the same mechanism is switched on for any live socket, by the symbols under which a socket keeps these options.
import { Socket } from "node:net";
import { handleOf, symbolNamed } from "./handles.js";

/** Called for each read that was placed in the buffer. @returns false to read no more */
export type OnRead = (this: Socket, length: number, buffer: Uint8Array) => boolean;

/** The symbols under which a socket keeps its option `onread`. */
export interface ReadSymbols {
  /** The buffer that it reads into. */
  readonly buffer: symbol;
  /** The callback for each read. */
  readonly callback: symbol;
  /** The function that chooses a buffer for each read, if the option has one. */
  readonly generator: symbol;
}

/** Undefined before the first lookup, null on a Node without them. They are the same for all sockets of a thread. */
let symbols: ReadSymbols | null | undefined;

/** The symbols of this Node. Undefined if it has none. */
export function readSymbols(): ReadSymbols | undefined {
  if (symbols === undefined) symbols = findReadSymbols() ?? null;
  return symbols ?? undefined;
}

/** Whether sockets have the parts that {@link readInto} needs. Only the trial shows whether it works. */
export function canReadInto(): boolean {
  return readSymbols() !== undefined;
}

/** Looks at a socket that was never connected. */
function findReadSymbols(): ReadSymbols | undefined {
  // Documented for net.connect(), which hands its options on.
  const options = { allowHalfOpen: false, onread: { buffer: new Uint8Array(1), callback: () => true } };
  try {
    const probe = new Socket(options);
    const buffer = symbolNamed(probe, "kBuffer");
    const callback = symbolNamed(probe, "kBufferCb");
    const generator = symbolNamed(probe, "kBufferGen");
    probe.destroy();
    if (buffer === undefined || callback === undefined || generator === undefined) return undefined;
    return { buffer, callback, generator };
  } catch {
    // A Node on which this throws counts as one without these symbols.
    return undefined;
  }
}

/**
 * Makes a live socket read into `buffer` from its next read on, and call back for each. All that its stream holds must
 * have been taken before.
 * @returns whether the socket has the parts that this needs
 */
export function readInto(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean {
  const found = readSymbols();
  const handle = handleOf(socket);
  if (found === undefined || !hasUserBuffer(handle)) return false;
  Reflect.set(socket, found.buffer, buffer);
  Reflect.set(socket, found.callback, onRead);
  Reflect.set(socket, found.generator, null);
  handle.useUserBuffer(buffer);
  return true;
}

function hasUserBuffer(handle: object | undefined): handle is { useUserBuffer(buffer: Uint8Array): void } {
  return handle !== undefined && typeof Reflect.get(handle, "useUserBuffer") === "function";
}
