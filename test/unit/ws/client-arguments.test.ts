// What the constructor of a client refuses, and what it makes of an address, of protocols and of options.
import http, { type ClientRequest } from "node:http";
import https from "node:https";
import tls from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ClientOptions } from "../../../src/ws/client-options.js";
import { IMPLEMENTATIONS, type Open, privately, requestOf } from "./clients.js";

afterEach(() => vi.restoreAllMocks());

/** An agent that never connects, so that the request stays as it was made. */
function silentAgent(
  Agent: typeof http.Agent = http.Agent,
): http.Agent & { seen: Record<string, unknown>[] } {
  const seen: Record<string, unknown>[] = [];
  return Object.assign(new Agent(), {
    seen,
    addRequest: (_request: ClientRequest, options: Record<string, unknown>) => seen.push(options),
  });
}

function caught(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return "nothing thrown";
}

const PROTOCOLS =
  'SyntaxError: The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"';
const SUBPROTOCOL = "SyntaxError: An invalid or duplicated subprotocol was specified";

describe.each(IMPLEMENTATIONS)("a client of %s", (name, open) => {
  test.each([
    ["foo", "SyntaxError: Invalid URL: foo"],
    ["", "SyntaxError: Invalid URL: "],
    ["bad-scheme://localhost", PROTOCOLS],
    ["wss+unix:/tmp/socket", PROTOCOLS],
    ["ftp://localhost", PROTOCOLS],
    ["ws+unix:", "SyntaxError: The URL's pathname is empty"],
    ["wss://localhost#foo", "SyntaxError: The URL contains a fragment identifier"],
    ["http://localhost/#foo", "SyntaxError: The URL contains a fragment identifier"],
  ])("refuses the address %j", (address, message) => {
    expect(caught(() => open(address))).toBe(message);
  });

  test.each([[null], [""], ["a,b"], ["a b"], ["é"], [["a", "a"]], [["a", 1]], [1]])(
    "refuses the subprotocol %j",
    (protocols) => {
      expect(caught(() => open("ws://localhost", protocols as string))).toBe(SUBPROTOCOL);
      const given = { protocols: protocols as string, agent: silentAgent() };
      expect(caught(() => open("ws://localhost", given))).toBe(SUBPROTOCOL);
    },
  );

  test.each([1000, 12, undefined, "13"])("refuses version %s", (protocolVersion) => {
    expect(caught(() => open("ws://localhost", { protocolVersion: protocolVersion as number }))).toBe(
      `RangeError: Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`,
    );
  });

  test("checks the version first, then the address, then subprotocols", () => {
    expect(caught(() => open("foo", "a,b", { protocolVersion: 1 }))).toMatch(/^RangeError/);
    expect(caught(() => open("foo", "a,b"))).toBe("SyntaxError: Invalid URL: foo");
  });

  test.each<
    [address: string | URL, url: string, host: string, port: unknown, path: string, hostHeader: string]
  >([
    ["ws://localhost", "ws://localhost/", "localhost", 80, "/", "localhost"],
    ["ws://localhost:80/", "ws://localhost/", "localhost", 80, "/", "localhost"],
    ["ws://localhost:88/a?b=c", "ws://localhost:88/a?b=c", "localhost", "88", "/a?b=c", "localhost:88"],
    ["http://localhost/x", "ws://localhost/x", "localhost", 80, "/x", "localhost"],
    [new URL("ws://[::1]"), "ws://[::1]/", "::1", 80, "/", "[::1]"],
    ["ws+unix:/tmp/a.sock", "ws+unix:/tmp/a.sock", "localhost", 80, "", "localhost"],
    ["ws+unix:/tmp/a.sock:/b?c=d", "ws+unix:/tmp/a.sock:/b?c=d", "localhost", 80, "/b?c=d", "localhost"],
  ])("goes to %s", (address, url, host, port, path, hostHeader) => {
    const agent = silentAgent();
    const client = open(address, { agent });
    expect(client.url).toBe(url);
    expect(client.readyState).toBe(0);
    expect(agent.seen).toHaveLength(1);
    expect(agent.seen[0]).toMatchObject({ host, port, method: "GET" });
    expect(agent.seen[0]?.socketPath).toBe(url.startsWith("ws+unix") ? "/tmp/a.sock" : undefined);
    expect(requestOf(client).path).toBe(path === "" ? "/" : path);
    expect(requestOf(client).getHeader("host")).toBe(hostHeader);
    if (address instanceof URL) expect(address.href).toBe("ws://[::1]/");
  });

  test.each([
    ["wss://localhost", "wss://localhost/", 443],
    ["https://localhost/", "wss://localhost/", 443],
    ["wss://localhost:8443", "wss://localhost:8443/", "8443"],
  ])("goes to %s over TLS", (address, url, port) => {
    const agent = silentAgent(https.Agent);
    expect(open(address, { agent }).url).toBe(url);
    expect(agent.seen[0]).toMatchObject({ host: "localhost", port });
  });

  test("ignores options that the address replaces", () => {
    const agent = silentAgent();
    const options = {
      host: "elsewhere",
      port: 1,
      path: "/no",
      method: "POST",
      socketPath: "/x",
      hostname: "h",
    };
    const client = open("ws://localhost:81/yes", { ...options, protocol: "x:", timeout: 5, agent });
    expect(agent.seen[0]).toMatchObject({ host: "localhost", port: "81", method: "GET", timeout: undefined });
    expect(requestOf(client).path).toBe("/yes");
  });

  test("sends the headers of an opening handshake", () => {
    const request = requestOf(open("ws://localhost", { agent: silentAgent() }));
    expect(request.getHeaders()).toEqual({
      "sec-websocket-version": 13,
      "sec-websocket-key": expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/),
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
      host: "localhost",
    });
  });

  const headers = (open: Open, options: ClientOptions, protocols?: string | string[]) =>
    requestOf(open("ws://localhost", protocols, { agent: silentAgent(), ...options })).getHeaders();

  test("sends what the options say", () => {
    expect(headers(open, { origin: "https://a.example" })).toMatchObject({ origin: "https://a.example" });
    expect(headers(open, { origin: "https://a.example", protocolVersion: 8 })).toMatchObject({
      "sec-websocket-origin": "https://a.example",
      "sec-websocket-version": 8,
    });
    expect(headers(open, { perMessageDeflate: false })).not.toHaveProperty("sec-websocket-extensions");
    expect(headers(open, { perMessageDeflate: undefined })).not.toHaveProperty("sec-websocket-extensions");
    expect(
      headers(open, { perMessageDeflate: { serverNoContextTakeover: true, serverMaxWindowBits: 10 } }),
    ).toMatchObject({
      "sec-websocket-extensions":
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits",
    });
    expect(headers(open, { headers: { Cookie: "a=b" } })).toMatchObject({ cookie: "a=b" });
    expect(headers(open, { headers: { upgrade: "x", "Sec-WebSocket-Key": "mine" } })).toMatchObject({
      upgrade: "websocket",
      "sec-websocket-key": expect.stringMatching(/^.{24}$/),
    });
  });

  test("offers subprotocols, by argument or option", () => {
    const field = "sec-websocket-protocol";
    expect(headers(open, {}, "a")).toMatchObject({ [field]: "a" });
    expect(headers(open, {}, ["a", "b"])).toMatchObject({ [field]: "a,b" });
    expect(headers(open, { protocols: ["c", "d"] })).toMatchObject({ [field]: "c,d" });
    expect(headers(open, { protocols: "c" }, ["a"])).toMatchObject({ [field]: "a" });
    expect(headers(open, {}, [])).not.toHaveProperty(field);
    const agent = silentAgent();
    expect(requestOf(open("ws://localhost", { agent, protocols: "e" })).getHeader(field)).toBe("e");
  });

  test("sends credentials of the address before those of the options", () => {
    const authorization = (address: string, options: ClientOptions = {}) =>
      requestOf(open(address, { agent: silentAgent(), ...options })).getHeader("authorization");
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(authorization("ws://a:b@localhost")).toBe(basic("a:b"));
    expect(authorization("ws://a@localhost")).toBe(basic("a:"));
    expect(authorization("ws://%C3%A9:%zz@localhost")).toBe(basic("é:%zz"));
    expect(authorization("ws://localhost", { auth: "c:d" })).toBe(basic("c:d"));
    expect(authorization("ws://a:b@localhost", { auth: "c:d" })).toBe(basic("a:b"));
    expect(authorization("ws://a:b@localhost", { headers: { authorization: "mine" } })).toBe("mine");
  });

  test("leaves the caller's options as they were", () => {
    const options = Object.freeze({
      agent: silentAgent(),
      followRedirects: true,
      headers: Object.freeze({ Authorization: "x" }),
      perMessageDeflate: Object.freeze({ threshold: 5 }),
    });
    expect(() => open("ws://localhost", options)).not.toThrow();
    expect(options.headers).toEqual({ Authorization: "x" });
  });

  test("asks the modules for their functions each time", () => {
    const connect = vi.spyOn(tls, "connect").mockImplementation(() => {
      throw new Error("intercepted");
    });
    open("wss://127.0.0.1", { servername: "" }).on("error", () => {});
    open("wss://127.0.0.1").on("error", () => {});
    open("wss://a.example").on("error", () => {});
    const names = connect.mock.calls.map(([options]) => Reflect.get(Object(options), "servername"));
    expect(names).toEqual(["", "", "a.example"]);
    vi.spyOn(http, "request").mockImplementation(() => {
      throw new Error("replaced");
    });
    expect(caught(() => open("ws://localhost"))).toBe("Error: replaced");
  });

  test("does not begin what it refuses", () => {
    const agent = silentAgent();
    expect(() => open("ws://localhost", ["a", "a"], { agent })).toThrow(SyntaxError);
    expect(agent.seen).toEqual([]);
  });

  if (name !== "ws")
    test.each([
      ["text", "utf8", RangeError],
      ["holdMessages", 1, TypeError],
      ["sequential", "yes", TypeError],
      ["internals", "maybe", RangeError],
      ["quietClose", "no", TypeError],
    ])("refuses the option %s with the value %j", (option, value, error) => {
      const agent = silentAgent();
      expect(() => open("ws://localhost", { agent, [option]: value })).toThrow(error);
      expect(agent.seen).toEqual([]);
    });

  test("counts redirects from 0", () => {
    expect(privately(open("ws://localhost", { agent: silentAgent() }), "_redirects")).toBe(0);
  });
});
