// A chat whose threads share a port: what one says reaches the visitors of all. Run on Node 22.12 or later: node examples/threads/main.js
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
import { serve } from "wsimd/node";

const { PORT = "8080", THREADS = availableParallelism() } = process.env;

if (isMainThread) {
  const threads = Array.from({ length: Number(THREADS) }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(threads.map((thread) => once(thread, "message")));
  process.once("SIGTERM", () => {
    // Signals reach the main thread only.
    for (const thread of threads) thread.postMessage("stop");
  });
  console.log(`listening on ws://127.0.0.1:${PORT}`);
} else {
  const channel = new BroadcastChannel("chat");
  const server = await serve(
    { host: "127.0.0.1", port: Number(PORT), reusePort: true },
    {
      open: (socket) => void socket.send(`thread ${threadId}`),
      message(_socket, data) {
        server.broadcast(data);
        channel.postMessage(data);
      },
    },
  );
  channel.onmessage = ({ data }) => server.broadcast(data);
  parentPort?.postMessage("ready");
  parentPort?.once("message", async () => {
    await server.close();
    channel.close();
  });
}
