// A chat with rooms: the path names the room, and `?name=` the visitor. Run: node examples/chat/main.js
import { PreparedMessage, serve } from "wsimd/node";

/** @typedef {{ room: string, name: string }} Visitor */
/** @type {Map<string, Set<import("wsimd/node").Socket<Visitor>>>} */
const rooms = new Map();

/** @param {string} room @param {string} line */
function say(room, line) {
  // Encoded once, for all members.
  const message = new PreparedMessage(line);
  for (const member of rooms.get(room) ?? []) member.send(message);
}

const server = await serve(
  {
    host: "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
    upgrade({ path, query }) {
      const name = new URLSearchParams(query).get("name");
      return name ? { data: { room: path, name } } : { status: 400, reason: "add ?name=" };
    },
  },
  /** @type {import("wsimd/node").Handlers<Visitor>} */ ({
    open(socket) {
      const { room, name } = socket.data;
      rooms.set(room, (rooms.get(room) ?? new Set()).add(socket));
      say(room, `* ${name} is here`);
    },
    message: ({ data: { room, name } }, data) => say(room, `${name}: ${data}`),
    close(socket) {
      const { room, name } = socket.data;
      rooms.get(room)?.delete(socket);
      if (rooms.get(room)?.size === 0) rooms.delete(room);
      say(room, `* ${name} left`);
    },
  }),
);
process.once("SIGTERM", () => server.close());
console.log(`listening on ${server.url}`);
