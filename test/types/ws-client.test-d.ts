// The types of a client's arguments: what programs for `ws` pass compiles. `npm run types` checks this file; nothing runs
// it.
import http, { type ClientRequest, type ClientRequestArgs } from "node:http";
import https from "node:https";
import net from "node:net";
import type { Duplex } from "node:stream";
import { expectTypeOf } from "vitest";
import type Theirs from "ws";
import type { ClientOptions } from "../../src/ws/client-options.js";
import { createWebSocketStream } from "../../src/ws/stream.js";
import { WebSocket } from "../../src/ws/websocket.js";

/** Options that were declared with the types of `ws`. Those that are left out have more precise types here. */
export function declared(
  options: Omit<
    Theirs.ClientOptions,
    "checkServerIdentity" | "createConnection" | "finishRequest" | "perMessageDeflate"
  >,
  request: ClientRequestArgs,
): void {
  new WebSocket("ws://a", options);
  new WebSocket("ws://a", request);
  new WebSocket(new URL("ws://a"), ["b", "c"], options);
  new WebSocket("ws://a", "b");
  new WebSocket("ws://a", undefined, request);
}

/** Functions with and without types of their own. */
export function functions(): void {
  new WebSocket("ws://a", { createConnection: () => net.connect(1) });
  new WebSocket("ws://a", {
    createConnection(options, oncreate) {
      expectTypeOf(options).toEqualTypeOf<ClientRequestArgs>();
      oncreate(null, net.connect(1));
      return undefined;
    },
  });
  new WebSocket("ws://a", { createConnection: (options: net.NetConnectOpts) => net.connect(options) });
  new WebSocket("ws://a", {
    finishRequest: (request: ClientRequest, websocket: WebSocket) => websocket.ping(request.path),
  });
  new WebSocket("ws://a", {
    finishRequest(request, websocket) {
      expectTypeOf(request).toEqualTypeOf<ClientRequest>();
      if (websocket.readyState === WebSocket.CONNECTING) request.end();
    },
  });
  new WebSocket("ws://a", { generateMask: (mask) => void mask.fill(0) });
}

export function more(signal: AbortSignal | undefined): void {
  const options: ClientOptions = { signal, quietClose: true, text: "string", holdMessages: true };
  new WebSocket("ws://a", { ...options, agent: new http.Agent(), headers: { a: "b", c: ["d", "e"] } });
  new WebSocket("wss://a", { ...options, agent: new https.Agent(), ca: "x", rejectUnauthorized: false });
  // @ts-expect-error there is no such scheme of text
  new WebSocket("ws://a", { text: "utf8" });
  // @ts-expect-error a signal is no function
  new WebSocket("ws://a", { signal: () => {} });
  expectTypeOf(createWebSocketStream(new WebSocket("ws://a"), { encoding: "utf8" })).toEqualTypeOf<Duplex>();
}
