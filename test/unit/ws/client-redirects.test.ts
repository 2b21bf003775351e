// Redirects: which a client follows, and what it sends along.
import { randomUUID } from "node:crypto";
import http, {
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import https from "node:https";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Duplex } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClientOptions } from "../../../src/ws/client-options.js";
import { certificate } from "../../support/certificate.js";
import {
  type Answer,
  type Answering,
  answering,
  closing,
  IMPLEMENTATIONS,
  privately,
  redirecting,
  requestOf,
  story,
} from "./clients.js";

const HEADERS = { Authorization: "Basic Zm9vOmJhcg==", cookie: "foo=bar", HOST: "foo", "X-Other": "kept" };
/** The first byte of a TLS connection. */
const TLS_HANDSHAKE = 22;
const BASIC = "Basic Zm9vOmJhcg==";

/** Redirects the first request to a path of the same server, and accepts the next. */
const toItself: Answer = (request, socket) => {
  if (request.url === "/") redirecting("/foo")(request, socket);
  else closing(request, socket);
};

/** A socket of the file system, or a pipe of Windows. */
function socketPath(): string {
  const name = `wsimd-${randomUUID()}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : path.join(tmpdir(), `${name}.sock`);
}

async function answeringAt(at: string, answer: Answer): Promise<Answering> {
  return await answering(answer, createServer(), { path: at });
}

function seenBy({ requests }: Answering, names: readonly string[]): Record<string, unknown> {
  const headers = requests.at(-1)?.headers ?? {};
  return Object.fromEntries(names.map((name) => [name, headers[name]]));
}

const CREDENTIALS = ["authorization", "cookie", "host", "x-other"];

describe.each(IMPLEMENTATIONS)("a client of %s", (name, open) => {
  test("follows none unless it is told to", async () => {
    const server = await answering(toItself);
    const client = open(server.url);
    expect(await story(client)).toEqual([
      "2 error Error: Unexpected server response: 302",
      '3 close 1006 ""',
    ]);
  });

  test.each([300, 301, 303, 307, 308, 399])("follows status %i", async (status) => {
    const server = await answering((request, socket) => {
      if (request.url === "/a") closing(request, socket);
      else socket.end(`HTTP/1.1 ${status} Go\r\nLocation: a\r\n\r\n`);
    });
    const client = open(server.url, { followRedirects: true });
    expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
    expect(client.url).toBe(`${server.url}/a`);
    expect(privately(client, "_redirects")).toBe(1);
  });

  test("a status without a location is no redirect", async () => {
    const server = await answering((_request, socket) => socket.end("HTTP/1.1 302 Go\r\n\r\n"));
    const client = open(server.url, { followRedirects: true });
    expect(await story(client)).toEqual([
      "2 error Error: Unexpected server response: 302",
      '3 close 1006 ""',
    ]);
  });

  test("makes a new key for each request", async () => {
    const server = await answering(toItself);
    await story(open(server.url, { followRedirects: true }));
    const keys = server.requests.map(({ headers }) => headers["sec-websocket-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(2);
  });

  test("stops after maxRedirects", async () => {
    const server = await answering(redirecting("/"));
    const client = open(server.url, { followRedirects: true, maxRedirects: 2 });
    expect(await story(client)).toEqual(["2 error Error: Maximum redirects exceeded", '3 close 1006 ""']);
    expect(privately(client, "_redirects")).toBe(3);
    expect(server.requests).toHaveLength(3);
  });

  test.each([
    ["ws://", "Invalid URL: ws://"],
    [
      "bad-scheme://localhost",
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    ],
    ["/a#b", "The URL contains a fragment identifier"],
  ])("fails at the location %s", async (location, message) => {
    const server = await answering(redirecting(location));
    const client = open(server.url, { followRedirects: true });
    expect(await story(client)).toEqual([`2 error SyntaxError: ${message}`, '3 close 1006 ""']);
    expect(privately(client, "_redirects")).toBe(1);
  });

  test("tells of each by an event, with the new request", async () => {
    const server = await answering(toItself);
    const client = open(server.url, { followRedirects: true });
    const first = requestOf(client);
    const told: unknown[] = [];
    client.on("redirect", (url: string, request: ClientRequest) => {
      told.push(
        url,
        request === privately(client, "_req"),
        request !== first,
        request instanceof http.ClientRequest,
      );
    });
    await story(client);
    expect(told).toEqual([`${server.url}/foo`, true, true, true]);
  });

  test("finishes each request by the caller's function", async () => {
    const server = await answering(toItself);
    const paths: string[] = [];
    const finishRequest = (request: ClientRequest): void => {
      paths.push(request.path);
      request.end();
    };
    await story(open(server.url, { followRedirects: true, finishRequest }));
    expect(paths).toEqual(["/", "/foo"]);
  });

  test("keeps all headers within an authority", async () => {
    const server = await answering(toItself);
    await story(open(server.url, { followRedirects: true, headers: HEADERS }));
    expect(seenBy(server, CREDENTIALS)).toEqual({
      authorization: BASIC,
      cookie: "foo=bar",
      host: "foo",
      "x-other": "kept",
    });
  });

  const wanderings: [what: string, from: "tcp" | "unix", to: "tcp" | "unix"][] = [
    ["another port", "tcp", "tcp"],
    ["a socket of the file system", "tcp", "unix"],
    ["another socket of the file system", "unix", "unix"],
    ["a port from a socket of the file system", "unix", "tcp"],
  ];

  describe.each(wanderings)("sent to %s", (_what, from, to) => {
    async function wander(options: ClientOptions, listener?: () => void) {
      const place = socketPath();
      const target = to === "unix" ? await answeringAt(place, closing) : await answering(closing);
      const location = to === "unix" ? `ws+unix:${place}` : `${target.url}/`;
      const start = socketPath();
      const source =
        from === "unix"
          ? await answeringAt(start, redirecting(location))
          : await answering(redirecting(location));
      const address = from === "unix" ? `ws+unix:${start}` : source.url;
      const client = open(address, { followRedirects: true, ...options });
      if (listener !== undefined) client.on("redirect", listener);
      expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
      expect(client.url).toBe(location);
      const ownHost = to === "unix" ? "localhost" : `127.0.0.1:${target.port}`;
      return { target, ownHost };
    }

    test("drops Authorization, Cookie and Host", async () => {
      const { target, ownHost } = await wander({ headers: HEADERS });
      expect(seenBy(target, CREDENTIALS)).toEqual({
        authorization: undefined,
        cookie: undefined,
        host: ownHost,
        "x-other": "kept",
      });
    });

    test("drops the option auth", async () => {
      const { target } = await wander({ auth: "foo:bar" });
      expect(seenBy(target, ["authorization"])).toEqual({ authorization: undefined });
    });

    test("leaves all headers to a listener of 'redirect'", async () => {
      const { target } = await wander({ headers: HEADERS }, () => {});
      expect(seenBy(target, CREDENTIALS)).toEqual({
        authorization: BASIC,
        cookie: "foo=bar",
        host: "foo",
        "x-other": "kept",
      });
    });
  });

  test("does not take the credentials that a redirect to elsewhere brings", async () => {
    const target = await answering(closing);
    const source = await answering(redirecting(`ws://a:b@127.0.0.1:${target.port}/`));
    await story(open(source.url, { followRedirects: true }));
    expect(seenBy(target, ["authorization"])).toEqual({ authorization: undefined });
  });

  test("sends credentials again when it is sent back", async () => {
    const source = await answering((request, socket) => {
      if (request.url === "/back") closing(request, socket);
      else redirecting(target.url)(request, socket);
    });
    const target = await answering((request, socket) => redirecting(`${source.url}/back`)(request, socket));
    await story(open(source.url, { followRedirects: true, headers: HEADERS }));
    expect(seenBy(target, ["authorization", "cookie"])).toEqual({});
    expect(seenBy(source, ["authorization", "cookie"])).toEqual({ authorization: BASIC, cookie: "foo=bar" });
  });

  test("the first credentials win", async () => {
    const server = await answering((request, socket) => {
      if (request.url === "/foo") closing(request, socket);
      else redirecting(`ws://baz:qux@127.0.0.1:${server.port}/foo`)(request, socket);
    });
    const client = open(`ws://foo:bar@127.0.0.1:${server.port}`, { followRedirects: true });
    expect(requestOf(client).getHeader("authorization")).toBe(BASIC);
    await story(client);
    expect(client.url).toBe(`ws://baz:qux@127.0.0.1:${server.port}/foo`);
    expect(seenBy(server, ["authorization"])).toEqual({ authorization: BASIC });
  });

  test("a header wins over the credentials of an address", async () => {
    const server = await answering(toItself);
    const headers = { Authorization: "mine" };
    await story(open(`ws://foo:bar@127.0.0.1:${server.port}`, { followRedirects: true, headers }));
    expect(server.requests.map((request) => request.headers.authorization)).toEqual(["mine", "mine"]);
  });

  test("the first credentials win for all requests", async () => {
    const next: Record<string, string> = { "/": "ws://baz:qux@127.0.0.1:PORT/a", "/a": "/b" };
    const server = await answering((request, socket) => {
      const location = next[request.url ?? ""]?.replace("PORT", String(server.port));
      (location === undefined ? closing : redirecting(location))(request, socket);
    });
    await story(open(`ws://foo:bar@127.0.0.1:${server.port}`, { followRedirects: true }));
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([BASIC, BASIC, BASIC]);
  });

  test("takes those of the redirect within an authority, if it had none", async () => {
    const server = await answering((request, socket) => {
      if (request.url === "/foo") closing(request, socket);
      else redirecting(`ws://foo:bar@127.0.0.1:${server.port}/foo`)(request, socket);
    });
    await story(open(server.url, { followRedirects: true }));
    expect(seenBy(server, ["authorization"])).toEqual({ authorization: BASIC });
  });

  describe("that leaves TLS", () => {
    /** One port for both: the first byte of a connection tells whether it is TLS. */
    async function leave(options: ClientOptions, listener?: () => void) {
      const plain = createServer();
      const secure = https.createServer(certificate());
      const front = createNetServer((socket) => {
        socket.on("error", () => {});
        socket.once("readable", () => {
          const first = socket.read(1);
          if (first === null) return;
          socket.unshift(first);
          (first[0] === TLS_HANDSHAKE ? secure : plain).emit("connection", socket);
        });
      });
      await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void front.close());
      const { port } = front.address() as AddressInfo;
      const seen: IncomingHttpHeaders[] = [];
      secure.on("upgrade", redirecting(`ws://127.0.0.1:${port}/`));
      plain.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
        socket.on("end", () => socket.end());
        socket.resume();
        seen.push(request.headers);
        closing(request, socket);
      });
      const client = open(`wss://127.0.0.1:${port}`, {
        followRedirects: true,
        rejectUnauthorized: false,
        ...options,
      });
      if (listener !== undefined) client.on("redirect", listener);
      expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
      expect(client.url).toBe(`ws://127.0.0.1:${port}/`);
      const [{ authorization, cookie, host } = {}] = seen;
      return { authorization, cookie, host };
    }

    test("drops credentials", async () => {
      expect(await leave({ headers: HEADERS })).toEqual({ host: "foo" });
      expect(await leave({ auth: "foo:bar" })).toMatchObject({ authorization: undefined });
    });

    test("leaves them to a listener of 'redirect'", async () => {
      const kept = { authorization: BASIC, cookie: "foo=bar", host: "foo" };
      expect(await leave({ headers: HEADERS }, () => {})).toEqual(kept);
    });
  });

  test("reports an error of the request that a redirect leads to", async () => {
    const source = await answering(redirecting("ws://127.0.0.1:1/"));
    const [error, close] = await story(open(source.url, { followRedirects: true }));
    expect(error).toMatch(/^2 error Error: connect ECONNREFUSED/);
    expect(close).toBe('3 close 1006 ""');
  });

  test("lets a listener of 'redirect' abort the request, and change its headers", async () => {
    const server = await answering(toItself);
    const aborted = open(server.url, { followRedirects: true });
    aborted.on("redirect", (_url: string, request: ClientRequest) => {
      request.on("socket", () => request.abort());
    });
    expect(await story(aborted)).toEqual(["2 error Error: socket hang up", '3 close 1006 ""']);
    const changed = open(server.url, { followRedirects: true, headers: HEADERS });
    changed.on("redirect", (_url: string, request: ClientRequest) => request.removeHeader("cookie"));
    await story(changed);
    expect(seenBy(server, ["cookie"])).toEqual({ cookie: undefined });
  });

  test.each(["close", "terminate"] as const)("lets a listener of 'redirect' call %s", async (method) => {
    const server = await answering(toItself);
    const client = open(server.url, { followRedirects: true });
    client.on("redirect", () => client[method]());
    expect(await story(client)).toEqual([
      "2 error Error: WebSocket was closed before the connection was established",
      '3 close 1006 ""',
    ]);
  });

  // An agent for http: can't make requests of https:, and http.request throws. The peer has chosen the address.
  if (name !== "ws")
    test("fails if the agent can't go where a redirect leads", async () => {
      const source = await answering(redirecting("wss://127.0.0.1:1/"));
      const client = open(source.url, { followRedirects: true, agent: new http.Agent() });
      expect(await story(client)).toEqual([
        '2 error TypeError: Protocol "https:" not supported. Expected "http:"',
        '3 close 1006 ""',
      ]);
    });
});
