// The type of `data` is the application's word: `upgrade` and the options set it, handlers may, and nobody here looks at it.
// This is where it is believed; below, sockets have data of an unknown type.
import type { Socket } from "./handlers.js";

/** The socket, with data of the type that the application gave to its handlers. */
export function withData<Data>(socket: Socket): Socket<Data> {
  return socket as Socket<Data>;
}

/** The sockets, with data of the type that the application gave to its handlers. */
export function allWithData<Data>(sockets: ReadonlyMap<number, Socket>): ReadonlyMap<number, Socket<Data>> {
  return sockets as ReadonlyMap<number, Socket<Data>>;
}
