// The numbers, names and symbols that the parts of this room share.
import { Buffer } from "node:buffer";

/** The values of `readyState`. */
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** A value of `readyState`. */
export type ReadyState = typeof CONNECTING | typeof OPEN | typeof CLOSING | typeof CLOSED;

/** The names of the values of `readyState`, in their order. */
export const READY_STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;

/** The values of `binaryType`. */
export const BINARY_TYPES = ["nodebuffer", "arraybuffer", "fragments", "blob"] as const;

/** A value of `binaryType`: the form of binary messages. */
export type BinaryType = (typeof BINARY_TYPES)[number];

/** The time for the closing handshake, in milliseconds, unless the option `closeTimeout` says otherwise. */
export const CLOSE_TIMEOUT = 30_000;

/** Payload of frames that have none. */
export const EMPTY_BUFFER = Buffer.alloc(0);

/** The symbol under which an error of a connection has the status code that is sent to the peer. */
export const kStatusCode = Symbol("status-code");
/** The symbol under which a stream has its WebSocket, as long as that uses it. */
export const kWebSocket = Symbol("websocket");
/** The symbol under which a listener that wraps another has the other. */
export const kListener = Symbol("kListener");
/** The symbol under which a listener tells whether an attribute such as `onmessage` has set it. */
export const kForOnEventAttribute = Symbol("kIsForOnEventAttribute");
