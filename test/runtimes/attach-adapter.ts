// `attach` on servers of `node:http`, on runtimes other than Node, for the suite of adapters.
import { once } from "node:events";
import { createServer } from "node:http";
import type { attach as attachOnBun } from "../../src/bun/index.js";
import type { attach as attachOnDeno } from "../../src/deno/index.js";
import type { Adapter, Listening, ListenOptions } from "../adapters/adapter.js";

type Attach = typeof attachOnBun | typeof attachOnDeno;

/** The adapter of a runtime, with `attach` in place of `serve`. */
export function attachAdapter(adapter: Adapter, attach: Attach): Adapter {
  return {
    ...adapter,
    name: `${adapter.name}, attach`,
    capabilities: new Set(["pause"]),
    serve: (options, handlers) => serve(attach, options, handlers),
  };
}

async function serve(
  attach: Attach,
  { port = 0, host, ...options }: ListenOptions,
  handlers: Parameters<Attach>[2],
): Promise<Listening> {
  const http = createServer((_, response) => response.writeHead(426).end());
  const attached = attach(http, options, handlers);
  http.listen(port, host);
  await once(http, "listening");
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    connections: attached.connections,
    broadcast: (message, broadcastOptions) => attached.broadcast(message, broadcastOptions),
    async close(closeOptions) {
      await attached.close(closeOptions);
      http.close();
    },
    port: address.port,
    url: `ws://127.0.0.1:${address.port}`,
  };
}
