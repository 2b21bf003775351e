// A custom server of Next.js: Next.js answers requests and its own upgrades, wsimd those for /live. Like the projects of
// create-next-app, this one is CommonJS.
import { createServer } from "node:http";
import next from "next";
import { attach } from "wsimd/node";

const dev = process.argv.includes("--dev");
const hostname = "127.0.0.1";
const port = Number(process.env.PORT ?? 3000);

const app = next({ dev, hostname, port });
const http = createServer(app.getRequestHandler());

// With a path: at its first request, Next.js adds an upgrade listener of its own to this server, for the WebSocket by
// which it reloads pages. It goes on getting every other upgrade, and none for /live.
const live = attach(
  http,
  { path: "/live", origins: "same" },
  {
    open: tell,
    close: tell,
    message(socket, data) {
      live.broadcast(data, { except: socket });
    },
  },
);

/** Tells each visitor how many there are. */
function tell(): void {
  live.broadcast(JSON.stringify({ visitors: live.connections.size }));
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);

void start();

async function start(): Promise<void> {
  await app.prepare();
  http.listen(port, hostname, () => {
    const address = http.address();
    if (address !== null && typeof address !== "string") {
      console.log(`listening on http://${hostname}:${address.port}`);
    }
  });
}

async function stop(): Promise<void> {
  http.close();
  await live.close();
  http.closeAllConnections();
  await app.close();
  // In development, Next.js leaves watchers behind.
  process.exit();
}
