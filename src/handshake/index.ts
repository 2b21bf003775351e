export { ContentStart } from "../http/content-start.js";
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
export {
  type AnswerOptions,
  buildAnswer,
  checkPlain,
  type PlainRequest,
} from "../http/plain.js";
export { buildConnect, type ConnectRequest } from "../http/tunnel.js";
export { acceptKey, isWebSocketKey, makeKey } from "./accept-key.js";
export { type Extension, type ExtensionParameter, parseExtensions } from "./extensions.js";
export { isOriginAllowed } from "./origin.js";
export {
  asksForWebSocket,
  buildRequest,
  checkUpgrade,
  type Refusal,
  type RequestOptions,
  type UpgradeOptions,
  type UpgradeRequest,
} from "./request.js";
export {
  type Accepted,
  type AcceptedRequest,
  type AcceptOptions,
  buildAccept,
  buildRefusal,
  CONTINUE,
  checkResponse,
  type Expectation,
  type HandshakeFailure,
  type HandshakeFailureCode,
  type RefusalOptions,
} from "./response.js";
export { parseSubprotocols, selectSubprotocol } from "./subprotocol.js";
