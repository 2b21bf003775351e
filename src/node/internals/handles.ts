// Access to the handle below a stream or a server of Node's, and to members that have symbols as keys.

/** The handle of a socket or of a listening server. Undefined if there is none. */
export function handleOf(holder: object): object | undefined {
  const handle: unknown = Reflect.get(holder, "_handle");
  return typeof handle === "object" && handle !== null ? handle : undefined;
}

/** Whether an object has methods of all these names. */
export function hasMethods(holder: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(holder, name) === "function");
}

/** Whether a socket has a handle. A socket without one is written to by its class alone, which may keep the bytes. */
export function hasHandle(socket: object): boolean {
  return handleOf(socket) !== undefined;
}

/**
 * The number of bytes of a socket that the operating system took. Node's own time-outs count in this way: within one
 * long write, only the length of the system's queue changes.
 * @returns undefined if the handle does not report it
 */
export function bytesTaken(socket: object): number | undefined {
  const handle = handleOf(socket);
  if (handle === undefined) return undefined;
  const written: unknown = Reflect.get(handle, "bytesWritten");
  const queued: unknown = Reflect.get(handle, "writeQueueSize");
  return typeof written === "number" && typeof queued === "number" ? written - queued : undefined;
}

/** The first symbol with this description among an object's own properties. */
export function symbolNamed(holder: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description);
}
