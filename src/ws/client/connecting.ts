// What the client uses of a WebSocket until it is open.
import type { EventEmitter } from "node:events";
import type { ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { SocketOptions } from "../choices.js";
import type { ReadyState } from "../constants.js";
import type { PerMessageDeflate } from "../permessage-deflate.js";

/** A WebSocket whose opening handshake is under way. */
export interface ConnectingWebSocket extends EventEmitter {
  /** The address, after redirects the last one. */
  readonly url: string | undefined;
  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  readonly readyState: ReadyState;
  close(code?: number, reason?: string | Uint8Array): void;
  terminate(): void;
  /** @internal */
  _autoPong: boolean;
  /** @internal */
  _closeTimeout: number;
  /** @internal */
  _errorEmitted: boolean;
  /** @internal */
  _extensions: Record<string, Pick<PerMessageDeflate, "messagePath" | "cleanup">>;
  /** @internal */
  _maxPendingAutoPongs: number;
  /** @internal */
  _protocol: string;
  /** @internal */
  _readyState: ReadyState;
  /** @internal Redirects that were followed. */
  _redirects: number;
  /** @internal The request under way. */
  _req: ClientRequest | null;
  /** @internal */
  _url: string;
  /** @internal */
  emitClose(): void;
  /** @internal */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions): void;
}
