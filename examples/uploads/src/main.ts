// Serves the page, takes uploads and sends downloads.
import { mkdir, readFile } from "node:fs/promises";
import { IncompleteMessageError, type Socket, serve } from "wsimd/node";
import { FileStore, isFileName } from "./store.js";

/** The server tells the client after each megabyte how far it is. */
const PROGRESS_BYTES = 1 << 20;

const folder = process.env.FOLDER ?? "files";
await mkdir(folder, { recursive: true });
const store = new FileStore(folder);
const page = await readFile(new URL("../public/index.html", import.meta.url));

interface Transfer {
  readonly kind: "upload" | "download";
  readonly name: string;
}

/** Sends a file, and closes. No handler awaits it: a client that closes meanwhile has its answer at once. */
async function download(socket: Socket<Transfer>): Promise<void> {
  try {
    await socket.sendStream(store.read(socket.data.name));
    socket.close(1000);
  } catch (error) {
    if (!(error instanceof IncompleteMessageError)) console.error(error); // else the client has left
  }
}

const server = await serve<Transfer>(
  {
    host: "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
    origins: ["same", undefined],
    // Both limits hold for streams as well.
    limits: { maxMessageBytes: Number(process.env.MAX_BYTES ?? 4 * 2 ** 30), maxFragments: 1_000_000 },
    deliver: "stream",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/")
        return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
      if (pathname === "/files") return Response.json(await store.list());
      return new Response("not here\n", { status: 404 });
    },
    async upgrade({ path, query }) {
      const name = new URLSearchParams(query).get("name") ?? "";
      if (!isFileName(name)) return { status: 400, reason: "not a name of a file" };
      if (path === "/upload") return { data: { kind: "upload", name } };
      if (path === "/download" && (await store.has(name))) return { data: { kind: "download", name } };
      return { status: 404 };
    },
  },
  {
    open(socket) {
      if (socket.data.kind === "download") void download(socket);
    },
    async stream(socket, message) {
      if (socket.data.kind !== "upload" || message.type !== "binary") return socket.close(1003, "not here");
      let told = 0;
      const sha256 = await store.write(socket.data.name, message, (written) => {
        if (written - told < PROGRESS_BYTES) return;
        told = written;
        socket.send(JSON.stringify({ written }));
      });
      socket.send(JSON.stringify({ sha256 }));
      socket.close(1000);
    },
    error: (_, error) => console.error(error),
  },
);

process.once("SIGTERM", () => server.close());
console.log(`listening on http://127.0.0.1:${server.port}`);
