// `wsimd demo`: a server with a page that shows it.
import { once } from "node:events";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { parsed, parsePort } from "./args.js";
import type { Command } from "./command.js";
import { loadAssets, serveAsset } from "./demo/assets.js";
import { Hub } from "./demo/hub.js";
import { listenError, untilSignal } from "./listening.js";

const HELP = `Usage: wsimd demo [options]

Serves one page that talks to this server by WebSocket: a graph of messages a
second and round-trip time, the list of connected clients, and a box to send to
one of them or to all. Open it in several tabs, or on your phone.

Options:
  --port P     port to listen on (default 8080); 0 takes a free one
  --host H     address to listen on (default 127.0.0.1: this machine only;
               0.0.0.0: all computers that can reach it)
  -h, --help   print this

Exit codes: 0 after SIGTERM or SIGINT; 1 can't listen; 2 bad arguments.
`;

const OPTIONS = {
  port: { type: "string", default: "8080" },
  host: { type: "string", default: "127.0.0.1" },
} as const;

/** `wsimd demo`. */
export const demo: Command = {
  summary: "serve a page that shows it at work",
  help: HELP,
  async run(args) {
    const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }));
    const { host } = values;
    const port = parsePort(values.port);
    const assets = loadAssets();
    const stopped = untilSignal();
    const httpServer = createServer((request, response) => serveAsset(assets, request, response));
    httpServer.listen(port, host);
    await once(httpServer, "listening").catch((error: unknown) => {
      throw listenError(error, host, port);
    });
    const hub = new Hub(httpServer);
    const address = httpServer.address();
    const listening = address === null || typeof address === "string" ? port : address.port;
    console.log(`demo on http://${reachable(host)}:${listening}`);
    console.log("Open it in two tabs, send from one to the other, and start a load. Ctrl-C ends it.");
    await stopped;
    httpServer.close();
    await hub.shutDown();
    httpServer.closeAllConnections();
    return 0;
  },
};

/** A host for a URL that works on this machine. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
