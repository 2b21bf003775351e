// WebSockets on Node.

export * from "../adapter/api/client.js";
export * from "../adapter/api/server.js";
export type { ProxyChoice } from "../adapter/client/proxy/proxy.js";
export type { ListeningServer, ListenOptions } from "../adapter/server/listening.js";
export { type AttachOptions, attach } from "./attach.js";
export { type ConnectOptions, connect, type ProxyOptions } from "./connect.js";
export type { ClientHandlers, Handlers, ServerHandlers } from "./handlers.js";
export type { Internals, InternalsOptions } from "./internals-option.js";
export type { AnyHttpServer, NodeServer } from "./public-http.js";
export { type NodeListeningServer, type ServeOptions, serve } from "./serve.js";
export { createServer, type NodeServerOptions } from "./server.js";
