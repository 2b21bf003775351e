// The names that every entry with clients exports: the socket, its handlers, options and errors.

export type { CompressionEffort, CompressionOptions } from "../../deflate/options.js";
export type { HandshakeFailureCode } from "../../handshake/response.js";
export type { HeaderFields } from "../../http/header-fields.js";
export type { HeaderList } from "../../http/header-list.js";
export type { KernelName } from "../../kernel/kernel.js";
export type { CompiledKernelName, KernelChoice } from "../../kernel/load.js";
export type { Bytes } from "../../protocol/arguments.js";
export { CloseCode } from "../../protocol/close-code.js";
export type { EndpointState, Role, TextType } from "../../protocol/endpoint-options.js";
export {
  type ExceededLimit,
  type Failure,
  type FailureCode,
  InvalidStateError,
} from "../../protocol/errors.js";
export type { CloseEvent, MessageType } from "../../protocol/events.js";
export type { CompressedBytes, CompressionTotals } from "../../protocol/extensions/message-path.js";
export type { Limits } from "../../protocol/limits.js";
export type { Optional } from "../../protocol/option-readers.js";
export { PreparedMessage } from "../../protocol/prepared-message.js";
export type { SendOptions } from "../../protocol/send-options.js";
export type { AsyncDisposal } from "../async-disposal.js";
export type { ClientOptions } from "../client/client.js";
export type { ClientHandlers, OpenEvent, ReconnectingEvent } from "../client/client-handlers.js";
export { HandshakeError, type HandshakeErrorCode } from "../client/handshake-error.js";
export type { ReconnectCause, ReconnectOptions } from "../client/reconnect-option.js";
export type { CompressionOption } from "../compression.js";
export type { HandshakeResponse } from "../handshake-response.js";
export type { Delivery } from "../socket/delivery.js";
export type { ConnectionHandlers, Handlers, MessageData, SendResult, Socket } from "../socket/handlers.js";
export { type SocketInternals, socketInternals } from "../socket/internals.js";
export { IncompleteMessageError, type MessageStream } from "../socket/message-stream.js";
export {
  type BackpressurePolicy,
  DEFAULT_SOCKET_LIMITS,
  DEFAULT_TIMEOUTS,
  type SocketLimits,
  type SocketOptions,
  type TextTypeOption,
  type Timeouts,
} from "../socket/options.js";
export type { PartStream } from "../socket/part-source.js";
export { TransportEnd, type TransportEndCode } from "../socket/transport-end.js";
