// WebSockets, a page and a health check on one port of Bun. Run: bun examples/bun/main.js
import { serve } from "wsimd/bun";

const PAGE = `<!doctype html><title>Echo</title><input id="say" autofocus><pre id="log"></pre><script>
  const socket = new WebSocket("ws://" + location.host + "/echo");
  socket.onmessage = ({ data }) => log.append(data + "\\n");
  say.onchange = () => { socket.send(say.value); say.value = ""; };
</script>`;

const server = await serve(
  {
    host: "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
    // Plain HTTP requests.
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/health") return new Response("ok\n");
      if (pathname !== "/") return new Response("not here\n", { status: 404 });
      return new Response(PAGE, { headers: { "Content-Type": "text/html; charset=utf-8" } });
    },
    // WebSocket requests.
    upgrade: ({ path }) => (path === "/echo" ? undefined : { status: 404 }),
  },
  {
    message(socket, data) {
      socket.send(data);
    },
  },
);

process.once("SIGTERM", () => server.close());
console.log(`listening on ${server.url}`);
