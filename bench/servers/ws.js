// `ws`, with bufferutil unless WS_NO_BUFFER_UTIL=1. Its defaults: no compression, no client tracking switched off.
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { WebSocketServer } from "ws";
import { COMPRESSES, listening, PARSES, tlsFiles } from "./lifecycle.js";

/** Messages of any length, each by itself. */
const ALONE = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };

const tls = tlsFiles();
const http = tls === undefined ? createServer() : createTlsServer(tls);
const server = new WebSocketServer({ server: http, perMessageDeflate: COMPRESSES && ALONE });
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
http.listen(0, "127.0.0.1", 511, () => {
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port, (payload) => {
    for (const client of server.clients) client.send(payload);
  });
});
