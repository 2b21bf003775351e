// Accepted connections without a stream: the handle of a connection gets an owner of this package's instead of a
// `net.Socket`, which saves its time and memory. The members that Node's read function expects of a handle's owner are
// looked up in a socket of Node's own.
import type { Server, Socket } from "node:net";
import { isRequestClass, isWriteHandle, type WriteHandle } from "./direct-write.js";
import { handleOf, hasMethods, symbolNamed } from "./handles.js";
import { readSymbols } from "./window-reads.js";

/**
 * The members of a connection's handle that are used here. Numbers that are returned are 0 or a negative error number.
 */
export interface ConnectionHandle extends WriteHandle {
  /** The owner, under Node's symbol. */
  [member: symbol]: unknown;
  /** Called for each read. Only Node's own function has access to the length of the read. */
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

/**
 * The members that Node's read function expects of a handle's owner. It passes an `error` to `destroy` if reading
 * failed.
 */
export interface HandleOwner {
  /** Where reads go. */
  readonly window: Uint8Array;
  readonly destroyed: boolean;
  readonly _readableState: { readonly endEmitted: boolean };
  /** Reports that this many bytes were read into the window. */
  landed(length: number): void;
  /** Node asks a stream for more bytes by this call. An owner need not do anything: reads go on without it. */
  read(): void;
  /** The peer ended its side: null. */
  push(end: null): void;
  destroy(error?: Error): void;
}

/** The parts that were looked up in a socket of Node's own. */
interface Ownership {
  /** The symbol under which a handle keeps its owner. */
  readonly owner: symbol;
  /** Node's function for reads. */
  readonly onread: unknown;
  readonly shutdownClass: new () => object;
}

/** The same for all handles of a thread. Undefined until it was looked up. */
let ownership: Ownership | undefined;

/** Whether {@link learnHandles} found all that {@link own} needs. */
export function knowsHandles(): boolean {
  return ownership !== undefined;
}

/**
 * Looks up in a connected socket of Node's own how it owns its handle. The lookup is complete when the socket ends its
 * side.
 * @param ownerClass - the class of the objects that will own handles
 */
export function learnHandles(socket: Socket, ownerClass: { readonly prototype: HandleOwner }): void {
  const handle = handleOf(socket);
  if (!isConnectionHandle(handle)) return;
  const owner = symbolNamed(handle, "owner_symbol");
  if (owner === undefined || !lendSymbols(socket, ownerClass.prototype)) return;
  const { onread, shutdown } = handle;
  handle.shutdown = (request: object) => {
    Reflect.deleteProperty(handle, "shutdown");
    const shutdownClass: unknown = request.constructor;
    if (isRequestClass(shutdownClass)) ownership = { owner, onread, shutdownClass };
    return shutdown.call(handle, request);
  };
}

/** Gives the class of owners the members that Node's read function looks up by symbols. */
function lendSymbols(socket: Socket, owners: HandleOwner): boolean {
  const symbols = readSymbols();
  const updateTimer = symbolNamed(Object.getPrototypeOf(socket), "kUpdateTimer");
  if (symbols === undefined || updateTimer === undefined) return false;
  lend(owners, symbols.buffer, {
    get(this: HandleOwner) {
      return this.window;
    },
  });
  lend(owners, symbols.callback, {
    value(this: HandleOwner, length: number) {
      this.landed(length);
      return true;
    },
  });
  lend(owners, symbols.generator, { value: null });
  lend(owners, updateTimer, { value() {} });
  return true;
}

/**
 * Defines a property by a descriptor without a prototype: a program may have set `get` or `value` of
 * `Object.prototype`.
 */
function lend(owners: HandleOwner, symbol: symbol, descriptor: PropertyDescriptor): void {
  const own = { __proto__: null, ...descriptor };
  Object.defineProperty(owners, symbol, own);
}

const METHODS = ["useUserBuffer", "readStart", "readStop", "shutdown", "close"];

/** The prototype of the last handle that was found to have all members, which are members of the prototype. */
let knownClass: object | undefined;

function isConnectionHandle(handle: unknown): handle is ConnectionHandle {
  if (typeof handle !== "object" || handle === null) return false;
  const ofClass: object | null = Object.getPrototypeOf(handle);
  if (ofClass !== null && ofClass === knownClass) return true;
  if (!(isWriteHandle(handle) && "onread" in handle && hasMethods(handle, METHODS))) return false;
  if (ofClass !== null && ofClass !== Object.prototype) knownClass = ofClass;
  return true;
}

/**
 * Takes the connections of a listening server before they become sockets: the server neither emits `connection` for
 * them nor counts them. It still reports errors of accepting.
 * @param wanted - says for each connection whether it is taken. Default: all are
 * @returns whether the server has the parts that this needs
 */
export function takeConnections(
  server: Server,
  accept: (handle: ConnectionHandle) => void,
  wanted: () => boolean = () => true,
): boolean {
  const listening = handleOf(server);
  if (listening === undefined) return false;
  const onConnection: unknown = Reflect.get(listening, "onconnection");
  if (typeof onConnection !== "function") return false;
  return Reflect.set(listening, "onconnection", (status: unknown, handle: unknown): void => {
    if (isConnectionHandle(handle) && wanted()) accept(handle);
    else onConnection.call(listening, status, handle);
  });
}

/** The record that a handle fills in about the other end. */
interface Peer {
  address: string | undefined;
  family: string | undefined;
  port: number | undefined;
}

/**
 * The IP address of a connection's other end.
 * @returns "" for a Unix socket, undefined if the other end is gone already
 */
export function peerAddress(handle: ConnectionHandle): string | undefined {
  return handle.getpeername === undefined ? "" : peerOf(handle)?.address;
}

/** Address and port of the other end, which no other TCP connection of the time shares. Undefined for anything else. */
export function peerName(handle: unknown): string | undefined {
  const peer = isConnectionHandle(handle) ? peerOf(handle) : undefined;
  return peer === undefined ? undefined : `${peer.address} ${peer.port}`;
}

/** Filled in by each call. */
const found: Peer = { address: undefined, family: undefined, port: undefined };

function peerOf(handle: ConnectionHandle): Peer | undefined {
  found.address = undefined;
  return handle.getpeername?.(found) === 0 ? found : undefined;
}

/** Makes an object the owner of a handle, and lets reading begin. @returns 0 or a negative error number */
export function own(handle: ConnectionHandle, owner: HandleOwner): number {
  if (ownership === undefined) throw new Error("how handles are owned is not known");
  handle[ownership.owner] = owner;
  handle.onread = ownership.onread;
  handle.useUserBuffer(owner.window);
  return handle.readStart();
}

/** Ends this side once all was written. @param done - is called with the outcome, 0 or a negative error number */
export function shutDown(handle: ConnectionHandle, done: (status: number) => void): void {
  if (ownership === undefined) throw new Error("how handles are shut down is not known");
  const status = handle.shutdown(Object.assign(new ownership.shutdownClass(), { oncomplete: done }));
  // There is no callback then, because the call has already finished.
  if (status !== 0) done(status);
}
