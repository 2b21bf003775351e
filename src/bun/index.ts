// WebSockets on Bun.

export * from "../adapter/api/client.js";
export * from "../adapter/api/server.js";
export type { ProxyChoice } from "../adapter/client/proxy/proxy.js";
export type { ListeningServer, ListenOptions } from "../adapter/server/listening.js";
export type {
  AnyHttpServer,
  NodeServer,
  PublicAttachOptions as AttachOptions,
  PublicServerOptions as NodeServerOptions,
} from "../node/public-http.js";
export { attach, createServer } from "./attach.js";
export type { BunTls, Pem } from "./bun.js";
export { type ConnectOptions, connect, type ProxyOptions } from "./connect.js";
export { type ServeOptions, serve } from "./serve.js";
