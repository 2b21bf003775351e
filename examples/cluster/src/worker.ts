// One server process of several that share a port: it echoes, and says which process it is.
import { setTimeout } from "node:timers/promises";
import { serve } from "wsimd/node";

/** The time that handshakes in progress may take when the process stops. */
const HANDSHAKES_MS = 500;

const server = await serve(
  { host: "127.0.0.1", port: Number(process.env.PORT ?? 8080) },
  {
    open(socket) {
      socket.send(`served by ${process.pid}`);
    },
    message(socket, data) {
      socket.send(data);
    },
  },
);
console.log(`${process.pid} listening on ${server.url}`);
// PM2 waits for this; the primary of src/main.ts does as well.
process.send?.("ready");

/** Takes no more connections, then closes those that there are. 1012 asks clients to connect again. */
async function stop(code: number, reason: string): Promise<void> {
  await server.stopAccepting();
  // Clients that are in the middle of their handshake would get no answer from close().
  await setTimeout(HANDSHAKES_MS);
  await server.close({ code, reason });
  // The channel to the primary would keep the process alive.
  process.disconnect?.();
}

// PM2 sends SIGINT, for a reload and for the end.
process.once("SIGINT", () => stop(1012, "restart"));
process.once("SIGTERM", () => stop(1001, "the server stops"));
process.once("message", (message) => {
  if (message === "restart") stop(1012, "restart");
});
