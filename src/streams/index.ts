// WebSockets over any pair of byte streams.
export * from "../adapter/api/client.js";
export * from "../adapter/api/server.js";
export type { TransportServerOptions as StreamServerOptions } from "../adapter/server/transport-server.js";
export type { AgreedExtension } from "../handshake/negotiation.js";
export type { Host, PayloadRuns, ReadRecords, Transcoder } from "../host/host.js";
export type { ConnectionOptions } from "../protocol/connection.js";
export type { EndpointOptions } from "../protocol/endpoint-options.js";
export type {
  BinaryEvent,
  ConnectionEvent,
  ControlEvent,
  FragmentEvent,
  TextEvent,
  Utf8Event,
} from "../protocol/events.js";
export type { MessagePath } from "../protocol/extensions/message-path.js";
export type { MaskingKeySource } from "../protocol/masking-key.js";
export { createServer, type PeerInfo, type StreamServer } from "./accept.js";
export type {
  ByteReader,
  ByteResult,
  ByteStreams,
  ReadableBytes,
  StreamWriter,
  WindowReader,
  WritableBytes,
} from "./byte-streams.js";
export {
  CodecStreams,
  type OutgoingClose,
  type OutgoingControl,
  type OutgoingFragment,
  type OutgoingMessage,
} from "./codec-streams.js";
export { type ConnectOptions, connect } from "./connect.js";
export { type OpenOptions, open } from "./open.js";
