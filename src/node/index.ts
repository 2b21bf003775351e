// What `wsimd/node` exports.
export { HandshakeError, type HandshakeErrorCode } from "../adapter/client/handshake-error.js";
export type { HandshakeResponse } from "../adapter/handshake-response.js";
export type { ListeningServer } from "../adapter/server/listening.js";
export {
  type Acceptance,
  DEFAULT_SERVER_LIMITS,
  type HandshakeRequest,
  type ServerLimits,
  type ServerOptions,
  type UpgradeResult,
} from "../adapter/server/options.js";
export type { FetchHandler, FetchInfo } from "../adapter/server/plain-exchange.js";
export type { Server } from "../adapter/server/server.js";
export type { BroadcastOptions, ServerCloseOptions } from "../adapter/server/server-calls.js";
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
export type { TlsInfo } from "../adapter/transport.js";
export type { KernelName } from "../kernel/kernel.js";
export type { Bytes } from "../protocol/arguments.js";
export { CloseCode } from "../protocol/close-code.js";
export { type Failure, type FailureCode, InvalidStateError } from "../protocol/errors.js";
export type { CloseEvent, MessageType } from "../protocol/events.js";
export type { Limits } from "../protocol/limits.js";
export { PreparedMessage } from "../protocol/prepared-message.js";
export { type AttachOptions, attach, type UpgradeOptions, upgrade } from "./attach.js";
export { type ConnectOptions, connect, type ProxyOptions } from "./connect.js";
export type { Internals, InternalsOptions } from "./internals-option.js";
export { type ServeOptions, serve } from "./serve.js";
