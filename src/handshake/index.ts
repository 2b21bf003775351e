export { acceptKey, isWebSocketKey, makeKey } from "./accept-key.js";
export { ContentStart } from "./content-start.js";
export { type Extension, type ExtensionParameter, parseExtensions } from "./extensions.js";
export { FinalHeadParser } from "./final-head.js";
export { DEFAULT_MAX_HEAD_BYTES, DEFAULT_MAX_HEADER_LINES, type HeadLimits } from "./head-limits.js";
export type { HeadFailed } from "./head-machine.js";
export { HeaderList } from "./header-list.js";
export {
  type HeadFinished,
  type HeadKinds,
  HeadParser,
  type HeadResult,
  type HeadUnfinished,
  type RequestHead,
  type ResponseHead,
} from "./http-head.js";
export { isOriginAllowed } from "./origin.js";
export type { HeaderFields } from "./outgoing.js";
export {
  type AnswerOptions,
  buildAnswer,
  checkPlain,
  type PlainRequest,
} from "./plain.js";
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
export { buildConnect, type ConnectRequest } from "./tunnel.js";
