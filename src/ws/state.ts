// The state of a WebSocket, in the fields that `ws` has for it and that integrators know, and its listeners as browsers
// have them.
import type { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { ClientRequest } from "node:http";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import {
  type BinaryType,
  CLOSE_TIMEOUT,
  type CLOSED,
  type CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  type OPEN,
  type ReadyState,
} from "./constants.js";
import {
  addListener,
  type EventListener,
  type EventListenerOptions,
  type EventOf,
  type EventSource,
  removeListener,
} from "./event-target.js";

/** An extension that was agreed on. */
interface AgreedExtension {
  messagePath(): MessagePath | undefined;
  /** Bytes from which on messages are compressed. */
  readonly compressFrom: number;
  cleanup(): void;
}

/** What a WebSocket knows of its connection. */
export class State extends EventEmitter implements EventSource {
  declare static readonly CONNECTING: typeof CONNECTING;
  declare static readonly OPEN: typeof OPEN;
  declare static readonly CLOSING: typeof CLOSING;
  declare static readonly CLOSED: typeof CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSING: typeof CLOSING;
  declare readonly CLOSED: typeof CLOSED;

  /** @internal */
  _autoPong = false;
  /** @internal */
  _binaryType: BinaryType = "nodebuffer";
  /** @internal */
  _closeCode = 1006;
  /** @internal */
  _closeFrameReceived = false;
  /** @internal */
  _closeFrameSent = false;
  /** @internal */
  _closeMessage: Buffer = EMPTY_BUFFER;
  /** @internal */
  _closeTimeout = CLOSE_TIMEOUT;
  /** @internal */
  _errorEmitted = false;
  /** @internal */
  _extensions: Record<string, AgreedExtension> = {};
  /** @internal */
  _isServer = false;
  /** @internal */
  _maxPendingAutoPongs = 0;
  /** @internal */
  _paused = false;
  /** @internal */
  _protocol = "";
  /** @internal */
  _readyState: ReadyState = CONNECTING;
  /** @internal */
  _redirects = 0;
  /** @internal */
  _req: ClientRequest | null = null;
  /** @internal */
  _url = "";

  /** Adds a listener of one of the events that browsers have. */
  addEventListener<Name extends keyof EventOf>(
    name: Name,
    listener: EventListener<EventOf[Name]>,
    options?: EventListenerOptions,
  ): void {
    addListener(this, name, listener, options?.once === true, false);
  }

  /** Removes a listener that `addEventListener` has added. */
  removeEventListener<Name extends keyof EventOf>(name: Name, listener: EventListener<EventOf[Name]>): void {
    removeListener(this, name, listener);
  }
}
