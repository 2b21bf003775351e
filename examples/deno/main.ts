// Notices: a plain request posts one, and every WebSocket gets it. Run: deno run --allow-net --allow-env examples/deno/main.ts
import { serve } from "wsimd/deno";

const PAGE = `<!doctype html><title>Notices</title><ul id="list"></ul><script>
  const socket = new WebSocket("ws://" + location.host + "/live");
  socket.onmessage = ({ data }) => {
    const item = document.createElement("li");
    item.textContent = data;
    list.prepend(item);
  };
</script>`;
const KEPT = 20;

const notices: string[] = [];

const server = await serve(
  {
    host: "127.0.0.1",
    port: Number(Deno.env.get("PORT") ?? 8080),
    path: "/live",
    // The page of this server may connect, and clients that are no browsers.
    origins: ["same", undefined],
    limits: { maxContentBytes: 1_000, maxMessageBytes: 0 },
    fetch: answer,
  },
  {
    open(socket) {
      for (const notice of notices) socket.send(notice);
    },
  },
);

/** Answers plain requests. */
async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  switch (`${request.method} ${pathname}`) {
    case "GET /":
      return new Response(PAGE, { headers: { "Content-Type": "text/html; charset=utf-8" } });
    case "GET /health":
      return Response.json({ connections: server.connections.size });
    case "POST /notices":
      return Response.json({ receivers: post(await request.text()) }, { status: 201 });
    default:
      return new Response("not here\n", { status: 404 });
  }
}

/** Keeps a notice, and tells it to all. @returns the number of connections that got it */
function post(notice: string): number {
  notices.push(notice);
  if (notices.length > KEPT) notices.shift();
  return server.broadcast(notice);
}

// Tells the clients to connect again later, and waits for them.
Deno.addSignalListener("SIGTERM", () => server.close({ code: 1012, reason: "restart" }));
console.log(`listening on ${server.url}`);
