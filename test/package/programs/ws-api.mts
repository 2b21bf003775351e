// A program that uses the types of `ws` in every way that programs do, for `ws-types.test.ts`. It is compiled against
// `@types/ws`, here and there, and with other imports against `wsimd/ws` and wsimd-ws. It is not run.
import { createServer, IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Duplex } from "node:stream";
import WebSocket, { createWebSocketStream, WebSocketServer } from "ws";

export function client(url: URL): WebSocket {
  const options: WebSocket.ClientOptions = {
    followRedirects: true,
    generateMask: (mask) => void mask.fill(0),
    handshakeTimeout: 1000,
    maxRedirects: 3,
    perMessageDeflate: { threshold: 10, zlibDeflateOptions: { level: 1 }, serverMaxWindowBits: 10 },
    headers: { Cookie: "a=b" },
    origin: "https://example.org",
    protocolVersion: 13,
    rejectUnauthorized: false,
    maxPayload: 1,
    finishRequest: (request, websocket) => {
      request.setHeader("X-Url", websocket.url);
      request.end();
    },
  };
  const socket = new WebSocket(url, ["a", "b"], options);
  new WebSocket("ws://a", { timeout: 5, maxPayload: 1 });
  new WebSocket("ws://a", "protocol");
  new WebSocket("ws://a", undefined, options);
  new WebSocket(null);
  // @ts-expect-error: a port is no address
  new WebSocket(8080);
  // @ts-expect-error: there is no such type
  socket.binaryType = "text";
  // @ts-expect-error: it is read only
  socket.readyState = socket.OPEN;
  // @ts-expect-error: it is read only
  socket.OPEN = 1;
  socket.binaryType = "fragments";
  const type: "nodebuffer" | "arraybuffer" | "fragments" = socket.binaryType;
  console.log(type, socket.bufferedAmount.toFixed(), socket.extensions.length, socket.protocol.length);
  return socket;
}

export function listeners(socket: WebSocket): void {
  socket.on("open", () => socket.send("hello"));
  socket.on("message", (data, isBinary) => {
    const raw: WebSocket.RawData = data;
    const text: string = Array.isArray(data) ? Buffer.concat(data).toString() : data.toString();
    const binary: boolean = isBinary;
    console.log(raw, text, binary);
  });
  socket.once("close", function (code, reason) {
    console.log(this.url, code.toFixed(), reason.length);
  });
  socket.on("error", (error) => console.log(error.message));
  socket.on("upgrade", (response) => console.log(response.headers.upgrade));
  socket.on("ping", (data) => socket.pong(data)).on("pong", (data) => console.log(data.length));
  socket.on("redirect", (url, request) => request.setHeader("X-Url", url));
  socket.on("unexpected-response", (request, response) => {
    console.log(response.statusCode?.toFixed());
    request.destroy();
  });
  socket.on("something else", (a: number, b: string) => console.log(a, b));
  const listener: Parameters<typeof socket.once>[1] = () => {};
  socket.addListener("message", listener).removeListener("message", listener).off("message", listener);
}

export function events(socket: WebSocket): void {
  socket.onopen = (event: WebSocket.Event) => console.log(event.type, event.target.readyState);
  socket.onmessage = ({ data, target }) => {
    const given: WebSocket.Data = data;
    if (typeof data === "string") target.send(data.toUpperCase());
    console.log(given);
  };
  socket.onclose = ({ code, reason, wasClean }: WebSocket.CloseEvent) => console.log(code, reason, wasClean);
  socket.onerror = ({ error, message }: WebSocket.ErrorEvent) => console.log(error.code, message);
  socket.onmessage = null;
  socket.addEventListener("message", ({ data }: WebSocket.MessageEvent) => console.log(data), { once: true });
  socket.addEventListener("close", { handleEvent: (event) => console.log(event.reason.length) });
  socket.removeEventListener("open", () => {});
  // @ts-expect-error: there is no such event
  socket.addEventListener("ping", () => {});
  const map = {} as WebSocket.WebSocketEventMap;
  console.log(map.close.code);
}

export function sending(socket: WebSocket): void {
  socket.send("text");
  socket.send(new Float32Array(5), { binary: true, mask: true });
  socket.send(new ArrayBuffer(1), (error) => console.log(error?.message));
  socket.send(Buffer.alloc(1), { compress: false, fin: false }, (error?: Error) => console.log(error));
  socket.send(new Blob([]));
  socket.send(12);
  socket.ping();
  socket.ping("a", false, (error: Error) => console.log(error.message));
  socket.pong(Buffer.alloc(1), true);
  socket.close();
  socket.close(1000, "reason");
  socket.close(1000, Buffer.from("reason"));
  socket.terminate();
  if (!socket.isPaused) socket.pause();
  socket.resume();
  // @ts-expect-error: a code is a number
  socket.close("1000");
  // @ts-expect-error: there is no such option
  socket.send("text", { type: "text" });
}

export function states(socket: WebSocket): number {
  if (socket.readyState === WebSocket.OPEN) {
    const open: 1 = socket.readyState;
    return open;
  }
  if (socket.readyState === socket.CONNECTING) return socket.readyState;
  if (socket.readyState === WebSocket.CLOSING) return socket.readyState;
  if (socket.readyState === WebSocket.CLOSED) return socket.readyState;
  const never: never = socket.readyState;
  return never;
}

class Session extends WebSocket {
  user = "nobody";

  override close(code?: number, data?: string | Buffer): void {
    super.close(code, data);
  }
}

class Request extends IncomingMessage {
  started = 0;
}

export function server(): void {
  const options: WebSocket.ServerOptions = {
    port: 0,
    backlog: 1,
    host: "::1",
    path: "/",
    clientTracking: true,
  };
  const plain: WebSocketServer = new WebSocketServer(options, () => console.log("listening"));
  plain.on("connection", function (socket, request) {
    console.log(this.clients.size, request.socket.remoteAddress, socket.protocol);
  });
  plain.once("headers", (headers, request) => headers.push(`X-Url: ${request.url}`));
  plain.on("wsClientError", (error, socket, request) => {
    socket.end(`HTTP/1.1 400 ${error.message}\r\n\r\n${request.url}`);
  });
  plain.on("listening", () => {}).on("close", () => {});
  plain.off("error", (error) => console.log(error.message));
  const address = plain.address();
  console.log(typeof address === "string" || address === null ? address : address.port.toFixed());
  plain.close();
  plain.close((error) => console.log(error?.message));
  // @ts-expect-error: there is no such option
  new WebSocketServer({ ports: 8080 });

  const own = new WebSocketServer({ noServer: true, WebSocket: Session });
  own.on("connection", (socket) => console.log(socket.user.length));
  for (const socket of own.clients) socket.user = "somebody";

  const typed = new WebSocketServer<typeof Session, typeof Request>({
    server: createServer({ IncomingMessage: Request }),
    WebSocket: Session,
    verifyClient: (info: { origin: string; secure: boolean; req: Request }) =>
      info.secure && info.req.started > 0,
    handleProtocols: (protocols, request) => (request.started > 0 && protocols.has("a") ? "a" : false),
  });
  typed.on("connection", (socket, request) => console.log(socket.user, request.started));
  new WebSocketServer({ server: createSecureServer(), perMessageDeflate: { clientNoContextTakeover: true } });
}

export const verify: WebSocket.VerifyClientCallbackAsync = ({ req }, callback) =>
  callback(req.url === "/", 403, "Forbidden", { "X-Reason": "none" });
export const verifySync: WebSocket.VerifyClientCallbackSync = ({ origin }) =>
  origin === "https://example.org";
export const finish: WebSocket.FinishRequestCallback = (request) => request.end();
export const certificate: WebSocket.CertMeta = ["a"];
export const deflate: WebSocket.PerMessageDeflateOptions = { concurrencyLimit: 1, zlibInflateOptions: {} };
export const at: WebSocket.AddressInfo = { address: "::", family: "IPv6", port: 1 };
export const once: WebSocket.EventListenerOptions = { once: true };

export function upgrade(wss: WebSocketServer): void {
  createServer().on("upgrade", (request, socket, head) => {
    if (!wss.shouldHandle(request)) return;
    wss.handleUpgrade(request, socket, head, (websocket, again) => wss.emit("connection", websocket, again));
  });
}

export function stream(socket: WebSocket): Duplex {
  createWebSocketStream(socket);
  return createWebSocketStream(socket, { encoding: "utf8", allowHalfOpen: true });
}
