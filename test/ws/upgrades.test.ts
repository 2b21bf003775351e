// The server and requests: which it refuses, with which answer, and what it makes of the others.
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { expect } from "vitest";
import { masked, request, SAMPLE_ACCEPT } from "../adapters/raw-peer.js";
import { happened, turns, until } from "../adapters/until.js";
import { certificate } from "../support/certificate.js";
import { portOf } from "./scene.js";
import { suite } from "./suite.js";
import type { Answer, ClientInfo, ServerOptions, WebSocket } from "./surface.js";

suite("upgrades", "connections", (test, library) => {
  test("extensions are not looked at without perMessageDeflate", async (scene) => {
    await scene.served({}, request({ "Sec-WebSocket-Extensions": "a=;" }));
  });

  test("the path is taken with a query", async (scene) => {
    await scene.served({ path: "/chat" }, request({}, "GET /chat?a=b HTTP/1.1"));
  });

  test("shouldHandle may be replaced", async (scene) => {
    const wss = await scene.server();
    const urls: unknown[] = [];
    wss.shouldHandle = (request) => {
      urls.push(request instanceof IncomingMessage, request.url);
      return false;
    };
    const { log } = scene.connect(wss);
    await log.closed();
    expect(log.words[0]).toBe("error Error: Unexpected server response: 400");
    expect(urls).toEqual([true, "/"]);
  });

  test("the answer to a good request", async (scene) => {
    const wss = await scene.server();
    const peer = await scene.stranger(wss);
    await peer.write(request());
    expect(await peer.head()).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${SAMPLE_ACCEPT}\r\n\r\n`,
    );
  });

  for (const version of ["8", "13"])
    test(`version ${version} is accepted`, async (scene) => {
      await scene.served({}, request({ "Sec-WebSocket-Version": version }));
    });

  test("a connection event comes with the socket and the request", async (scene) => {
    const wss = await scene.server();
    const seen = once(wss, "connection");
    const peer = await scene.raw(wss, request({ "X-A": "1" }, "GET /chat?a=b HTTP/1.1"));
    const [ws, incoming] = await seen;
    expect(ws).toBeInstanceOf(library.WebSocket);
    expect(ws.readyState).toBe(1);
    expect(ws._isServer).toBe(true);
    expect(incoming).toBeInstanceOf(IncomingMessage);
    expect(incoming.method).toBe("GET");
    expect(incoming.url).toBe("/chat?a=b");
    expect(incoming.httpVersion).toBe("1.1");
    expect(incoming.headers["x-a"]).toBe("1");
    expect(incoming.headers.host).toBe("localhost");
    expect(incoming.rawHeaders).toContain("X-A");
    expect(incoming.socket.remoteAddress).toBe("127.0.0.1");
    expect(incoming.socket.remotePort).toBe(portOfPeer(peer.socket.localPort));
    expect(incoming.connection).toBe(incoming.socket);
  });

  test("fields that come twice are joined as Node joins them", async (scene) => {
    const wss = await scene.server();
    const seen = once(wss, "connection");
    await scene.raw(wss, request({ "X-A": ["1", "2"], Cookie: ["a=1", "b=2"], "User-Agent": ["x", "y"] }));
    const [, incoming] = await seen;
    expect(incoming.headers["x-a"]).toBe("1, 2");
    expect(incoming.headers.cookie).toBe("a=1; b=2");
    expect(incoming.headers["user-agent"]).toBe("x");
    expect(incoming.headersDistinct["x-a"]).toEqual(["1", "2"]);
  });

  test("headers is an event with lines that can be changed, and the request", async (scene) => {
    const wss = await scene.server();
    const seen: unknown[] = [];
    wss.on("headers", (lines: string[], incoming: unknown) => {
      seen.push([...lines], incoming instanceof IncomingMessage);
      lines.push("Set-Cookie: a=b");
    });
    const peer = await scene.stranger(wss);
    await peer.write(request());
    expect(await peer.head()).toContain("\r\nSet-Cookie: a=b\r\n");
    expect(seen).toEqual([
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${SAMPLE_ACCEPT}`,
      ],
      true,
    ]);
  });

  test("what comes behind the request is delivered after the connection event", async (scene) => {
    const wss = await scene.server();
    const connection = scene.next(wss);
    const peer = await scene.stranger(wss);
    await peer.write(request(), masked("81 02 | 'hi'", "89 01 | 'x'"));
    const { log } = await connection;
    await log.until("ping");
    expect(log.words).toEqual(['text "hi"', 'ping "x"']);
  });

  test("a frame that begins behind the request may end later", async (scene) => {
    const wss = await scene.server();
    const connection = scene.next(wss);
    const peer = await scene.stranger(wss);
    const frame = masked("81 02 | 'hi'");
    await peer.write(request(), frame.subarray(0, 3));
    await peer.head();
    await peer.write(frame.subarray(3));
    const { log } = await connection;
    await log.until("message");
    expect(log.words).toEqual(['text "hi"']);
  });

  test("a request may come in pieces", async (scene) => {
    const wss = await scene.server();
    const peer = await scene.stranger(wss);
    const head = request();
    for (let at = 0; at < head.length; at += 40) {
      await peer.write(head.slice(at, at + 40));
      await turns(2);
    }
    expect(await peer.head()).toMatch(/^HTTP\/1\.1 101 /);
  });

  for (const [protocols, chosen] of [
    ["foo", "foo"],
    ["foo, bar", "foo"],
    [undefined, undefined],
  ] as const)
    test(`of the subprotocols ${protocols} the server takes ${chosen}`, async (scene) => {
      const wss = await scene.server();
      const connection = scene.next(wss);
      const peer = await scene.stranger(wss);
      await peer.write(request({ "Sec-WebSocket-Protocol": protocols }));
      const head = await peer.head();
      expect(/^Sec-WebSocket-Protocol: (.*)\r$/m.exec(head)?.[1]).toBe(chosen);
      expect((await connection).ws.protocol).toBe(chosen ?? "");
    });

  for (const [what, choice] of [
    ["false", false],
    ["nothing", undefined],
    ["an empty name", ""],
  ] as const)
    test(`handleProtocols may return ${what}: no subprotocol`, async (scene) => {
      const wss = await scene.server({ handleProtocols: () => choice });
      const peer = await scene.stranger(wss);
      await peer.write(request({ "Sec-WebSocket-Protocol": "a, b" }));
      expect(await peer.head()).not.toContain("Sec-WebSocket-Protocol");
    });

  test("handleProtocols gets a set and the request", async (scene) => {
    const seen: unknown[] = [];
    const handleProtocols: ServerOptions["handleProtocols"] = (protocols, incoming) => {
      seen.push([...protocols], protocols instanceof Set, incoming instanceof IncomingMessage);
      return [...protocols].pop();
    };
    const { ws } = await scene.served({ handleProtocols }, request({ "Sec-WebSocket-Protocol": "foo, bar" }));
    expect(ws.protocol).toBe("bar");
    expect(seen).toEqual([["foo", "bar"], true, true]);
  });

  test("handleProtocols is not asked without subprotocols", async (scene) => {
    const { ws } = await scene.served({ handleProtocols: () => "x" });
    expect(ws.protocol).toBe("");
  });

  for (const [what, verifyClient] of [
    ["returns true", () => true],
    ["answers true at once", (_: ClientInfo, done: Answer) => done(true)],
    ["answers true later", (_: ClientInfo, done: Answer) => setImmediate(done, true)],
  ] as const)
    test(`verifyClient ${what}: the request is accepted`, async (scene) => {
      await scene.pair({ verifyClient });
    });

  test("verifyClient gets the origin, whether it is TLS, and the request", async (scene) => {
    const seen: unknown[] = [];
    const verifyClient = (info: ClientInfo): boolean => {
      seen.push(
        Object.keys(info).sort(),
        info.origin,
        info.secure,
        info.req instanceof IncomingMessage,
        info.req.url,
      );
      return true;
    };
    await scene.served({ verifyClient }, request({ Origin: "https://example.org" }));
    expect(seen).toEqual([["origin", "req", "secure"], "https://example.org", false, true, "/chat"]);
  });

  test("verifyClient gets the origin of version 8 from its own field", async (scene) => {
    const seen: unknown[] = [];
    const verifyClient = (info: ClientInfo): boolean => {
      seen.push(info.origin);
      return true;
    };
    const lines = { "Sec-WebSocket-Version": "8", Origin: "a", "Sec-WebSocket-Origin": "b" };
    await scene.served({ verifyClient }, request(lines));
    expect(seen).toEqual(["b"]);
  });

  test("verifyClient learns of TLS", async (scene) => {
    const seen: unknown[] = [];
    const https = createHttps({ ...certificate() });
    await scene.http(https);
    await scene.server({
      server: https,
      verifyClient: (info: ClientInfo) => {
        seen.push(info.secure);
        return true;
      },
    });
    await scene.connect(`wss://127.0.0.1:${portOf(https)}`, { rejectUnauthorized: false }).log.until("open");
    expect(seen).toEqual([true]);
  });

  test("a client that leaves while verifyClient decides makes no connection", async (scene) => {
    let connections = 0;
    let decided = false;
    const wss = await scene.server({
      verifyClient: (info: ClientInfo, done: Answer) => {
        info.req.socket.on("end", () => {
          done(true);
          decided = true;
          happened();
        });
      },
    });
    wss.on("connection", () => connections++);
    const peer = await scene.stranger(wss);
    await peer.write(request());
    peer.end();
    await until(() => decided, "the decision");
    await peer.gone();
    expect(peer.text).toBe("");
    expect(connections).toBe(0);
  });

  test("a server that is closing answers 503", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    http.on("upgrade", (incoming, socket, head) => {
      wss.close();
      wss.handleUpgrade(incoming, socket, head, () => expect.unreachable());
    });
    const { log } = scene.connect(http);
    await log.closed();
    expect(log.words[0]).toBe("error Error: Unexpected server response: 503");
  });

  test("handleUpgrade serves sockets of any HTTP server", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    const seen: unknown[] = [];
    http.on("upgrade", (incoming, socket, head) => {
      wss.handleUpgrade(incoming, socket, head, (ws, given) => {
        seen.push(given === incoming, ws._socket === socket, wss.clients.has(ws), ws.readyState);
        ws.send("hello");
      });
    });
    const { log } = scene.connect(http);
    await log.until("message");
    expect(log.words).toEqual(["open", 'text "hello"']);
    expect(seen).toEqual([true, true, true, 1]);
  });

  test("handleUpgrade makes no connection event by itself", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    let count = 0;
    wss.on("connection", () => count++);
    http.on("upgrade", (incoming, socket, head) => wss.handleUpgrade(incoming, socket, head, () => {}));
    await scene.connect(http).log.until("open");
    expect(count).toBe(0);
  });

  test("handleUpgrade throws for a socket that it has already", async (scene) => {
    const http = await scene.http();
    const wss = await scene.server({ noServer: true });
    const seen: unknown[] = [];
    http.on("upgrade", (incoming, socket, head) => {
      wss.handleUpgrade(incoming, socket, head, () => {});
      try {
        wss.handleUpgrade(incoming, socket, head, () => {});
      } catch (error) {
        seen.push(error);
      }
    });
    await scene.connect(http).log.until("open");
    expect(seen).toEqual([
      new Error(
        "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration",
      ),
    ]);
  });

  test("two servers share an HTTP server by path", async (scene) => {
    const http = await scene.http();
    const servers = {
      "/a": await scene.server({ noServer: true }),
      "/b": await scene.server({ noServer: true }),
    };
    http.on("upgrade", (incoming, socket, head) => {
      const wss = incoming.url === "/a" ? servers["/a"] : servers["/b"];
      wss.handleUpgrade(incoming, socket, head, (ws: WebSocket) => wss.emit("connection", ws, incoming));
    });
    for (const path of ["/a", "/b"] as const) {
      const served = scene.next(servers[path]);
      await scene.connect(`ws://127.0.0.1:${portOf(http)}${path}`).log.until("open");
      expect((await served).ws.readyState).toBe(1);
    }
    expect([servers["/a"].clients.size, servers["/b"].clients.size]).toEqual([1, 1]);
  });

  test("unknown extensions are left out", async (scene) => {
    const wss = await scene.server({ perMessageDeflate: true });
    const peer = await scene.stranger(wss);
    await peer.write(request({ "Sec-WebSocket-Extensions": "foo; bar" }));
    expect(await peer.head()).not.toContain("Sec-WebSocket-Extensions");
  });

  test("compression is off by default, and on when both have it", async (scene) => {
    const off = await scene.pair();
    expect([off.server.ws.extensions, off.client.ws.extensions]).toEqual(["", ""]);
    const on = await scene.pair({ perMessageDeflate: true });
    expect([on.server.ws.extensions, on.client.ws.extensions]).toEqual([
      "permessage-deflate",
      "permessage-deflate",
    ]);
  });

  for (const [options, offer, answered] of [
    [
      { clientMaxWindowBits: 8 },
      "permessage-deflate; client_max_window_bits",
      "permessage-deflate; client_max_window_bits=8",
    ],
    [
      { serverNoContextTakeover: true },
      "permessage-deflate",
      "permessage-deflate; server_no_context_takeover",
    ],
    [
      { serverMaxWindowBits: 10 },
      "permessage-deflate; server_max_window_bits=12",
      "permessage-deflate; server_max_window_bits=10",
    ],
    [
      {},
      "permessage-deflate; server_max_window_bits=9, permessage-deflate",
      "permessage-deflate; server_max_window_bits=9",
    ],
  ] as const)
    test(`the offer "${offer}" is answered with "${answered}"`, async (scene) => {
      const wss = await scene.server({ perMessageDeflate: options });
      const peer = await scene.stranger(wss);
      await peer.write(request({ "Sec-WebSocket-Extensions": offer }));
      expect(/^Sec-WebSocket-Extensions: (.*)\r$/m.exec(await peer.head())?.[1]).toBe(answered);
    });

  test("a request without a Host is accepted, as Node's parser has it", async (scene) => {
    const wss = await scene.server();
    const peer = await scene.stranger(wss);
    await peer.write(request({ Host: undefined }));
    expect(await peer.head()).toMatch(/^HTTP\/1\.1 101 /);
  });
});

function portOfPeer(port: number | undefined): number {
  if (port === undefined) throw new Error("the peer is not connected");
  return port;
}
