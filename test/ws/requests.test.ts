// The client's constructor: its URL, its arguments, and the request that it makes of them. No test connects.
import http from "node:http";
import https from "node:https";
import { Duplex } from "node:stream";
import { expect } from "vitest";
import type { Library } from "./library.js";
import { suite } from "./suite.js";
import type { ClientOptions, WebSocket } from "./surface.js";

/** Names no address, so that no client gets past it. */
const lookup = (): void => {};

/** A client that goes no further than its request. */
function client(
  library: Library,
  url: string | URL,
  options: ClientOptions = {},
  protocols?: string | string[],
): WebSocket {
  const ws = new library.WebSocket(url, protocols, { lookup, ...options });
  // An address needs no look-up, and nobody listens there.
  ws.on("error", () => {});
  return ws;
}

/** The value of a field of the request that a client makes. */
function header(
  library: Library,
  name: string,
  options: ClientOptions = {},
  url = "ws://localhost/",
): unknown {
  return client(library, url, options)._req.getHeader(name);
}

suite("requests", "classes", (test, library) => {
  const construct =
    (...args: readonly unknown[]) =>
    () =>
      Reflect.construct(library.WebSocket, args);

  test("a URL that cannot be parsed throws a SyntaxError", () => {
    expect(construct("foo")).toThrow(new SyntaxError("Invalid URL: foo"));
    expect(construct("")).toThrow(new SyntaxError("Invalid URL: "));
    expect(construct(undefined)).toThrow(new SyntaxError("Invalid URL: undefined"));
  });

  for (const url of ["ftp://localhost", "bad-scheme://localhost", "file:///etc", "ws+tcp://localhost"])
    test(`the scheme of ${url} is refused`, () => {
      expect(construct(url)).toThrow(
        new SyntaxError('The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"'),
      );
    });

  test("a Unix socket's URL without a path is refused", () => {
    expect(construct("ws+unix:")).toThrow(new SyntaxError("The URL's pathname is empty"));
  });

  test("a URL with a fragment is refused", () => {
    expect(construct("wss://localhost#foo")).toThrow(
      new SyntaxError("The URL contains a fragment identifier"),
    );
  });

  for (const protocols of [null, "", "a,b", "a b", "ä", ["a", "a"], [""], [7], ["good", "b@d"]])
    test(`the subprotocols ${JSON.stringify(protocols)} are refused`, () => {
      expect(construct("ws://localhost", protocols)).toThrow(
        new SyntaxError("An invalid or duplicated subprotocol was specified"),
      );
    });

  for (const protocolVersion of [1000, 12, "13", 0])
    test(`the version ${JSON.stringify(protocolVersion)} is refused`, () => {
      expect(construct("ws://localhost", { protocolVersion })).toThrow(
        new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`),
      );
    });

  for (const [given, url] of [
    ["ws://localhost", "ws://localhost/"],
    ["wss://localhost/a?b=c", "wss://localhost/a?b=c"],
    ["http://localhost/", "ws://localhost/"],
    ["https://localhost/", "wss://localhost/"],
    ["HTTP://LOCALHOST:80/A", "ws://localhost/A"],
    ["ws://[::1]:8080/", "ws://[::1]:8080/"],
  ] as const)
    test(`the URL of a client for ${given} is ${url}`, () => {
      expect(client(library, given).url).toBe(url);
      expect(client(library, new URL(given)).url).toBe(url);
    });

  test("a URL object that the caller keeps does not change", () => {
    const url = new URL("http://localhost/");
    client(library, url);
    expect(url.href).toBe("http://localhost/");
  });

  test("a client begins in the state CONNECTING, with nothing in it", () => {
    const ws = client(library, "ws://localhost");
    expect(ws.readyState).toBe(library.WebSocket.CONNECTING);
    expect(ws.binaryType).toBe("nodebuffer");
    expect(ws.bufferedAmount).toBe(0);
    expect(ws.extensions).toBe("");
    expect(ws.protocol).toBe("");
    expect(ws.isPaused).toBe(false);
    expect(ws._isServer).toBe(false);
    expect(ws._socket).toBe(null);
    expect(ws._redirects).toBe(0);
  });

  for (const name of ["send", "ping", "pong"] as const)
    test(`${name} throws while connecting`, () => {
      const ws = client(library, "ws://localhost");
      const error = new Error("WebSocket is not open: readyState 0 (CONNECTING)");
      expect(() => ws[name]("x")).toThrow(error);
      expect(() => ws[name]("x", () => {})).toThrow(error);
      expect(() => ws[name](undefined)).toThrow(error);
    });

  test("pause and resume do nothing while connecting", () => {
    const ws = client(library, "ws://localhost");
    ws.pause();
    expect(ws.isPaused).toBe(false);
    ws.resume();
    expect(ws.isPaused).toBe(false);
  });

  test("the request has the fields of an opening handshake", () => {
    const request = client(library, "ws://localhost:8080/chat?room=1")._req;
    expect(request).toBeInstanceOf(http.ClientRequest);
    expect(request.method).toBe("GET");
    expect(request.path).toBe("/chat?room=1");
    expect(request.getHeader("host")).toBe("localhost:8080");
    expect(request.getHeader("connection")).toBe("Upgrade");
    expect(request.getHeader("upgrade")).toBe("websocket");
    expect(request.getHeader("sec-websocket-version")).toBe(13);
    expect(request.getHeader("sec-websocket-key")).toMatch(/^[+/0-9A-Za-z]{22}==$/);
    expect(request.getHeader("sec-websocket-protocol")).toBe(undefined);
    expect(request.getHeader("origin")).toBe(undefined);
    expect(request.getHeader("authorization")).toBe(undefined);
  });

  test("each request has a key of its own", () => {
    expect(header(library, "sec-websocket-key")).not.toBe(header(library, "sec-websocket-key"));
  });

  for (const [url, host] of [
    ["ws://localhost:80", "localhost"],
    ["ws://localhost:88", "localhost:88"],
    ["ws://localhost:443", "localhost:443"],
    ["wss://localhost:443", "localhost"],
    ["wss://localhost:8443", "localhost:8443"],
    ["ws://[::1]:81", "[::1]:81"],
  ] as const)
    test(`the Host field for ${url} is ${host}`, () => {
      expect(header(library, "host", {}, url)).toBe(host);
    });

  test("the option headers adds fields, and cannot replace those of the handshake", () => {
    const headers = { Cookie: "a=b", "X-Custom": "1", "Sec-WebSocket-Version": "8", Upgrade: "h2c" };
    expect(header(library, "cookie", { headers })).toBe("a=b");
    expect(header(library, "x-custom", { headers })).toBe("1");
    expect(header(library, "sec-websocket-version", { headers })).toBe(13);
    expect(header(library, "upgrade", { headers })).toBe("websocket");
  });

  test("the caller's options and headers do not change", () => {
    const headers = Object.freeze({ Cookie: "a=b" });
    const options = Object.freeze({ headers, lookup, origin: "https://example.org" });
    client(library, "ws://localhost", options);
    expect(Object.keys(options)).toEqual(["headers", "lookup", "origin"]);
  });

  test("the option origin is the field Origin", () => {
    expect(header(library, "origin", { origin: "https://example.org" })).toBe("https://example.org");
  });

  test("the option origin is the field Sec-WebSocket-Origin for version 8", () => {
    const options = { origin: "https://example.org", protocolVersion: 8 };
    expect(header(library, "sec-websocket-origin", options)).toBe("https://example.org");
    expect(header(library, "origin", options)).toBe(undefined);
    expect(header(library, "sec-websocket-version", options)).toBe(8);
  });

  test("the option auth is basic authentication", () => {
    expect(header(library, "authorization", { auth: "user:pass" })).toBe("Basic dXNlcjpwYXNz");
  });

  test("names in the URL are basic authentication, before the option auth", () => {
    const url = "ws://baz:qux@localhost";
    expect(header(library, "authorization", { auth: "foo:bar" }, url)).toBe("Basic YmF6OnF1eA==");
  });

  for (const [protocols, field] of [
    ["foo", "foo"],
    [["foo"], "foo"],
    [["foo", "bar"], "foo,bar"],
    [[], undefined],
    [undefined, undefined],
  ] as const)
    test(`the subprotocols ${JSON.stringify(protocols)} are the field ${field}`, () => {
      const given = typeof protocols === "object" ? [...protocols] : protocols;
      expect(client(library, "ws://localhost", {}, given)._req.getHeader("sec-websocket-protocol")).toBe(
        field,
      );
    });

  for (const protocols of ["foo", ["foo", "bar"]])
    test(`the option protocols is taken where the argument is left out: ${protocols}`, () => {
      const field = String(protocols);
      const second = new library.WebSocket("ws://localhost", { lookup, protocols });
      const third = new library.WebSocket("ws://localhost", undefined, { lookup, protocols });
      const both = new library.WebSocket("ws://localhost", "baz", { lookup, protocols });
      expect(second._req.getHeader("sec-websocket-protocol")).toBe(field);
      expect(third._req.getHeader("sec-websocket-protocol")).toBe(field);
      expect(both._req.getHeader("sec-websocket-protocol")).toBe("baz");
    });

  test("options are the second or the third argument", () => {
    const options = { lookup, headers: { "x-a": "1" } };
    const second = new library.WebSocket("ws://localhost", options);
    const third = new library.WebSocket("ws://localhost", [], options);
    expect(second._req.getHeader("x-a")).toBe("1");
    expect(third._req.getHeader("x-a")).toBe("1");
  });

  test("compression is offered unless it is turned off", () => {
    expect(header(library, "sec-websocket-extensions")).toBe("permessage-deflate; client_max_window_bits");
    expect(header(library, "sec-websocket-extensions", { perMessageDeflate: true })).toBe(
      "permessage-deflate; client_max_window_bits",
    );
    expect(header(library, "sec-websocket-extensions", { perMessageDeflate: false })).toBe(undefined);
  });

  for (const [options, field] of [
    [{ serverNoContextTakeover: true }, "; server_no_context_takeover; client_max_window_bits"],
    [{ clientNoContextTakeover: true }, "; client_no_context_takeover; client_max_window_bits"],
    [{ serverMaxWindowBits: 10 }, "; server_max_window_bits=10; client_max_window_bits"],
    [{ clientMaxWindowBits: 9 }, "; client_max_window_bits=9"],
    [{ clientMaxWindowBits: true }, "; client_max_window_bits"],
    [{ clientMaxWindowBits: false }, ""],
    [
      {
        clientNoContextTakeover: true,
        serverNoContextTakeover: true,
        clientMaxWindowBits: true,
        serverMaxWindowBits: 10,
      },
      "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits",
    ],
  ] as const)
    test(`the offer of ${JSON.stringify(options)}`, () => {
      expect(header(library, "sec-websocket-extensions", { perMessageDeflate: options })).toBe(
        `permessage-deflate${field}`,
      );
    });

  /** The options that a client hands to its agent. */
  function agentOptions(url: string | URL, options: ClientOptions = {}): Record<string, unknown> {
    const agent =
      String(url).startsWith("ws:") || String(url).startsWith("http:") ? new http.Agent() : new https.Agent();
    const seen: unknown[] = [];
    Reflect.set(agent, "addRequest", (_: unknown, given: unknown) => void seen.push(given));
    client(library, url, { agent, ...options });
    const [given] = seen;
    if (typeof given !== "object" || given === null) throw new Error("the agent was not asked");
    return { ...given };
  }

  for (const [url, host, port] of [
    ["ws://localhost", "localhost", 80],
    ["http://localhost", "localhost", 80],
    ["wss://localhost", "localhost", 443],
    ["https://localhost", "localhost", 443],
    ["ws://[::1]", "::1", 80],
    ["ws://localhost:8080", "localhost", "8080"],
  ] as const)
    test(`the agent is asked for ${host} and ${port} for ${url}`, () => {
      expect(agentOptions(url)).toMatchObject({ host, port });
    });

  test("the options of another host, port or path are not taken", () => {
    const options: object = {
      host: "example.org",
      hostname: "example.org",
      port: 1,
      path: "/x",
      method: "POST",
    };
    expect(agentOptions("ws://localhost/a", options)).toMatchObject({
      host: "localhost",
      port: 80,
      method: "GET",
    });
  });

  test("further options of http.request reach the agent", () => {
    expect(agentOptions("ws://localhost", { localAddress: "127.0.0.2", family: 4 } as object)).toMatchObject({
      localAddress: "127.0.0.2",
      family: 4,
    });
  });

  test("createConnection gets the host and the port", () => {
    const seen: unknown[] = [];
    const createConnection = (options: { host?: string; port?: string }) => {
      seen.push([options.host, options.port]);
      return new Duplex({ read() {}, write: (_data, _encoding, done) => done() });
    };
    client(library, "ws://example.org:22/foo", { createConnection });
    expect(seen).toEqual([["example.org", "22"]]);
  });

  test("finishRequest gets the request and the client, and ends the request itself", () => {
    const seen: unknown[] = [];
    const ws = client(library, "ws://localhost", { finishRequest: (...args) => void seen.push(args) });
    expect(seen).toEqual([[ws._req, ws]]);
    expect(ws._req.writableEnded).toBe(false);
    expect(client(library, "ws://localhost")._req.writableEnded).toBe(true);
  });

  test("a subclass can be made", () => {
    class Custom extends library.WebSocket {
      readonly extra = 7;
    }
    const ws = new Custom("ws://localhost", { lookup });
    expect(ws).toBeInstanceOf(library.WebSocket);
    expect(ws.extra).toBe(7);
    expect(ws.readyState).toBe(0);
  });
});
