// The entry `wsimd/adapter`: servers and clients over transports, for adapters to other runtimes or other kinds of
// connections.
export {
  type Host,
  type PayloadRuns,
  portableHost,
  type ReadRecords,
  type Transcoder,
} from "../host/host.js";
export type { RequestHead } from "../http/head.js";
export * from "./api/client.js";
export * from "./api/server.js";
export type { Address } from "./client/address.js";
export { connect, type TransportDialer } from "./client/transport-client.js";
export { Deadlines } from "./deadline.js";
export { createRuntime } from "./portable-runtime.js";
export type { ConnectionSource } from "./server/server-handle.js";
export {
  createServer,
  type TransportServer,
  type TransportServerOptions,
} from "./server/transport-server.js";
export type { AsyncContext, Runtime, SocketTransport, Transport, TransportSink } from "./transport.js";
export { type Turning, Turns } from "./turn.js";
