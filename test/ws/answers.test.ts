// The client and what servers answer to its request.
import { once } from "node:events";
import { type ClientRequest, IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { expect } from "vitest";
import { switching } from "../adapters/scene.js";
import { soon, until } from "../adapters/until.js";
import { type End, portOf } from "./scene.js";
import { suite } from "./suite.js";

/** An answer that does not switch protocols. */
function plain(status: string, fields: Readonly<Record<string, string>> = {}, body = ""): string {
  const all = { Connection: "close", "Content-Length": String(body.length), ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`;
}

/** The answer of a server, with one line of it replaced or taken out. */
function altered(head: string, name: string, line: string): string {
  return switching(head).replace(new RegExp(`^${name}: .*\r\n`, "m"), line);
}

async function failed(end: End): Promise<string[]> {
  await end.log.closed();
  return end.log.words;
}

const failure = (message: string, type = "Error"): string[] => [`error ${type}: ${message}`, 'close 1006 ""'];

suite("answers", "clients", (test) => {
  for (const [what, name, line, message] of [
    ["another protocol", "Upgrade", "Upgrade: foo\r\n", "Invalid Upgrade header"],
    [
      "a wrong accept",
      "Sec-WebSocket-Accept",
      "Sec-WebSocket-Accept: CxYS6+NgJSBG74mdgLvGscRvpns=\r\n",
      "Invalid Sec-WebSocket-Accept header",
    ],
    ["no accept", "Sec-WebSocket-Accept", "", "Invalid Sec-WebSocket-Accept header"],
  ] as const)
    test(`an answer with ${what} fails: ${message}`, async (scene) => {
      const server = await scene.answering((head) => altered(head, name, line));
      expect(await failed(scene.connect(server))).toEqual(failure(message));
    });

  test("the name of the protocol is compared without its case", async (scene) => {
    const server = await scene.answering((head) => altered(head, "Upgrade", "Upgrade: WebSocket\r\n"));
    const { log } = scene.connect(server);
    await log.until("open");
  });

  const twice = "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n";
  test.differs("one answer to an offer", "compression that is accepted twice", {
    ws: async (scene) => {
      const { log } = scene.connect(await scene.rawServer(twice));
      await log.until("open");
    },
    wsimd: async (scene) => {
      const end = scene.connect(await scene.rawServer(twice));
      expect(await failed(end)).toEqual(failure("Invalid Sec-WebSocket-Extensions header"));
    },
  });

  const DEFLATE = "permessage-deflate";
  for (const [field, options, message] of [
    [
      "foo",
      { perMessageDeflate: false },
      "Server sent a Sec-WebSocket-Extensions header but no extension was requested",
    ],
    ["foo;=", {}, "Invalid Sec-WebSocket-Extensions header"],
    [`${DEFLATE}; client_max_window_bits=7`, {}, "Invalid Sec-WebSocket-Extensions header"],
    [`${DEFLATE}; client_max_window_bits`, {}, "Invalid Sec-WebSocket-Extensions header"],
    [`${DEFLATE}; unknown`, {}, "Invalid Sec-WebSocket-Extensions header"],
    [
      `${DEFLATE}; client_no_context_takeover`,
      { perMessageDeflate: { clientNoContextTakeover: false } },
      "Invalid Sec-WebSocket-Extensions header",
    ],
    ["foo", {}, "Server indicated an extension that was not requested"],
    [`${DEFLATE},foo`, {}, "Server indicated an extension that was not requested"],
  ] as const)
    test(`the extensions "${field}" fail: ${message}`, async (scene) => {
      const server = await scene.answering((head) =>
        switching(head, `Sec-WebSocket-Extensions: ${field}\r\n`),
      );
      expect(await failed(scene.connect(server, { ...options }))).toEqual(failure(message));
    });

  for (const field of [
    DEFLATE,
    `${DEFLATE}; server_no_context_takeover`,
    `${DEFLATE}; client_max_window_bits=10`,
  ])
    test(`the extension "${field}" is taken`, async (scene) => {
      const server = await scene.answering((head) =>
        switching(head, `Sec-WebSocket-Extensions: ${field}\r\n`),
      );
      const { ws, log } = scene.connect(server);
      await log.until("open");
      expect(ws.extensions).toBe(DEFLATE);
    });

  for (const [line, protocols, message] of [
    ["Sec-WebSocket-Protocol: foo\r\n", [], "Server sent a subprotocol but none was requested"],
    ["Sec-WebSocket-Protocol: baz\r\n", ["foo", "bar"], "Server sent an invalid subprotocol"],
    ["Sec-WebSocket-Protocol: foo, bar\r\n", ["foo", "bar"], "Server sent an invalid subprotocol"],
    ["Sec-WebSocket-Protocol: FOO\r\n", ["foo", "bar"], "Server sent an invalid subprotocol"],
    ["Sec-WebSocket-Protocol:\r\n", ["foo", "bar"], "Server sent an invalid subprotocol"],
    ["", ["foo", "bar"], "Server sent no subprotocol"],
  ] as const)
    test(`the answer ${JSON.stringify(line)} to ${protocols.join() || "no subprotocol"} fails: ${message}`, async (scene) => {
      const server = await scene.answering((head) => switching(head, line));
      expect(await failed(scene.connect(server, {}, [...protocols]))).toEqual(failure(message));
    });

  test("the subprotocol of the answer is the client's", async (scene) => {
    const server = await scene.rawServer("Sec-WebSocket-Protocol: bar\r\n");
    const { ws, log } = scene.connect(server, {}, ["foo", "bar"]);
    expect(ws.protocol).toBe("");
    await log.until("open");
    expect(ws.protocol).toBe("bar");
  });

  for (const status of [
    "200 OK",
    "301 Moved Permanently",
    "400 Bad Request",
    "401 Unauthorized",
    "404 Not Found",
    "426 Upgrade Required",
    "503 Service Unavailable",
  ])
    test(`the status ${status} is an error, then a close event`, async (scene) => {
      const server = await scene.answering(() => plain(status, { Location: "/elsewhere" }));
      const { ws, log } = scene.connect(server);
      expect(await failed({ ws, log })).toEqual(failure(`Unexpected server response: ${status.slice(0, 3)}`));
      expect(ws.readyState).toBe(3);
      expect(ws._redirects).toBe(0);
    });

  test("a listener for unexpected-response gets the request and the response, and no error comes", async (scene) => {
    const server = await scene.answering(() => plain("401 Unauthorized", { "X-A": "1" }, "foo"));
    const { ws, log } = scene.connect(server);
    const request = ws._req;
    const [given, response]: [ClientRequest, IncomingMessage] = await unexpected(ws);
    expect(given).toBe(request);
    expect(response).toBeInstanceOf(IncomingMessage);
    expect(response.statusCode).toBe(401);
    expect(response.headers["x-a"]).toBe("1");
    response.setEncoding("utf8");
    let body = "";
    response.on("data", (part: string) => {
      body += part;
    });
    await once(response, "end");
    expect(body).toBe("foo");
    expect(log.words).toEqual([]);
    expect(ws.readyState).toBe(0);
  });

  test("a client whose unexpected response was read can be closed", async (scene) => {
    const server = await scene.answering(() => plain("502 Bad Gateway", { Connection: "keep-alive" }, "foo"));
    const end = scene.connect(server);
    const [, response] = await unexpected(end.ws);
    response.resume();
    await once(response, "end");
    end.ws.close();
    expect(await failed(end)).toEqual(failure("WebSocket was closed before the connection was established"));
  });

  test("a request whose response is unexpected can be destroyed", async (scene) => {
    const server = await scene.answering(() => plain("401 Unauthorized", { "Content-Length": "9" }, "foo"));
    const end = scene.connect(server);
    const [request, response] = await unexpected(end.ws);
    response.on("error", () => {});
    request.destroy();
    await soon(new Promise((resolve) => response.once("close", resolve)), "the response's end");
  });

  test("an upgrade event comes with the response, before open", async (scene) => {
    const server = await scene.rawServer("X-A: 1\r\n");
    const { ws, log } = scene.connect(server);
    const seen: unknown[] = [];
    ws.on("upgrade", (response: IncomingMessage) => {
      seen.push(
        response instanceof IncomingMessage,
        response.statusCode,
        response.headers["x-a"],
        ws.readyState,
      );
    });
    ws.on("open", () => seen.push("open", ws.readyState));
    await log.until("open");
    expect(seen).toEqual([true, 101, "1", 0, "open", 1]);
  });

  for (const method of ["close", "terminate"] as const) {
    test(`${method}() right away is an error, then a close event`, async (scene) => {
      const wss = await scene.server();
      const end = scene.connect(wss);
      end.ws[method]();
      expect(end.ws.readyState).toBe(2);
      expect(end.log.words).toEqual([]);
      expect(await failed(end)).toEqual(
        failure("WebSocket was closed before the connection was established"),
      );
      expect(end.ws.readyState).toBe(3);
    });

    test(`${method}() while the server waits`, async (scene) => {
      const server = await scene.answering(() => undefined);
      const end = scene.connect(server);
      await until(() => server.peers.length === 1, "a connection");
      end.ws[method]();
      expect(await failed(end)).toEqual(
        failure("WebSocket was closed before the connection was established"),
      );
      await server.peers[0]?.gone();
    });

    test(`${method}() in a listener for upgrade`, async (scene) => {
      const end = scene.connect(await scene.rawServer());
      end.ws.on("upgrade", () => end.ws[method]());
      expect(await failed(end)).toEqual(
        failure("WebSocket was closed before the connection was established"),
      );
    });

    test(`${method}() in a listener for an error while connecting`, async (scene) => {
      const server = await scene.answering(() => "foo\r\n");
      const end = scene.connect(server);
      end.ws.on("error", () => end.ws[method]());
      const words = await failed(end);
      expect(words).toHaveLength(2);
      expect(words[0]).toMatch(/^error HPE_INVALID_CONSTANT /);
      expect(words[1]).toBe('close 1006 ""');
    });

    test(`${method}() twice while connecting is one error`, async (scene) => {
      const end = scene.connect(await scene.server());
      end.ws[method]();
      end.ws[method]();
      expect(await failed(end)).toEqual(
        failure("WebSocket was closed before the connection was established"),
      );
    });
  }

  test("a port that nobody listens on is an error, then a close event", async (scene) => {
    const wss = await scene.server({ port: 0, host: "127.0.0.1" });
    const port = portOf(wss);
    await new Promise((resolve) => wss.close(resolve));
    const end = scene.connect(`ws://127.0.0.1:${port}`);
    const words = await failed(end);
    expect(words[0]).toMatch(/^error ECONNREFUSED /);
    expect(words[1]).toBe('close 1006 ""');
  });

  test("a server that hangs up is an error, then a close event", async (scene) => {
    const server = await scene.answering(() => "");
    const end = scene.connect(server);
    await until(() => server.peers.length === 1, "a connection");
    await server.peers[0]?.head().catch(() => {});
    server.peers[0]?.destroy();
    expect(await failed(end)).toEqual(["error ECONNRESET Error: socket hang up", 'close 1006 ""']);
  });

  test("an end right after the answer is a close event without an error", async (scene) => {
    const server = await scene.rawServer();
    const end = scene.connect(server);
    await end.log.until("open");
    server.peers[0]?.end();
    expect(await failed(end)).toEqual(["open", 'close 1006 ""']);
  });

  test("handshakeTimeout is an error, then a close event", async (scene) => {
    const end = scene.connect(await scene.answering(() => undefined), { handshakeTimeout: 20 });
    expect(await failed(end)).toEqual(failure("Opening handshake has timed out"));
  });

  test("what comes behind the answer is delivered after open", async (scene) => {
    const server = await scene.answering((head) => `${switching(head)}\x81\x02hi\x89\x01x`);
    const { log } = scene.connect(server, { perMessageDeflate: false });
    await log.until("ping");
    expect(log.words).toEqual(["open", 'text "hi"', 'ping "x"']);
  });

  test("a listener that open adds gets what came behind the answer", async (scene) => {
    const server = await scene.answering((head) => `${switching(head)}\x81\x02hi`);
    const { ws, log } = scene.connect(server, { perMessageDeflate: false });
    const seen: string[] = [];
    ws.once("open", () => ws.on("message", (data: Buffer) => seen.push(data.toString())));
    await log.until("message");
    expect(seen).toEqual(["hi"]);
  });

  test("createConnection makes the connection", async (scene) => {
    const server = await scene.rawServer();
    const { ws, log } = scene.connect("ws://example.org:22/foo", {
      createConnection: () => connectTcp(server.port, "127.0.0.1"),
    });
    await log.until("open");
    expect(ws.url).toBe("ws://example.org:22/foo");
  });

  test("finishRequest may end the request later", async (scene) => {
    const heads: string[] = [];
    const server = await scene.answering((head) => {
      heads.push(head);
      return switching(head);
    });
    const { log } = scene.connect(server, {
      finishRequest(request) {
        request.on("socket", (socket) => {
          socket.on("connect", () => {
            request.setHeader("X-Late", "1");
            request.end();
          });
        });
      },
    });
    await log.until("open");
    expect(heads[0]).toContain("X-Late: 1\r\n");
  });
});

async function unexpected(emitter: {
  once(event: string, listener: (...args: [ClientRequest, IncomingMessage]) => void): unknown;
}): Promise<[ClientRequest, IncomingMessage]> {
  return soon(
    new Promise((resolve) => emitter.once("unexpected-response", (...args) => resolve(args))),
    "an unexpected response",
  );
}
