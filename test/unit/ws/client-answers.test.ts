// How a client judges the answer to its opening handshake.
import type { ClientRequest, IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../../../src/ws/client-options.js";
import {
  answering,
  CLOSE_FRAME,
  closing,
  IMPLEMENTATIONS,
  privately,
  requestOf,
  story,
  switching,
} from "./clients.js";

type Lines = Readonly<Record<string, string | undefined>>;

const DEFLATE = "Sec-WebSocket-Extensions";
const PROTOCOL = "Sec-WebSocket-Protocol";

const NOT_ASKED = "Server sent a Sec-WebSocket-Extensions header but no extension was requested";
const INVALID = "Invalid Sec-WebSocket-Extensions header";
const OTHER = "Server indicated an extension that was not requested";

const FAULTS: readonly [
  what: string,
  lines: Lines,
  fault: string,
  protocols?: string[],
  options?: ClientOptions,
][] = [
  ["another protocol", { Upgrade: "foo" }, "Invalid Upgrade header"],
  ["two protocols", { Upgrade: "websocket, foo" }, "Invalid Upgrade header"],
  ["no accept value", { "Sec-WebSocket-Accept": undefined }, "Invalid Sec-WebSocket-Accept header"],
  [
    "a wrong accept value",
    { "Sec-WebSocket-Accept": "CxYS6+NgJSBG74mdgLvGscRvpns=" },
    "Invalid Sec-WebSocket-Accept header",
  ],
  [
    "a subprotocol that nobody asked for",
    { [PROTOCOL]: "foo" },
    "Server sent a subprotocol but none was requested",
  ],
  [
    "an empty subprotocol that nobody asked for",
    { [PROTOCOL]: "" },
    "Server sent a subprotocol but none was requested",
  ],
  ["another subprotocol", { [PROTOCOL]: "baz" }, "Server sent an invalid subprotocol", ["foo", "bar"]],
  ["two subprotocols", { [PROTOCOL]: "foo, bar" }, "Server sent an invalid subprotocol", ["foo", "bar"]],
  ["an empty subprotocol", { [PROTOCOL]: "" }, "Server sent an invalid subprotocol", ["foo", "bar"]],
  ["a subprotocol in other letters", { [PROTOCOL]: "FOO" }, "Server sent an invalid subprotocol", ["foo"]],
  ["no subprotocol", {}, "Server sent no subprotocol", ["foo"]],
  ["an extension where none was offered", { [DEFLATE]: "foo" }, NOT_ASKED, [], { perMessageDeflate: false }],
  [
    "compression where none was offered",
    { [DEFLATE]: "permessage-deflate" },
    NOT_ASKED,
    [],
    { perMessageDeflate: false },
  ],
  ["malformed extensions", { [DEFLATE]: "foo;=" }, INVALID],
  ["empty extensions", { [DEFLATE]: "" }, INVALID],
  ["another extension", { [DEFLATE]: "foo" }, OTHER],
  ["an extension beside compression", { [DEFLATE]: "permessage-deflate,foo" }, OTHER],
  ["a window too small", { [DEFLATE]: "permessage-deflate; client_max_window_bits=7" }, INVALID],
  ["an unknown parameter", { [DEFLATE]: "permessage-deflate; foo" }, INVALID],
  [
    "a parameter twice",
    { [DEFLATE]: "permessage-deflate; server_no_context_takeover; server_no_context_takeover" },
    INVALID,
  ],
];

describe.each(IMPLEMENTATIONS)("a client of %s", (name, open) => {
  test.each(FAULTS)("fails at %s", async (_what, lines, fault, protocols = [], options = {}) => {
    const server = await answering((request, socket) => socket.write(switching(request, lines)));
    const client = open(server.url, protocols, options);
    expect(await story(client)).toEqual(["0 upgrade", `2 error Error: ${fault}`, '3 close 1006 ""']);
    expect(privately(client, "_socket")).toBeNull();
    await server.left;
  });

  test("takes an Upgrade header in any letters, a subprotocol of its own and compression", async () => {
    const lines = { Upgrade: "WebSocket", [PROTOCOL]: "bar", [DEFLATE]: "permessage-deflate" };
    const server = await answering((request, socket) => {
      socket.write(switching(request, lines));
      socket.write(CLOSE_FRAME);
    });
    const client = open(server.url, ["foo", "bar"]);
    expect([client.protocol, client.extensions]).toEqual(["", ""]);
    expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
    expect([client.protocol, client.extensions]).toEqual(["bar", "permessage-deflate"]);
  });

  test("goes without compression and subprotocol if the server names none", async () => {
    const server = await answering(closing);
    const client = open(server.url);
    expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
    expect([client.protocol, client.extensions]).toEqual(["", ""]);
  });

  test("lets go of its request when it is open", async () => {
    const server = await answering(closing);
    const client = open(server.url);
    requestOf(client);
    await story(client);
    expect(privately(client, "_req")).toBeNull();
  });

  test("hands out the answer before it judges it", async () => {
    const server = await answering((request, socket) => {
      socket.write(switching(request, { "X-Custom": "yes", Upgrade: "no" }));
    });
    const client = open(server.url);
    const answers: IncomingMessage[] = [];
    client.on("upgrade", (answer: IncomingMessage) => answers.push(answer));
    await story(client);
    expect(answers.map(({ statusCode, headers }) => [statusCode, headers["x-custom"]])).toEqual([
      [101, "yes"],
    ]);
  });

  test.each([200, 301, 401, 503])("fails at status %i", async (status) => {
    const server = await answering((_request, socket) => {
      socket.end(`HTTP/1.1 ${status} Reason\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n`);
    });
    const client = open(server.url);
    const fault = `2 error Error: Unexpected server response: ${status}`;
    expect(await story(client)).toEqual([fault, '3 close 1006 ""']);
    expect(privately(client, "_redirects")).toBe(0);
  });

  test("leaves an unexpected response to a listener, which can read it", async () => {
    const server = await answering((_request, socket) => {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nfoo");
    });
    const client = open(server.url);
    const whole = story(client);
    const body = await new Promise<string>((resolve) => {
      client.on("unexpected-response", async (request: ClientRequest, response: IncomingMessage) => {
        expect(request).toBe(privately(client, "_req"));
        resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`);
      });
    });
    expect(body).toBe("401 foo");
    expect(client.readyState).toBe(0);
    client.close();
    expect(await whole).toEqual([
      "2 error Error: WebSocket was closed before the connection was established",
      '3 close 1006 ""',
    ]);
  });

  test("fails with the parser's error at what is not HTTP", async () => {
    const server = await answering((_request, socket) => socket.write("foo\r\n"));
    const [error, close] = await story(open(server.url));
    expect(error).toMatch(/^2 error Error: Parse Error: Expected HTTP/);
    expect(close).toBe('3 close 1006 ""');
  });

  test("fails if the server ends the connection", async () => {
    const server = await answering((_request, socket) => socket.end());
    expect(await story(open(server.url))).toEqual(["2 error Error: socket hang up", '3 close 1006 ""']);
  });

  test("fails if nobody listens at the port", async () => {
    const [error, close] = await story(open("ws://127.0.0.1:1"));
    expect(error).toMatch(/^2 error Error: connect ECONNREFUSED/);
    expect(close).toBe('3 close 1006 ""');
  });

  test("fails if the answer takes too long", async () => {
    const server = await answering(() => {});
    const client = open(server.url, { handshakeTimeout: 20 });
    expect(await story(client)).toEqual([
      "2 error Error: Opening handshake has timed out",
      '3 close 1006 ""',
    ]);
    await server.left;
  });

  test("lets a function finish the request", async () => {
    const server = await answering(closing);
    const given: unknown[] = [];
    const client = open(server.url, {
      finishRequest(request, websocket) {
        given.push(request, websocket);
        request.setHeader("Cookie", "a=b");
        request.end();
      },
    });
    expect(given).toEqual([requestOf(client), client]);
    await story(client);
    expect(server.requests[0]?.headers.cookie).toBe("a=b");
  });

  // The peer may not choose twice: RFC 7692 section 5.
  test("on compression that is accepted twice", async () => {
    const server = await answering((request, socket) => {
      socket.write(switching(request, { [DEFLATE]: "permessage-deflate, permessage-deflate" }));
      socket.write(CLOSE_FRAME);
    });
    expect(await story(open(server.url))).toEqual(
      name === "ws"
        ? ["0 upgrade", "1 open", '3 close 1005 ""']
        : ["0 upgrade", `2 error Error: ${INVALID}`, '3 close 1006 ""'],
    );
  });
});
