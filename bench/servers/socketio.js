// Socket.IO on `ws`, or on wsimd/ws in its place: sends each event back.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { listening } from "./lifecycle.js";
import { WebSocketServer } from "./ws-library.js";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false, wsEngine: WebSocketServer });
io.on("connection", (socket) => {
  socket.on("event", (data) => socket.emit("event", data));
});
http.listen(0, "127.0.0.1", 511, () => {
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  listening(address.port);
});
