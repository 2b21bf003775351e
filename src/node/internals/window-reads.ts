// Reading straight into the kernel's memory. Node documents `onread: { buffer, callback }` for sockets that connect; the same
// mechanism, switched on here for any live socket, rests on internals. They are found by what they are called, tried
// out on a real connection, and left alone where they don't do what they should: then reads come by 'data'.
import { Socket } from "node:net";

/** Called for each read that was placed in the buffer. @returns false to read no more */
export type OnRead = (this: Socket, length: number, buffer: Uint8Array) => boolean;

/** Under which symbols a socket keeps the buffer that it reads into, the callback for each read, and what would choose a buffer. */
export interface ReadSymbols {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** Undefined on a Node that has none. */
export const readSymbols: ReadSymbols | undefined = findReadSymbols();

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
    // Whatever stands in the way of it must not stand in the way of importing this module.
    return undefined;
  }
}

/** The symbol that an object of Node's keeps something under, which nobody else has. */
export function symbolNamed(holder: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description);
}

/**
 * Makes a live socket read into `buffer` from its next read on, and call back for each. Whatever is still in its
 * stream must have been taken before.
 * @returns whether the socket has what that needs
 */
export function readInto(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (readSymbols === undefined || !hasUserBuffer(handle)) return false;
  Reflect.set(socket, readSymbols.buffer, buffer);
  Reflect.set(socket, readSymbols.callback, onRead);
  Reflect.set(socket, readSymbols.generator, null);
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
