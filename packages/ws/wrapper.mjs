// The package for ES modules: names for the exports of the bundle, so that `import` and `require` share all state.
import WebSocket from "./index.js";

export const {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocketServer,
} = WebSocket;
export { WebSocket };
export default WebSocket;
