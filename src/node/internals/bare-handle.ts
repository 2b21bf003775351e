// Connections without a stream: a server's `net.Socket`, which costs more time and memory than all of the rest of a connection, is never
// made. What Node calls when it has read something asks little of the object that it calls; whoever has that much owns
// the handle instead of a socket. All of it is internal to Node, so it is looked up in a socket of Node's own and tried out first.
import type { Server, Socket } from "node:net";
import { isRequestClass, isWriteHandle, type WriteHandle } from "./direct-write.js";
import { readSymbols, symbolNamed } from "./window-reads.js";

/** The part of a connection's handle that is needed here. Numbers that are returned are 0 or a negative error number. */
export interface ConnectionHandle extends WriteHandle {
  /** Called for each read, by a way that only Node's own function knows to read. */
  onread: unknown;
  /** Not on the handle of a Unix socket. */
  setNoDelay?(on: boolean): number;
  getpeername?(found: Peer): number;
  readonly bytesWritten: number;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  shutdown(request: object): number;
  close(closed?: () => void): void;
}

/** What Node's reading function asks of a handle's owner. It has an `error` for `destroy` if reading failed. */
export interface HandleOwner {
  /** Where reads go. */
  readonly window: Uint8Array;
  readonly destroyed: boolean;
  readonly _readableState: { readonly endEmitted: boolean };
  /** So many bytes were read into the window. */
  landed(length: number): void;
  /** Asks for nothing more: reads come by themselves. */
  read(): void;
  /** The peer ended its side: null. */
  push(end: null): void;
  destroy(error?: Error): void;
}

interface Internals {
  readonly owner: symbol;
  readonly onread: unknown;
  readonly shutdownClass: new () => object;
}

let internals: Internals | undefined;

/** Whether {@link learnHandles} found all that {@link own} needs. */
export function knowsHandles(): boolean {
  return internals !== undefined;
}

/**
 * Looks at a connected socket of Node's own to see how it owns its handle, as soon as it ends its side.
 * @param ownerClass - whose objects will own handles
 */
export function learnHandles(socket: Socket, ownerClass: { readonly prototype: HandleOwner }): void {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (!isConnectionHandle(handle)) return;
  const owner = symbolNamed(handle, "owner_symbol");
  if (owner === undefined || !lendSymbols(socket, ownerClass.prototype)) return;
  const { onread, shutdown } = handle;
  handle.shutdown = (request: object) => {
    Reflect.deleteProperty(handle, "shutdown");
    const shutdownClass: unknown = request.constructor;
    if (isRequestClass(shutdownClass)) internals = { owner, onread, shutdownClass };
    return shutdown.call(handle, request);
  };
}

/** Gives the owners what Node's reading function looks for under symbols of its own. */
function lendSymbols(socket: Socket, owners: HandleOwner): boolean {
  const updateTimer = symbolNamed(Object.getPrototypeOf(socket), "kUpdateTimer");
  if (readSymbols === undefined || updateTimer === undefined) return false;
  const { buffer, callback, generator } = readSymbols;
  lend(owners, buffer, {
    get(this: HandleOwner) {
      return this.window;
    },
  });
  lend(owners, callback, {
    value(this: HandleOwner, length: number) {
      this.landed(length);
      return true;
    },
  });
  lend(owners, generator, { value: null });
  lend(owners, updateTimer, { value() {} });
  return true;
}

/** Defines a property by a descriptor without a prototype: `Object.prototype` may have a `get` or a `value` of others by now. */
function lend(owners: HandleOwner, symbol: symbol, descriptor: PropertyDescriptor): void {
  const own = { __proto__: null, ...descriptor };
  Object.defineProperty(owners, symbol, own);
}

const METHODS = ["useUserBuffer", "readStart", "readStop", "shutdown", "close"];

function isConnectionHandle(handle: unknown): handle is ConnectionHandle {
  if (!isWriteHandle(handle) || !("onread" in handle)) return false;
  return METHODS.every((name) => typeof Reflect.get(handle, name) === "function");
}

/**
 * Takes the connections of a listening server before they become sockets: the server no longer tells of them nor counts them. What
 * goes wrong while they are accepted it still reports.
 * @returns whether the server has what that needs
 */
export function takeConnections(server: Server, accept: (handle: ConnectionHandle) => void): boolean {
  const listening: unknown = Reflect.get(server, "_handle");
  if (typeof listening !== "object" || listening === null) return false;
  const onConnection: unknown = Reflect.get(listening, "onconnection");
  if (typeof onConnection !== "function") return false;
  return Reflect.set(listening, "onconnection", (status: unknown, handle: unknown): void => {
    if (isConnectionHandle(handle)) accept(handle);
    else onConnection.call(listening, status, handle);
  });
}

/** What a handle fills in of the other end. */
interface Peer {
  address?: string;
  port?: number;
}

/**
 * The IP address of a connection's other end.
 * @returns "" for a Unix socket, undefined if the other end is gone already
 */
export function peerAddress(handle: ConnectionHandle): string | undefined {
  return handle.getpeername === undefined ? "" : peerOf(handle)?.address;
}

/** What tells a TCP connection from all others of its time. Undefined for anything else. */
export function peerName(handle: unknown): string | undefined {
  const peer = isConnectionHandle(handle) ? peerOf(handle) : undefined;
  return peer === undefined ? undefined : `${peer.address} ${peer.port}`;
}

function peerOf(handle: ConnectionHandle): Peer | undefined {
  const found: Peer = Object.create(null);
  return handle.getpeername?.(found) === 0 ? found : undefined;
}

/** Makes the owner of a handle, and lets reading begin. @returns an error number if that can't be */
export function own(handle: ConnectionHandle, owner: HandleOwner): number {
  if (internals === undefined) throw new Error("how handles are owned is not known");
  Reflect.set(handle, internals.owner, owner);
  handle.onread = internals.onread;
  handle.useUserBuffer(owner.window);
  return handle.readStart();
}

/** Ends this side once all was written. @param done - is called with the outcome, an error number or 0 */
export function shutDown(handle: ConnectionHandle, done: (status: number) => void): void {
  if (internals === undefined) throw new Error("how handles are shut down is not known");
  const status = handle.shutdown(Object.assign(new internals.shutdownClass(), { oncomplete: done }));
  // It is over already, one way or the other.
  if (status !== 0) done(status);
}
