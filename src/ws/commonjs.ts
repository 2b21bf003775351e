// The drop-in for `ws` in CommonJS: `module.exports` is the class WebSocket, and has all names as its properties.
import {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  subprotocol,
  WebSocket,
  WebSocketServer,
} from "./index.js";

export default Object.assign(WebSocket, {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  subprotocol,
  WebSocket,
  WebSocketServer,
});
