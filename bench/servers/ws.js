// `ws`, with bufferutil unless WS_NO_BUFFER_UTIL=1, or wsimd/ws in its place. Its defaults: no compression, no client
// tracking switched off.
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { COMPRESSES, listening, PARSES, tlsFiles } from "./lifecycle.js";
import { DROP_IN, WebSocketServer } from "./ws-library.js";

/** Messages of any length, each by itself. */
const ALONE = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };

const perMessageDeflate = COMPRESSES && ALONE;
const listener = DROP_IN === "port" ? undefined : httpServer();
const server = new WebSocketServer(
  listener === undefined
    ? { port: 0, host: "127.0.0.1", backlog: 511, perMessageDeflate }
    : { server: listener, perMessageDeflate },
);
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (PARSES) {
      const text = data.toString();
      JSON.parse(text);
      socket.send(text);
    } else socket.send(data, { binary: isBinary });
  });
});
server.on("listening", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port, (payload) => {
    for (const client of server.clients) client.send(payload);
  });
});
listener?.listen(0, "127.0.0.1", 511);

function httpServer() {
  const tls = tlsFiles();
  return tls === undefined ? createServer() : createTlsServer(tls);
}
