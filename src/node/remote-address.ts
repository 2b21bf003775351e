// The address of a stream's peer, if the stream has one.
import type { Socket as NetSocket } from "node:net";
import { peerAddressOf } from "../adapter/peer-address.js";

/**
 * The peer's address of a stream: the stream's own, that of the socket below it, or that of its HTTP/2 session.
 * @returns "" if there is none
 */
export function remoteAddressOf(stream: object): string {
  try {
    return peerAddressOf(
      addressIn(stream) ?? addressIn(memberOf(stream, "socket")) ?? addressIn(sessionSocket(stream)),
    );
  } catch {
    // An HTTP/2 session that is over throws when it is asked for its socket.
    return "";
  }
}

/**
 * Whether a TCP connection's peer has reset it already: its own address is known, and the peer's no more. A Unix socket
 * has neither.
 */
export function peerIsGone(socket: NetSocket): boolean {
  return socket.remoteAddress === undefined && socket.localAddress !== undefined;
}

function sessionSocket(stream: object): object | undefined {
  const session = memberOf(stream, "session");
  return session === undefined ? undefined : memberOf(session, "socket");
}

function memberOf(holder: object, name: string): object | undefined {
  const value: unknown = Reflect.get(holder, name);
  return typeof value === "object" && value !== null ? value : undefined;
}

function addressIn(holder: object | undefined): string | undefined {
  const value: unknown = holder === undefined ? undefined : Reflect.get(holder, "remoteAddress");
  return typeof value === "string" ? value : undefined;
}
