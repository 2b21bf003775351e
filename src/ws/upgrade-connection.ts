// The connection of an upgrade request, as the server's last step sees it.
import type { Duplex } from "node:stream";
import type { SocketOptions } from "./choices.js";
import { kWebSocket } from "./constants.js";
import type { WebSocket } from "./websocket.js";

/** A connection that is to become a WebSocket. */
export interface UpgradeConnection {
  /** The stream of the connection. One that has none so far makes one. */
  readonly stream: Duplex;
  /** Whether it has no stream so far. */
  readonly isBare: boolean;
  /** Whether neither side has ended. */
  readonly isOpen: boolean;
  destroy(): void;
  /** @throws Error if a WebSocket has the connection already */
  assertFree(): void;
  /**
   * Sends the answer, and gives the connection to a WebSocket.
   * @param head - the bytes that came behind the request
   */
  accept(websocket: WebSocket, answer: string, head: Buffer, options: SocketOptions): void;
}

/** A connection that came as a stream, from an HTTP server. */
export class StreamConnection implements UpgradeConnection {
  readonly stream: Duplex;
  readonly isBare = false;

  constructor(stream: Duplex) {
    this.stream = stream;
  }

  get isOpen(): boolean {
    return this.stream.readable && this.stream.writable;
  }

  destroy(): void {
    this.stream.destroy();
  }

  assertFree(): void {
    if (!Reflect.get(this.stream, kWebSocket)) return;
    throw new Error(
      "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration",
    );
  }

  accept(websocket: WebSocket, answer: string, head: Buffer, options: SocketOptions): void {
    const { stream } = this;
    stream.write(answer);
    stream.removeListener("error", destroyBroken);
    websocket.setSocket(stream, head, options);
  }
}

/** Listens to the errors of a stream until a WebSocket does. */
export function destroyBroken(this: Duplex): void {
  this.destroy();
}
