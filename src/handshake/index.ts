// The entry `wsimd/handshake`: the opening handshake without input and output, for servers and clients that are built
// on the codec.
export type {
  HeadFinished,
  HeadKinds,
  HeadResult,
  HeadUnfinished,
  RequestHead,
  ResponseHead,
} from "../http/head.js";
export { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from "../http/head-limits.js";
export type { HeadFailed } from "../http/head-machine.js";
export type { HeaderFields } from "../http/header-fields.js";
export { HeaderList } from "../http/header-list.js";
export type { Refusal, RefusalOptions } from "../http/refusal.js";
export { acceptKey, isWebSocketKey, makeKey } from "./accept-key.js";
export { buildRequest, checkResponse } from "./client-calls.js";
export { type Extension, type ExtensionParameter, parseExtensions } from "./extensions.js";
export { FinalHeadParser, HeadParser } from "./head-parsers.js";
export type { AgreedExtension, ClientExtension, ExtensionAnswer, ServerExtension } from "./negotiation.js";
export type { AllowedOrigins } from "./origin.js";
export { type FetchRequest, type IncomingRequest, requestHeadOf } from "./parsed-request.js";
export {
  asksForWebSocket,
  type RequestOptions,
  type UpgradeRequest,
  type UpgradeRules,
} from "./request.js";
export type {
  Accepted,
  AcceptedRequest,
  AcceptOptions,
  HandshakeFailure,
  HandshakeFailureCode,
  HandshakeOffer,
} from "./response.js";
export {
  acceptExtensions,
  buildAccept,
  buildRefusal,
  checkUpgrade,
  isOriginAllowed,
  selectSubprotocol,
} from "./server-calls.js";
export { parseSubprotocols } from "./subprotocol.js";
