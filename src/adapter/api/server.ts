// The names that every entry with servers exports, besides those of clients.
export type { Extension, ExtensionParameter } from "../../handshake/extensions.js";
export type { AllowedOrigins } from "../../handshake/origin.js";
export type { UpgradeRequest } from "../../handshake/request.js";
export type { RefusalOptions } from "../../http/refusal.js";
export {
  type Acceptance,
  DEFAULT_SERVER_LIMITS,
  type HandshakeRequest,
  type ServerLimits,
  type ServerOptions,
  type SlowSubscribers,
  type UpgradeHook,
  type UpgradeResult,
} from "../server/options.js";
export type { FetchHandler, FetchInfo } from "../server/plain-exchange.js";
export type { Server } from "../server/server.js";
export type { BroadcastOptions, PublishOptions, ServerCloseOptions } from "../server/server-calls.js";
export type { RefusedEvent, ServerHandlers } from "../server/server-handlers.js";
export type { GapReason, SubscriberHandlers } from "../socket/handlers.js";
export type { TlsInfo } from "../transport.js";
