// The API of the package `ws`, by the names that it has for ES modules.
import { format, parse } from "./extension.js";
import { parse as parseSubprotocols } from "./subprotocol.js";

export { PerMessageDeflate } from "./permessage-deflate.js";
export { Receiver } from "./receiver.js";
export { Sender } from "./sender.js";
export { WebSocketServer, WebSocketServer as Server } from "./server.js";
export { createWebSocketStream } from "./stream.js";
export { WebSocket, WebSocket as default } from "./websocket.js";

/** The header Sec-WebSocket-Extensions. */
export const extension = { format, parse };

/** The header Sec-WebSocket-Protocol. */
export const subprotocol = { parse: parseSubprotocols };
