// What `wsimd/workerd` exports.
import "../kernel/load.workerd.js";

export { HandshakeError, type HandshakeErrorCode } from "../adapter/client/handshake-error.js";
export type { HandshakeResponse } from "../adapter/handshake-response.js";
export type { Handlers, SendResult, Socket } from "../adapter/socket/handlers.js";
export { type SocketInternals, socketInternals } from "../adapter/socket/internals.js";
export {
  type BackpressurePolicy,
  DEFAULT_SOCKET_LIMITS,
  DEFAULT_TIMEOUTS,
  type SocketLimits,
  type SocketOptions,
  type Timeouts,
} from "../adapter/socket/options.js";
export { TransportEnd, type TransportEndCode } from "../adapter/socket/transport-end.js";
export type { KernelName } from "../kernel/kernel.js";
export type { Bytes } from "../protocol/arguments.js";
export { CloseCode } from "../protocol/close-code.js";
export { type Failure, type FailureCode, InvalidStateError } from "../protocol/errors.js";
export type { CloseEvent, MessageType } from "../protocol/events.js";
export type { Limits } from "../protocol/limits.js";
export { PreparedMessage } from "../protocol/prepared-message.js";
export { type ConnectOptions, connect } from "./connect.js";
