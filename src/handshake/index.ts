// The entry `wsimd/handshake`: the opening handshake without input and output, for servers and clients that are built
// on the codec.
export { FinalHeadParser } from "../http/final-head.js";
export {
  type HeadFinished,
  type HeadKinds,
  HeadParser,
  type HeadResult,
  type HeadUnfinished,
  type RequestHead,
  type ResponseHead,
} from "../http/head.js";
export { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from "../http/head-limits.js";
export type { HeadFailed } from "../http/head-machine.js";
export type { HeaderFields } from "../http/header-fields.js";
export { HeaderList } from "../http/header-list.js";
export { buildRefusal, type Refusal, type RefusalOptions } from "../http/refusal.js";
export { acceptKey, isWebSocketKey, makeKey } from "./accept-key.js";
export { type Extension, type ExtensionParameter, parseExtensions } from "./extensions.js";
export {
  type AgreedExtension,
  acceptExtensions,
  type ClientExtension,
  type ExtensionAnswer,
  type ServerExtension,
} from "./negotiation.js";
export { type AllowedOrigins, isOriginAllowed } from "./origin.js";
export { type FetchRequest, type IncomingRequest, requestHeadOf } from "./parsed-request.js";
export {
  asksForWebSocket,
  buildRequest,
  checkUpgrade,
  type RequestOptions,
  type UpgradeRequest,
  type UpgradeRules,
} from "./request.js";
export {
  type Accepted,
  type AcceptedRequest,
  type AcceptOptions,
  buildAccept,
  checkResponse,
  type HandshakeFailure,
  type HandshakeFailureCode,
  type HandshakeOffer,
} from "./response.js";
export { parseSubprotocols, selectSubprotocol } from "./subprotocol.js";
