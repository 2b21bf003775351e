// WebSockets and pages on one HTTP server. Run: node examples/http-and-websocket/main.js
import { once } from "node:events";
import { createServer } from "node:http";
import { attach } from "wsimd/node";

const PAGE = `<!doctype html><title>Clock</title><p id="time">…</p><script>
  new WebSocket("ws://" + location.host + "/clock").onmessage = ({ data }) => (time.textContent = data);
</script>`;

const http = createServer((request, response) => {
  response.statusCode = request.url === "/" ? 200 : 404;
  response.setHeader("Content-Type", "text/html; charset=utf-8").end(request.url === "/" ? PAGE : "not here");
});
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
await once(http, "listening");
const address = http.address();
const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

// Pages of this server may connect, and clients that send no Origin, which are not browsers.
const options = { path: "/clock", origins: [origin, undefined] };
const clock = attach(http, options, {
  open(socket) {
    socket.send(new Date().toISOString());
  },
});
const timer = setInterval(() => clock.broadcast(new Date().toISOString()), 1000);

process.once("SIGTERM", async () => {
  clearInterval(timer);
  http.close();
  await clock.close();
  http.closeAllConnections();
});
console.log(`listening on ${origin}`);
