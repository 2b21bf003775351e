// The shopping list on WebSockets with wsimd.
import { serve } from "wsimd/node";
import { List, PEOPLE } from "./list.js";

const list = new List();

const server = await serve<{ name: string }>(
  {
    host: "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
    path: "/list",
    limits: { maxMessageBytes: 4096 },
    upgrade({ query }) {
      const name = PEOPLE.get(new URLSearchParams(query).get("token") ?? "");
      return name === undefined ? { status: 401 } : { data: { name } };
    },
  },
  {
    open(socket) {
      console.log(`${socket.data.name} came from ${socket.remoteAddress}`);
      socket.send(JSON.stringify({ items: list.items }));
    },
    message(socket, data) {
      if (typeof data !== "string") return socket.close(1003, "text only");
      try {
        server.broadcast(JSON.stringify({ changed: list.apply(data, socket.data.name) }));
      } catch (error) {
        socket.send(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
      }
    },
    close(socket, { code, failure }) {
      if (failure !== undefined) console.error(`${socket.data.name}: ${failure.message}`);
      console.log(`${socket.data.name} left with ${failure?.closeCode ?? code}`);
    },
  },
);

process.once("SIGTERM", () => server.close());
console.log(`listening on ${server.url}`);
