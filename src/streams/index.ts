// What `wsimd/streams` exports.
export { HandshakeError, type HandshakeErrorCode } from "../adapter/client/handshake-error.js";
export type { HandshakeResponse } from "../adapter/handshake-response.js";
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
export type { ConnectionOptions } from "../protocol/connection.js";
export type { EndpointState, Role } from "../protocol/endpoint-options.js";
export { type Failure, type FailureCode, InvalidStateError } from "../protocol/errors.js";
export type {
  CloseEvent,
  ConnectionEvent,
  FragmentEvent,
  MessageType,
  Utf8Event,
} from "../protocol/events.js";
export type { Limits } from "../protocol/limits.js";
export { PreparedMessage } from "../protocol/prepared-message.js";
export { createServer, type PeerInfo, type StreamServer, type StreamServerOptions } from "./accept.js";
export {
  CodecStreams,
  type OutgoingClose,
  type OutgoingControl,
  type OutgoingFragment,
  type OutgoingMessage,
} from "./codec-streams.js";
export { type ConnectOptions, connect } from "./connect.js";
export { type OpenOptions, open } from "./open.js";
export type { ByteStreams } from "./stream-transport.js";
