// The only casts from a socket with unknown data to one with typed data: the application sets `data`, and this package
// never reads it.
import type { Socket } from "./handlers.js";

/** The socket, with data of the type that the application gave to its handlers. */
export function withData<Data>(socket: Socket): Socket<Data> {
  return socket as Socket<Data>;
}

/** The sockets, with data of the type that the application gave to its handlers. */
export function allWithData<Data>(sockets: ReadonlyMap<number, Socket>): ReadonlyMap<number, Socket<Data>> {
  return sockets as ReadonlyMap<number, Socket<Data>>;
}
