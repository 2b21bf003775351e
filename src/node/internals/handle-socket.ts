// A `net.Socket` for a handle that was owned without one so far.
import { Buffer } from "node:buffer";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import type { ConnectionHandle } from "./bare-handle.js";

/** The options of a socket, with those that its types lack. */
interface HandleSocketOptions extends SocketConstructorOpts {
  readonly handle: ConnectionHandle;
  readonly onread: OnReadOpts;
  /** Reading begins when the stream asks for it. */
  readonly manualStart: boolean;
}

/**
 * The memory into which all such sockets read, each read of which is copied at once. A handle that was told to read into
 * given memory can't be made to allocate it again.
 */
let window: Buffer | undefined;

/** Makes a socket that owns a connected handle which does not read. Reading begins by the stream. */
export function socketOver(handle: ConnectionHandle): Socket {
  window ??= Buffer.allocUnsafeSlow(64 * 1024);
  const options: HandleSocketOptions = {
    handle,
    allowHalfOpen: true,
    manualStart: true,
    onread: { buffer: window, callback: pushCopy },
  };
  return new Socket(options);
}

/** Called for each read, with the socket as `this`. */
function pushCopy(this: Socket | undefined, length: number, buffer: Uint8Array): boolean {
  return this?.push(Buffer.from(buffer.subarray(0, length))) ?? false;
}

/** A socket of a connection that is over: it has sent all, and is destroyed. */
export function socketThatIsOver(): Socket {
  const socket = new Socket();
  socket.end();
  const state: unknown = Reflect.get(socket, "_writableState");
  if (typeof state === "object" && state !== null) Reflect.set(state, "finished", true);
  if (socket.writableFinished) socket.destroy();
  else socket.once("finish", () => socket.destroy());
  return socket;
}
