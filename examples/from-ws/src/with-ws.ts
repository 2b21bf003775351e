// The shopping list on WebSockets with the package `ws`.
import { createServer, type IncomingMessage } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { List, PEOPLE } from "./list.js";

const MAX_WAITING = 1 << 20;
const PING_MS = 30_000;

const list = new List();
const http = createServer((_, response) => {
  response.statusCode = 426;
  response.end("speak WebSocket\n");
});
const server = new WebSocketServer({
  noServer: true,
  maxPayload: 4096,
  clientTracking: true,
  perMessageDeflate: false,
});
const alive = new WeakSet<WebSocket>();

http.on("upgrade", (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const name = PEOPLE.get(searchParams.get("token") ?? "");
  if (pathname !== "/list") return refuse("404 Not Found");
  if (name === undefined) return refuse("401 Unauthorized");
  server.handleUpgrade(request, socket, head, (client) => opened(client, request, name));

  function refuse(status: string): void {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
});

function opened(client: WebSocket, request: IncomingMessage, name: string): void {
  console.log(`${name} came from ${request.socket.remoteAddress}`);
  alive.add(client);
  client.on("pong", () => alive.add(client));
  client.on("error", (error) => console.error(`${name}: ${error.message}`));
  client.on("close", (code) => console.log(`${name} left with ${code}`));
  client.on("message", (data, isBinary) => {
    if (isBinary) return client.close(1003, "text only");
    try {
      broadcast(JSON.stringify({ changed: list.apply(data.toString(), name) }));
    } catch (error) {
      client.send(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    }
  });
  client.send(JSON.stringify({ items: list.items }));
}

function broadcast(message: string): void {
  for (const client of server.clients) {
    if (client.readyState !== WebSocket.OPEN) continue;
    if (client.bufferedAmount > MAX_WAITING) client.terminate();
    else client.send(message);
  }
}

const pings = setInterval(() => {
  for (const client of server.clients) {
    if (!alive.delete(client)) client.terminate();
    else client.ping();
  }
}, PING_MS);

process.once("SIGTERM", () => {
  clearInterval(pings);
  http.close();
  for (const client of server.clients) client.close(1001);
  setTimeout(() => {
    for (const client of server.clients) client.terminate();
    http.closeAllConnections();
  }, 5_000).unref();
});

http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const address = http.address();
  if (address !== null && typeof address !== "string") {
    console.log(`listening on ws://127.0.0.1:${address.port}`);
  }
});
