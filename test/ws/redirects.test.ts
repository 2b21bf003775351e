// Redirects that a client follows, and what it takes along.
import { Agent, ClientRequest, createServer, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { eventually } from "../adapters/until.js";
import { certificate } from "../support/certificate.js";
import { type End, portOf, type Scene } from "./scene.js";
import { suite } from "./suite.js";
import type { ClientOptions, WebSocketServer } from "./surface.js";

const AUTHORIZATION = "Basic Zm9vOmJhcg==";
const HEADERS = { authorization: AUTHORIZATION, cookie: "foo=bar", host: "foo" };
const TLS = certificate();

const found = (location: string): string =>
  `HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: ${location}\r\n\r\n`;

/** A server that redirects every request to one of the target's. */
async function redirecting(scene: Scene, target: WebSocketServer): Promise<ReturnType<Scene["answering"]>> {
  return scene.answering(() => found(`ws://127.0.0.1:${portOf(target)}/there`));
}

/** The fields of the first request that a server accepts. */
async function accepted(wss: WebSocketServer): Promise<IncomingMessage> {
  return new Promise((resolve) => wss.once("connection", (_, request: IncomingMessage) => resolve(request)));
}

suite("redirects", "clients", (test) => {
  test("are followed with followRedirects", async (scene) => {
    const target = await scene.server();
    const { ws, log } = scene.connect(await redirecting(scene, target), { followRedirects: true });
    await log.until("open");
    expect(ws.url).toBe(`ws://127.0.0.1:${portOf(target)}/there`);
    expect(ws._redirects).toBe(1);
    expect(log.words).toEqual(["open"]);
  });

  test("may be relative", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    http.once("upgrade", (_, socket) => {
      socket.end(found("/foo?a=b"));
      http.once("upgrade", (request, next, head) => wss.handleUpgrade(request, next, head, () => {}));
    });
    const { ws, log } = scene.connect(http, { followRedirects: true });
    await log.until("open");
    expect(ws.url).toBe(`ws://127.0.0.1:${portOf(http)}/foo?a=b`);
  });

  for (const status of [
    "301 Moved Permanently",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
  ])
    test(`are followed after ${status}`, async (scene) => {
      const target = await scene.server();
      const answer = found(`http://127.0.0.1:${portOf(target)}/`).replace("302 Found", status);
      const { ws, log } = scene.connect(await scene.answering(() => answer), { followRedirects: true });
      await log.until("open");
      expect(ws._redirects).toBe(1);
    });

  test("without a Location are unexpected responses", async (scene) => {
    const server = await scene.answering(() => "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    const { log } = scene.connect(server, { followRedirects: true });
    await log.closed();
    expect(log.words).toEqual(["error Error: Unexpected server response: 302", 'close 1006 ""']);
  });

  for (const [maxRedirects, count] of [
    [undefined, 11],
    [1, 2],
    [0, 1],
  ] as const)
    test(`end after maxRedirects ${maxRedirects}`, async (scene) => {
      const server = await scene.answering(() => found("/"));
      const options: ClientOptions = maxRedirects === undefined ? {} : { maxRedirects };
      const { ws, log } = scene.connect(server, { followRedirects: true, ...options });
      await log.closed();
      expect(log.words).toEqual(["error Error: Maximum redirects exceeded", 'close 1006 ""']);
      expect(ws._redirects).toBe(count);
    });

  for (const [location, error] of [
    ["ws://", "SyntaxError: Invalid URL: ws://"],
    [
      "bad-scheme://localhost",
      'SyntaxError: The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    ],
    ["/a#b", "SyntaxError: The URL contains a fragment identifier"],
  ] as const)
    test(`to ${location} are errors`, async (scene) => {
      const { ws, log } = scene.connect(await scene.answering(() => found(location)), {
        followRedirects: true,
      });
      await log.closed();
      expect(log.words).toEqual([`error ${error}`, 'close 1006 ""']);
      expect(ws._redirects).toBe(1);
    });

  test("are told to listeners, with the URL and the request", async (scene) => {
    const target = await scene.server();
    const { ws, log } = scene.connect(await redirecting(scene, target), { followRedirects: true });
    const first = ws._req;
    const seen: unknown[] = [];
    ws.on("redirect", (url: string, request: unknown) => {
      seen.push(url, request instanceof ClientRequest, request === ws._req, request === first);
    });
    await log.until("open");
    expect(seen).toEqual([`ws://127.0.0.1:${portOf(target)}/there`, true, true, false]);
  });

  test("to another host drop Authorization, Cookie and Host", async (scene) => {
    const target = await scene.server();
    const request = accepted(target);
    const { log } = scene.connect(await redirecting(scene, target), {
      followRedirects: true,
      headers: HEADERS,
    });
    await log.until("open");
    const { headers } = await request;
    expect([headers.authorization, headers.cookie, headers.host]).toEqual([
      undefined,
      undefined,
      `127.0.0.1:${portOf(target)}`,
    ]);
  });

  test("to another host drop the option auth", async (scene) => {
    const target = await scene.server();
    const request = accepted(target);
    const { ws, log } = scene.connect(await redirecting(scene, target), {
      followRedirects: true,
      auth: "foo:bar",
    });
    expect(ws._req.getHeader("authorization")).toBe(AUTHORIZATION);
    await log.until("open");
    expect((await request).headers.authorization).toBe(undefined);
  });

  test("to another host keep all fields if a listener is there", async (scene) => {
    const target = await scene.server();
    const request = accepted(target);
    const { ws, log } = scene.connect(await redirecting(scene, target), {
      followRedirects: true,
      headers: HEADERS,
    });
    ws.on("redirect", (_, next: ClientRequest) => next.setHeader("x-seen", "1"));
    await log.until("open");
    expect((await request).headers).toMatchObject({ ...HEADERS, "x-seen": "1" });
  });

  test("to the same host keep all fields", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    const seen: IncomingMessage[] = [];
    http.once("upgrade", (_, socket) => {
      socket.end(found("/foo"));
      http.once("upgrade", (request, next, head) => {
        seen.push(request);
        wss.handleUpgrade(request, next, head, () => {});
      });
    });
    const { log } = scene.connect(http, { followRedirects: true, headers: HEADERS });
    await log.until("open");
    expect(seen[0]?.headers).toMatchObject(HEADERS);
  });

  test("keep the first URL's names", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    const seen: IncomingMessage[] = [];
    const port = portOf(http);
    http.once("upgrade", (_, socket) => {
      socket.end(found(`ws://baz:qux@127.0.0.1:${port}/foo`));
      http.once("upgrade", (request, next, head) => {
        seen.push(request);
        wss.handleUpgrade(request, next, head, () => {});
      });
    });
    const { ws, log } = scene.connect(`ws://foo:bar@127.0.0.1:${port}`, { followRedirects: true });
    await log.until("open");
    expect(seen[0]?.headers.authorization).toBe(AUTHORIZATION);
    expect(ws.url).toBe(`ws://baz:qux@127.0.0.1:${port}/foo`);
  });

  test("from TLS to plain text drop Authorization and Cookie", async (scene) => {
    const target = await scene.server();
    const request = accepted(target);
    const https = createHttps({ ...TLS });
    https.on("upgrade", (_, socket) => socket.end(found(`ws://127.0.0.1:${portOf(target)}/`)));
    await scene.http(https);
    const { log } = scene.connect(`wss://127.0.0.1:${portOf(https)}`, {
      followRedirects: true,
      headers: { authorization: AUTHORIZATION, cookie: "foo=bar" },
      rejectUnauthorized: false,
    });
    await log.until("open");
    const { headers } = await request;
    expect([headers.authorization, headers.cookie]).toEqual([undefined, undefined]);
  });

  const unix = test.where(process.platform !== "win32");
  unix("to a Unix socket drop Authorization, Cookie and Host", async (scene) => {
    const path = join(tmpdir(), `wsimd-redirect-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
    const http = createServer();
    const target = await scene.server({ server: http });
    const listening = new Promise((resolve) => http.listen(path, () => resolve(undefined)));
    scene.after(() => http.close());
    await listening;
    const request = accepted(target);
    const { ws, log } = scene.connect(await scene.answering(() => found(`ws+unix:${path}`)), {
      followRedirects: true,
      headers: HEADERS,
    });
    await log.until("open");
    const { headers } = await request;
    expect([headers.authorization, headers.cookie, headers.host]).toEqual([
      undefined,
      undefined,
      "localhost",
    ]);
    expect(ws.url).toBe(`ws+unix:${path}`);
  });

  for (const method of ["close", "terminate"] as const)
    test(`can be ended by ${method}() in a listener`, async (scene) => {
      const { ws, log } = scene.connect(await scene.answering(() => found("/foo")), {
        followRedirects: true,
      });
      ws.on("redirect", () => ws[method]());
      await log.closed();
      expect(log.words).toEqual([
        "error Error: WebSocket was closed before the connection was established",
        'close 1006 ""',
      ]);
    });

  test("can be ended by destroying the request in a listener, which is an error", async (scene) => {
    const { ws, log } = scene.connect(await scene.answering(() => found("/foo")), { followRedirects: true });
    ws.on("redirect", (_, request: ClientRequest) => request.on("socket", () => request.destroy()));
    await log.closed();
    expect(log.words).toEqual(["error ECONNRESET Error: socket hang up", 'close 1006 ""']);
  });

  test("can have fields taken out in a listener", async (scene) => {
    const target = await scene.server();
    const request = accepted(target);
    const { ws, log } = scene.connect(await redirecting(scene, target), {
      followRedirects: true,
      headers: { authorization: AUTHORIZATION, cookie: "foo=bar" },
    });
    ws.on("redirect", (_, next: ClientRequest) => {
      next.removeHeader("authorization");
      next.removeHeader("cookie");
    });
    await log.until("open");
    const { headers } = await request;
    expect([headers.authorization, headers.cookie]).toEqual([undefined, undefined]);
  });

  const astray = async (scene: Scene): Promise<End> => {
    const server = await scene.answering(() => found("wss://127.0.0.1:1/"));
    return scene.connect(server, { followRedirects: true, agent: new Agent() });
  };
  const unsupported = 'TypeError: Protocol "https:" not supported. Expected "http:"';
  test.differs("redirects out of reach", "a redirect to where the agent can't go", {
    ws: async (scene) => {
      const { ws } = await astray(scene);
      const thrown: unknown[] = [];
      await eventually(() => thrown.push(...scene.uncaught()) > 0, "an exception");
      expect(thrown.map(String)).toEqual([expect.stringContaining('Protocol "https:" not supported')]);
      ws.removeAllListeners();
      ws.on("error", () => {});
    },
    wsimd: async (scene) => {
      const { log } = await astray(scene);
      await log.closed();
      expect(log.words).toEqual([`error ERR_INVALID_PROTOCOL ${unsupported}`, 'close 1006 ""']);
    },
  });
});
