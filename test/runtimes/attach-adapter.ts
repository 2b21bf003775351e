// `attach` on servers of `node:http`, on runtimes other than Node, for the suite of adapters.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { attach as attachOnBun } from "../../src/bun/index.js";
import type { attach as attachOnDeno } from "../../src/deno/index.js";
import type { Adapter, Listening, ListenOptions } from "../adapters/adapter.js";

type Attach = typeof attachOnBun | typeof attachOnDeno;

/** The adapter of a runtime, with `attach` in place of `serve`. */
export function attachAdapter(adapter: Adapter, attach: Attach): Adapter {
  return {
    ...adapter,
    name: `${adapter.name}, attach`,
    capabilities: new Set(["pause", "tls"]),
    serve: (options, handlers) => serve(attach, options, handlers),
  };
}

async function serve(
  attach: Attach,
  { port = 0, host, tls, ...options }: ListenOptions,
  handlers: Parameters<Attach>[2],
): Promise<Listening> {
  const plain: RequestListener = (_, response) => response.writeHead(426).end();
  const http = tls === undefined ? createServer(plain) : createSecureServer(tls, plain);
  const attached = attach(http, options, handlers);
  http.listen(port, host);
  await once(http, "listening");
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    connections: attached.connections,
    broadcast: (message, broadcastOptions) => attached.broadcast(message, broadcastOptions),
    publish: (topic, message, publishOptions) => attached.publish(topic, message, publishOptions),
    subscribers: (topic) => attached.subscribers(topic),
    subscriberCount: (topic) => attached.subscriberCount(topic),
    async close(closeOptions) {
      await attached.close(closeOptions);
      http.close();
    },
    port: address.port,
    url: `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${address.port}`,
  };
}
