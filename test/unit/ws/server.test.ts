// `WebSocketServer` besides its answers: options, events, the set of clients, and how it closes.
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket as Ws } from "ws";
import { soon } from "../../adapters/until.js";
import {
  type AnyServer,
  type Client,
  clientFrame,
  exchange,
  listen,
  OURS,
  portOf,
  prepare,
  REFERENCE,
  shut,
  upgradeHead,
} from "../../support/ws-servers.js";

beforeAll(prepare);

const running: AnyServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(shut));
});

const SERVERS = [["ws", REFERENCE], ...OURS] as const;

interface Pair {
  readonly server: AnyServer;
  readonly client: Ws;
  readonly peer: Client;
  readonly request: http.IncomingMessage;
}

describe.each(SERVERS)("the server of %s", (name, Server) => {
  async function start(options?: object): Promise<AnyServer> {
    const server = await listen(Server, options);
    running.push(server);
    return server;
  }

  async function connect(server: AnyServer, protocols: string[] = []): Promise<Pair> {
    const client = new Ws(`ws://127.0.0.1:${portOf(server)}/path?query`, protocols);
    const connected = new Promise<Omit<Pair, "server" | "client">>((resolve) => {
      server.on("connection", (peer, request) => resolve({ peer, request }));
    });
    await once(client, "open");
    return { server, client, ...(await connected) };
  }

  test.each([
    undefined,
    {},
    { port: 0, noServer: true },
    { port: 0, server: http.createServer() },
    { noServer: true, server: http.createServer() },
    { port: 0, noServer: true, server: http.createServer() },
  ])("takes one origin of connections (%#)", (options) => {
    const message = 'One and only one of the "port", "server", or "noServer" options must be specified';
    expect(() => new Server(options)).toThrow(new TypeError(message));
  });

  test("has ws's options, with their defaults", () => {
    const { WebSocket: _, internals: __, ...options } = new Server({ noServer: true }).options;
    expect(options).toEqual({
      allowSynchronousEvents: true,
      autoPong: true,
      backlog: null,
      clientTracking: true,
      closeTimeout: 30_000,
      handleProtocols: null,
      host: null,
      maxBufferedChunks: 262_144,
      maxFragments: 16_384,
      maxPayload: 104_857_600,
      maxPendingAutoPongs: 60,
      noServer: true,
      path: null,
      perMessageDeflate: false,
      port: null,
      server: null,
      skipUTF8Validation: false,
      verifyClient: null,
    });
    expect(new Server({ noServer: true, perMessageDeflate: true }).options.perMessageDeflate).toEqual({});
  });

  test("gives 'connection' the request as Node's HTTP server makes it", async () => {
    const server = await start();
    const { request } = await connect(server, ["a", "b"]);
    const { headers, headersDistinct, rawHeaders, ...rest } = pick(request);
    expect(request).toBeInstanceOf(http.IncomingMessage);
    expect(rest).toEqual({
      aborted: false,
      complete: true,
      destroyed: false,
      httpVersion: "1.1",
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      method: "GET",
      rawTrailers: [],
      statusCode: null,
      trailers: {},
      upgrade: true,
      url: "/path?query",
    });
    expect(headers).toMatchObject({
      connection: "Upgrade",
      host: `127.0.0.1:${portOf(server)}`,
      "sec-websocket-protocol": "a,b",
      "sec-websocket-version": "13",
    });
    expect(headersDistinct.upgrade).toEqual(["websocket"]);
    expect(rawHeaders).toContain("Sec-WebSocket-Version");
    let body = "";
    for await (const chunk of request) body += chunk;
    expect(body).toBe("");
  });

  test("gives the request the socket of the WebSocket, which is a net.Socket", async () => {
    const server = await start();
    const { peer, request, client } = await connect(server);
    expect(request.socket).toBeInstanceOf(net.Socket);
    expect(request.socket).toBe(peer._socket);
    expect(request.connection).toBe(peer._socket);
    const { remoteAddress, remoteFamily, localPort } = peer._socket;
    expect({ remoteAddress, remoteFamily, localPort }).toEqual({
      remoteAddress: "127.0.0.1",
      remoteFamily: "IPv4",
      localPort: portOf(server),
    });
    peer.on("message", (data: Buffer) => peer.send(data));
    client.send("after");
    const [data] = await soon(once(client, "message"), "the echo");
    expect(String(data)).toBe("after");
  });

  test.each(["headers", "connection", "message", "paused"])(
    "loses no byte when the socket is asked for: %s",
    async (when) => {
      const server = await start();
      let touched = 0;
      const touch = (socket: net.Socket): void => {
        if (socket.remoteAddress === "127.0.0.1") touched++;
      };
      if (when === "headers") server.on("headers", (_, request) => touch(request.socket));
      server.on("connection", (peer) => {
        if (when === "connection") touch(peer._socket);
        let count = 0;
        peer.on("message", (data: Buffer) => {
          if (++count === 40 && when === "message") touch(peer._socket);
          if (count === 40 && when === "paused") {
            peer.pause();
            touch(peer._socket);
            setImmediate(() => peer.resume());
          }
          peer.send(data);
        });
      });
      const client = new Ws(`ws://127.0.0.1:${portOf(server)}`);
      await once(client, "open");
      const sent = Array.from({ length: 100 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 70_000), i));
      const received: Buffer[] = [];
      client.on("message", (data: Buffer) => received.push(data));
      for (const each of sent) client.send(each);
      client.close();
      await soon(once(client, "close"), "the close");
      expect(received.length).toBe(100);
      expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
      expect(touched).toBe(1);
    },
  );

  test("loses no byte of its own when the socket is asked for before the system took them", async () => {
    const server = await start();
    const { peer, client } = await connect(server);
    client.pause();
    const large = Buffer.alloc(8 * 1024 * 1024, 1);
    const sent = new Promise((resolve) => peer.send(large, {}, resolve));
    expect(peer._socket.remoteAddress).toBe("127.0.0.1");
    peer.send("behind it");
    const received: Buffer[] = [];
    const all = new Promise<void>((resolve) => {
      client.on("message", (data: Buffer) => {
        if (received.push(data) === 2) resolve();
      });
    });
    client.resume();
    await soon(all, "both messages");
    expect((await soon(sent, "the callback")) ?? undefined).toBeUndefined();
    expect(received[0]?.equals(large)).toBe(true);
    expect(String(received[1])).toBe("behind it");
  });

  test("has a destroyed socket when all is over", async () => {
    const server = await start();
    const { peer, client } = await connect(server);
    const closed = once(peer as unknown as NodeJS.EventEmitter, "close");
    client.close(1000);
    await soon(closed, "the close");
    expect(peer._socket.destroyed).toBe(true);
    expect(peer._socket.writableFinished).toBe(true);
  });

  test("has a socket while it closes", async () => {
    const server = await start();
    const { peer } = await connect(server);
    const raw = net.connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
    const next = once(server as unknown as NodeJS.EventEmitter, "connection");
    raw.write(upgradeHead());
    raw.resume();
    const [second]: [Client] = (await next) as [Client];
    const concluded = once(raw, "end");
    // The peer answers, and leaves its side open: only this side has ended.
    second.close(1000);
    raw.write(clientFrame(8, Uint8Array.of(3, 232)));
    await soon(concluded, "the end of this side");
    expect(second._socket.destroyed).toBe(false);
    expect(second._socket.remoteAddress).toBe("127.0.0.1");
    const finished = second._socket.writableFinished || once(second._socket, "finish");
    await soon(Promise.resolve(finished), "the end of the socket");
    const closed = once(second as unknown as NodeJS.EventEmitter, "close");
    raw.end();
    expect((await soon(closed, "the close"))[0]).toBe(1000);
    expect(second._socket.destroyed).toBe(true);
    peer.terminate();
  });

  test("closes the connection when its socket is destroyed", async () => {
    const server = await start();
    const { peer, client } = await connect(server);
    const closed = once(peer as unknown as NodeJS.EventEmitter, "close");
    peer._socket.destroy();
    expect((await soon(closed, "the close"))[0]).toBe(1006);
    expect(server.clients.size).toBe(0);
    await soon(once(client, "close"), "the close of the client");
  });

  test("reads the options anew for each connection", async () => {
    const server = await start();
    const first = await connect(server, ["a", "b"]);
    expect(first.peer.protocol).toBe("a");
    server.options.handleProtocols = () => "b";
    server.options.perMessageDeflate = { clientNoContextTakeover: true };
    const client = new Ws(`ws://127.0.0.1:${portOf(server)}`, ["a", "b"]);
    await once(client, "open");
    expect([client.protocol, client.extensions]).toEqual(["b", "permessage-deflate"]);
  });

  test("emits 'headers' with the lines, which listeners may change", async () => {
    const server = await start();
    server.on("headers", (lines, request) => {
      expect(lines.slice(0, 3)).toEqual([
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
      ]);
      lines.push(`X-Url: ${request.url}`);
    });
    expect(await exchange(portOf(server), [upgradeHead()], { until: "\r\n\r\n" })).toContain("X-Url: /\r\n");
  });

  test("leaves faults of clients to the listeners of 'wsClientError'", async () => {
    const server = await start();
    server.on("wsClientError", (error, socket, request) => {
      socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${error.message} of ${request.method}`);
    });
    const text = await exchange(portOf(server), [upgradeHead({ "Sec-WebSocket-Protocol": "," })]);
    expect(text).toBe("HTTP/1.1 400 Bad Request\r\n\r\nInvalid Sec-WebSocket-Protocol header of GET");
    expect(await exchange(portOf(server), [upgradeHead({}, "POST / HTTP/1.1")])).toContain(
      "Invalid HTTP method of POST",
    );
  });

  test("goes on with overridden methods", async () => {
    const calls: string[] = [];
    class Custom extends Server {
      override shouldHandle(request: http.IncomingMessage): boolean {
        calls.push(`shouldHandle ${request.url}`);
        return request.url !== "/no";
      }
      override handleUpgrade(...upgrade: Parameters<AnyServer["handleUpgrade"]>): void {
        calls.push(`handleUpgrade ${upgrade[1] instanceof net.Socket} ${upgrade[2].length}`);
        super.handleUpgrade(...upgrade);
      }
    }
    const server = await listen(Custom);
    running.push(server);
    const refused = await exchange(portOf(server), [upgradeHead({}, "GET /no HTTP/1.1")]);
    expect(refused).toContain("HTTP/1.1 400 Bad Request");
    const { client, peer } = await connect(server);
    peer.on("message", (data: Buffer) => peer.send(data));
    client.send("a");
    await soon(once(client, "message"), "the echo");
    expect(calls).toEqual([
      "handleUpgrade true 0",
      "shouldHandle /no",
      "handleUpgrade true 0",
      "shouldHandle /path?query",
    ]);
  });

  test("goes on with an overridden completeUpgrade", async () => {
    const calls: unknown[] = [];
    class Custom extends Server {
      completeUpgrade(...values: unknown[]): void {
        calls.push(values.length, values[4] instanceof net.Socket);
        Reflect.get(Server.prototype, "completeUpgrade").apply(this, values);
      }
    }
    const server = await listen(Custom);
    running.push(server);
    await connect(server);
    expect(calls).toEqual([7, true]);
  });

  test("tells listeners of its HTTP server of each connection", async () => {
    const server = await start();
    const own: http.Server = Reflect.get(server, "_server");
    expect(own).toBeInstanceOf(http.Server);
    expect(own.address()).toEqual(server.address());
    const accepted: unknown[] = [];
    own.on("connection", (socket) => accepted.push(socket));
    const { peer } = await connect(server);
    expect(accepted).toEqual([peer._socket]);
  });

  test("a second upgrade of a socket throws", async () => {
    const own = http.createServer().listen(0, "127.0.0.1");
    await once(own, "listening");
    const server = new Server({ noServer: true });
    const thrown = new Promise((resolve) => {
      own.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (peer) => peer.close());
        try {
          server.handleUpgrade(request, socket, head, () => resolve("called"));
        } catch (error) {
          resolve(error);
        }
      });
    });
    const client = new Ws(`ws://127.0.0.1:${(own.address() as net.AddressInfo).port}`);
    expect(await thrown).toEqual(
      new Error(
        "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration",
      ),
    );
    await soon(once(client, "close"), "the close");
    own.close();
  });

  test("destroys a connection that has ended before it was accepted", async () => {
    const server = await start({
      verifyClient: ({ req }: { req: http.IncomingMessage }, decide: (verified: boolean) => void) =>
        void req.socket.once("end", () => decide(true)),
    });
    server.on("connection", () => expect.unreachable());
    expect(await exchange(portOf(server), [upgradeHead()], { end: true })).toBe("");
  });

  test("refuses upgrades when it closes", async () => {
    const server = await start({
      verifyClient: (_: unknown, decide: (verified: boolean) => void) => {
        server.close();
        decide(true);
      },
    });
    expect(await exchange(portOf(server), [upgradeHead()])).toContain("HTTP/1.1 503 Service Unavailable");
  });

  test("emits 'close' when its last connection is over", async () => {
    const server = await listen(Server);
    const { client, peer } = await connect(server);
    const silent = net.connect(portOf(server), "127.0.0.1");
    await once(silent, "connect");
    const calls: unknown[] = [];
    server.on("close", () => calls.push("event"));
    const closed = new Promise<void>((resolve) => {
      server.close((error) => {
        calls.push(error);
        resolve();
      });
    });
    server.close();
    expect(server.address()).toBe(null);
    peer.on("message", (data: Buffer) => peer.send(data));
    client.send("still there");
    await soon(once(client, "message"), "the echo");
    expect(calls).toEqual([]);
    client.close();
    await soon(once(client, "close"), "the close of the client");
    silent.end();
    await soon(closed, "the close");
    expect(calls).toEqual(["event", undefined]);
    const error = await soon(new Promise((resolve) => server.close(resolve)), "the second close");
    expect(error).toEqual(new Error("The server is not running"));
    expect(Reflect.get(server, "_state")).toBe(2);
  });

  test("waits for its clients without a server", async () => {
    const own = http.createServer().listen(0, "127.0.0.1");
    await once(own, "listening");
    const server = new Server({ server: own });
    const client = new Ws(`ws://127.0.0.1:${(own.address() as net.AddressInfo).port}`);
    await once(client, "open");
    const order: string[] = [];
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        order.push("server");
        resolve();
      });
    });
    expect(own.listenerCount("upgrade") + own.listenerCount("error")).toBe(0);
    for (const peer of server.clients) {
      peer.on("close", () => order.push(`client, of ${server.clients.size}`));
      peer.close();
    }
    await soon(closed, "the close");
    expect(order).toEqual(["client, of 0", "server"]);
    own.close();
  });

  test("emits an error if it can't listen", async () => {
    const port = portOf(await start());
    const second = new Server({ port, host: "127.0.0.1" });
    const [error] = await once(second as unknown as NodeJS.EventEmitter, "error");
    expect(error.code).toBe("EADDRINUSE");
    await new Promise<void>((resolve) => second.close(() => resolve()));
  });

  test("has no set of clients without tracking", async () => {
    const server = await listen(Server, { clientTracking: false });
    const { client } = await connect(server);
    expect(server.clients).toBe(undefined);
    client.close();
    await soon(new Promise<void>((resolve) => server.close(() => resolve())), "the close");
  });

  test("listens at a path", async () => {
    if (process.platform === "win32") return;
    const path = `/tmp/wsimd-${process.pid}-${name.replace(/\W/g, "")}.sock`;
    const server = new Server({ port: path });
    running.push(server);
    await once(server as unknown as NodeJS.EventEmitter, "listening");
    expect(server.address()).toBe(path);
    server.on("connection", (peer) => peer.send("hello"));
    const client = new Ws(`ws+unix://${path}`);
    const [data] = await soon(once(client, "message"), "the message");
    expect(String(data)).toBe("hello");
    client.close();
  });
});

/** The properties of a request that its constructor and Node's parser set. */
function pick(request: http.IncomingMessage) {
  const { aborted, complete, destroyed, headers, headersDistinct, httpVersion, httpVersionMajor } = request;
  const { httpVersionMinor, method, rawHeaders, rawTrailers, statusCode, trailers, url } = request;
  return {
    aborted,
    complete,
    destroyed,
    headers,
    headersDistinct,
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
    method,
    rawHeaders,
    rawTrailers,
    statusCode,
    trailers,
    upgrade: Reflect.get(request, "upgrade"),
    url,
  };
}
