// A chat on Express: login by session cookie, rooms with a history, and a page.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import express from "express";
import { attach } from "wsimd/node";
import { Rooms, type Visitor } from "./rooms.js";
import { endedSessions, sessionOf, sessions } from "./sessions.js";

const PASSWORD = process.env.PASSWORD ?? "tea";
const NAME = /^[\w-]{1,20}$/;
const rooms = new Rooms(["lobby", "tea", "coffee"]);

const app = express();
app.use(sessions);
app.use(express.static(fileURLToPath(new URL("../public", import.meta.url))));

app.get("/me", (request, response) => {
  response.json({ name: request.session.user ?? null });
});

app.post("/login", express.json(), (request, response, next) => {
  const { name, password } = request.body ?? {};
  if (typeof name !== "string" || !NAME.test(name) || password !== PASSWORD) {
    response.sendStatus(401);
    return;
  }
  // A new session, so that a session that was known before the login is worth nothing after it.
  request.session.regenerate((error: unknown) => {
    if (error) return next(error);
    request.session.user = name;
    response.sendStatus(204);
  });
});

app.post("/logout", (request, response, next) => {
  const { sessionID } = request;
  request.session.destroy((error: unknown) => {
    if (error) return next(error);
    endedSessions.add(sessionID);
    for (const socket of chat.connections.values()) {
      if (socket.data.sessionId === sessionID) socket.close(4001, "logged out");
    }
    response.sendStatus(204);
  });
});

const http = createServer(app);

const chat = attach<Visitor>(
  http,
  {
    path: "/chat",
    origins: "same",
    limits: { maxMessageBytes: 2_000 },
    discardAfterClose: true,
    async upgrade({ incoming, query }) {
      const room = new URLSearchParams(query).get("room") ?? "";
      if (!rooms.has(room)) return { status: 400, reason: "no such room" };
      const { id, user } = await sessionOf(incoming);
      return user === undefined ? { status: 401 } : { data: { room, name: user, sessionId: id } };
    },
  },
  {
    open(socket) {
      // The session may have ended since `upgrade` read it, before this socket could be found and closed.
      if (endedSessions.has(socket.data.sessionId)) return socket.close(4001, "logged out");
      rooms.join(socket);
    },
    message(socket, data) {
      if (typeof data !== "string") return socket.close(1003, "text only");
      rooms.say(socket, data);
    },
    close: (socket) => rooms.leave(socket),
    refused: ({ status, reason, remoteAddress, target, origin }) =>
      console.warn(`refused ${target} from ${remoteAddress} (origin ${origin}): ${status} ${reason}`),
    error: (_, error) => console.error(error),
  },
);

http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const address = http.address();
  if (address !== null && typeof address !== "string") {
    console.log(`listening on http://127.0.0.1:${address.port}`);
  }
});

process.once("SIGTERM", stop);
process.once("SIGINT", stop);

/** Takes no more requests, tells the visitors, and lets the process end. */
async function stop(): Promise<void> {
  http.close();
  await chat.close({ reason: "the server stops" });
  http.closeAllConnections();
}
