// Socket.IO on `ws`, or on wsimd/ws in its place: sends each event back.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { listening } from "./lifecycle.js";
import { WebSocketServer } from "./ws-library.js";

/**
 * The part of it that is used here. The types check without its package, too.
 * @typedef {{ on(event: string, listener: (data: unknown) => void): void; emit(event: string, data: unknown): void }} Socket
 * @typedef {{ on(event: "connection", listener: (socket: Socket) => void): void }} Io
 * @typedef {{ Server: new (http: unknown, options: object) => Io }} SocketIo
 */
/** @type {SocketIo} */
const { Server } = createRequire(import.meta.url)("socket.io");

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
