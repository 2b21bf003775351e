// Reports the kernel and the read path of a connection, for diagnosis and for tests.
import type { KernelName } from "../../kernel/kernel.js";
import type { Socket } from "./handlers.js";
import { ApplicationSocket, sessionBehind } from "./socket.js";

/** The kernel and the read path of a connection. */
export interface SocketInternals {
  /** The kernel that decodes the bytes of the peer. */
  readonly kernel: KernelName;
  /**
   * `"direct"`: the runtime reads straight into linear memory. `"stream"`: it reads by its public stream, and bytes are
   * copied once.
   */
  readonly readPath: "direct" | "stream";
}

/**
 * Returns the kernel and the read path of a connection, for logs and benchmarks. An application should not depend on
 * them.
 * @throws TypeError if the socket is not one of this package's
 */
export function socketInternals(socket: Socket): SocketInternals {
  if (!(socket instanceof ApplicationSocket)) throw new TypeError("this is not a socket of wsimd");
  const { endpoint, transport } = sessionBehind(socket);
  return { kernel: endpoint.kernel, readPath: transport.readPath };
}
