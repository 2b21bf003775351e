// Others that listen for the upgrades of the same HTTP server: each request gets one answer, never two, never none.
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { describe, test } from "vitest";
import type WebSocket from "ws";
import { WebSocketServer } from "ws";
import { type AttachOptions, attach, createServer as createWebSocketServer } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { MemoryDuplex, parsedRequest } from "./memory-duplex.js";
import { nodeAdapter } from "./node-adapter.js";
import { masked, type RawPeer, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { eventually, soon, turns, until } from "./until.js";

type Where = { port: number; ca?: string };
type Listener = (request: IncomingMessage, stream: Duplex, head: Buffer) => unknown;

const NOTHING = Buffer.alloc(0);
const at = (path: string, lines = {}): string => request(lines, `GET ${path} HTTP/1.1`);

function scene(name: string, run: (scene: Scene) => Promise<void>): void {
  test(name, () => Scene.run(nodeAdapter("on"), { name, run }));
}

/** An HTTP server that answers plain requests with what they are. */
async function http(
  scene: Scene,
  server: HttpServer = createServer(),
): Promise<{ server: HttpServer; port: number }> {
  server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
    let content = "";
    incoming.setEncoding("latin1");
    incoming.on("data", (part: string) => (content += part));
    incoming.on("end", () => response.end(`${incoming.method} ${incoming.url} ${content}|`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scene.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { server, port: address.port };
}

/** Attaches, and closes when the case is over. */
function join(scene: Scene, server: HttpServer, options: AttachOptions, recorder = echo()): Recorder {
  const attached = attach(server, options, recorder);
  scene.after(() => attached.close({ timeoutMs: 1 }));
  return recorder;
}

const echo = (): Recorder => new Recorder({ message: (socket, data) => void socket.send(data) });

/** Sends a request and looks whether the answer is the only one. */
async function answer(scene: Scene, where: Where, head: string): Promise<string> {
  const peer = await scene.raw(where);
  await peer.write(head);
  const answered = await peer.head();
  if (answered.startsWith("HTTP/1.1 101")) await oneWebSocket(peer);
  const [, status = ""] = answered.split(" ");
  return status;
}

/** What follows the answer are the frames of one WebSocket and nothing else. */
async function oneWebSocket(peer: RawPeer): Promise<void> {
  await peer.write(masked("81 02 | 'hi'"));
  await peer.expect("81 02 'hi'");
  await turns();
  await peer.write(masked("88 02 | 03 e8"));
  await peer.expect("88 02 03 e8");
  await peer.fin();
}

// ---- Neighbours, each with the path /theirs ----

const echoing = (socket: WebSocket): void => {
  socket.on("message", (data, binary) => socket.send(data, { binary }));
  socket.on("error", () => {});
};
const pathIs = (incoming: IncomingMessage, path: string): boolean => incoming.url?.split("?")[0] === path;

function handing(claims: (incoming: IncomingMessage) => boolean, otherwise: Listener = () => {}): Listener {
  const server = new WebSocketServer({ noServer: true });
  return (incoming, stream, head) =>
    claims(incoming)
      ? server.handleUpgrade(incoming, stream, head, echoing)
      : otherwise(incoming, stream, head);
}

const NEIGHBOURS: Record<string, (server: HttpServer) => unknown> = {
  "ws with a path, which answers all else with 400": (server) =>
    new WebSocketServer({ server, path: "/theirs" }).on("connection", echoing),
  "ws without a server": (server) =>
    server.on(
      "upgrade",
      handing((incoming) => pathIs(incoming, "/theirs")),
    ),
  "ws without a server, which ends all else": (server) =>
    server.on(
      "upgrade",
      handing(
        (incoming) => pathIs(incoming, "/theirs"),
        (_, stream) => stream.destroy(),
      ),
    ),
  "one that asks its database first": (server) => {
    const take = handing((incoming) => pathIs(incoming, "/theirs"));
    server.on("upgrade", async (...upgrade: Parameters<Listener>) => {
      await turns(20);
      take(...upgrade);
    });
  },
  "one that looks as engine.io does after a while, and ends what got no answer": (server) => {
    const take = handing(
      (incoming) => pathIs(incoming, "/theirs"),
      (_, stream) =>
        void turns(10).then(() => {
          if (stream.writable && Number(Reflect.get(stream, "bytesWritten")) <= 0)
            stream.on("error", () => {}).end();
        }),
    );
    server.on("upgrade", take);
  },
};

describe("attach beside another listener", () => {
  for (const [name, come] of Object.entries(NEIGHBOURS)) {
    for (const order of ["behind it", "in front of it"] as const) {
      scene(`${name}, ${order}: each has its own path, with one answer`, async (scene) => {
        const { server, port } = await http(scene);
        if (order === "behind it") come(server);
        const recorder = join(scene, server, { path: "/ours" });
        const slow = join(scene, server, { path: "/slow", upgrade: () => turns(30).then(() => undefined) });
        if (order === "in front of it") come(server);
        assert.equal(await answer(scene, { port }, at("/ours?query")), "101");
        assert.equal(await answer(scene, { port }, at("/theirs?query")), "101");
        assert.equal(await answer(scene, { port }, at("/slow")), "101");
        assert.equal(await answer(scene, { port }, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"), "200");
        assert.deepEqual([recorder.count("open"), slow.count("open")], [1, 1]);
        assert.deepEqual([...recorder.errors, ...slow.errors], []);
      });
    }
  }

  // As Vite's development server does it: all paths are the application's, but for these subprotocols.
  const vite = (server: HttpServer): unknown =>
    server.on(
      "upgrade",
      handing(({ headers }) => headers["sec-websocket-protocol"] === "vite-hmr"),
    );
  const VITE = { "Sec-WebSocket-Protocol": "vite-hmr" };

  for (const [name, options] of Object.entries({
    "with the same path": { path: "/" },
    "with the same path and a subprotocol of its own": { path: "/", protocols: ["chat"] },
    "without a path": {},
  })) {
    scene(`Vite gets its subprotocol and no more, ${name}`, async (scene) => {
      const { server, port } = await http(scene);
      vite(server);
      const recorder = join(scene, server, options);
      assert.equal(await answer(scene, { port }, at("/", VITE)), "101");
      assert.equal(recorder.count("open"), 0);
      assert.equal(await answer(scene, { port }, at("/")), "101");
      assert.equal(await answer(scene, { port }, at("/", { "Sec-WebSocket-Protocol": "chat" })), "101");
      assert.equal(recorder.count("open"), 2);
    });
  }

  scene("what neither has a path for gets 404 once nobody can want it any more", async (scene) => {
    const { server, port } = await http(scene);
    vite(server);
    join(scene, server, { path: "/ours", timeouts: { handshakeMs: 50 } });
    assert.equal(await answer(scene, { port }, at("/other")), "404");
    assert.equal(await answer(scene, { port }, at("/other", { "Sec-WebSocket-Version": "8" })), "404");
    assert.equal(await answer(scene, { port }, at("/Ours")), "404");
  });

  scene("a client that resets before any listener takes it ends no process", async (scene) => {
    const { server, port } = await http(scene);
    vite(server);
    join(scene, server, { path: "/ours" });
    for (let i = 0; i < 3; i++) {
      let stream: Duplex | undefined;
      server.once("upgrade", (_, given) => {
        stream = given;
      });
      const peer = await scene.raw({ port });
      await peer.write(at("/other"));
      await eventually(() => stream !== undefined, "the upgrade");
      await turns();
      peer.reset();
      await eventually(() => stream?.destroyed === true, "the end");
    }
  });

  scene("closing what was attached gives the others all back", async (scene) => {
    const { server, port } = await http(scene);
    const { emit } = server;
    const asked: unknown = Reflect.get(server, "shouldUpgradeCallback");
    const attached = attach(server, { path: "/theirs" }, {});
    NEIGHBOURS["ws without a server"]?.(server);
    await attached.close({ timeoutMs: 1 });
    assert.equal(server.emit, emit);
    assert.equal(Object.hasOwn(server, "emit"), false);
    assert.equal(Reflect.get(server, "shouldUpgradeCallback"), asked);
    assert.equal(await answer(scene, { port }, at("/theirs")), "101");
  });

  scene("a method that another has replaced since is left to it, and does no harm", async (scene) => {
    const { server, port } = await http(scene);
    NEIGHBOURS["ws without a server"]?.(server);
    const attached = attach(server, { path: "/theirs" }, {});
    const { emit } = server;
    const events: unknown[] = [];
    server.emit = (event: string, ...args: unknown[]) => {
      events.push(event);
      return Reflect.apply(emit, server, [event, ...args]);
    };
    await attached.close({ timeoutMs: 1 });
    assert.equal(await answer(scene, { port }, at("/theirs")), "101");
    assert.ok(events.includes("upgrade"));
    const recorder = join(scene, server, { path: "/theirs" });
    assert.equal(await answer(scene, { port }, at("/theirs")), "101");
    assert.equal(recorder.count("open"), 1);
  });
});

describe("requests for an upgrade to another protocol", () => {
  // As `curl --http2` and Java's HttpClient send each request to a server that they don't know yet.
  const H2C = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__" };
  const lines = (fields: Record<string, string>): string =>
    Object.entries({ Host: "localhost", ...fields })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  const REQUESTS: Record<string, [request: string, status: string, content: string]> = {
    "a GET": [`GET /a?b HTTP/1.1\r\n${lines(H2C)}\r\n`, "200", "GET /a?b |"],
    "a POST": [
      `POST /a HTTP/1.1\r\n${lines({ ...H2C, "Content-Length": "5" })}\r\nhello`,
      "200",
      "POST /a hello|",
    ],
    "one in chunks": [
      `PUT /a HTTP/1.1\r\n${lines({ ...H2C, "Transfer-Encoding": "chunked" })}\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`,
      "200",
      "PUT /a hello|",
    ],
    "one for the path of a WebSocket": [`GET /ours HTTP/1.1\r\n${lines(H2C)}\r\n`, "200", "GET /ours |"],
    "one for TLS": [
      `OPTIONS * HTTP/1.1\r\n${lines({ Connection: "Upgrade", Upgrade: "TLS/1.0" })}\r\n`,
      "200",
      "OPTIONS * |",
    ],
    "one with a name that begins alike": [
      `GET /ours HTTP/1.1\r\n${lines({ Connection: "Upgrade", Upgrade: "websocket2, x" })}\r\n`,
      "200",
      "GET /ours |",
    ],
  };
  const SITUATIONS: Record<string, (scene: Scene, server: HttpServer) => void> = {
    "beside a path": (scene, server) => void join(scene, server, { path: "/ours" }),
    "beside all paths": (scene, server) => void join(scene, server, {}),
    "beside a path and another listener": (scene, server) => {
      NEIGHBOURS["ws without a server"]?.(server);
      join(scene, server, { path: "/ours" });
    },
  };
  for (const [name, [head, status, content]] of Object.entries(REQUESTS)) {
    for (const [where, situate] of Object.entries(SITUATIONS)) {
      scene(`${name} is served as a plain request, ${where}`, async (scene) => {
        const { server, port } = await http(scene);
        situate(scene, server);
        const peer = await scene.raw({ port });
        // The same connection goes on.
        for (let i = 0; i < 2; i++) {
          await peer.write(head);
          const answered = await peer.head();
          assert.equal(answered.split(" ")[1], status, answered);
          await peer.expect(`'${content}'`);
        }
        peer.end();
        await peer.gone();
      });
    }
  }

  scene("one in two pieces, over TLS", async (scene) => {
    const tls = certificate();
    const { server, port } = await http(scene, createHttpsServer(tls));
    join(scene, server, { path: "/ours" });
    const peer = await scene.raw({ port, ca: tls.cert });
    await peer.write(`POST /a HTTP/1.1\r\n${lines({ ...H2C, "Content-Length": "5" })}\r\nhel`);
    await turns();
    await peer.write("lo");
    assert.match(await peer.head(), /^HTTP\/1\.1 200 /);
    await peer.expect("'POST /a hello|'");
  });

  scene("another listener that speaks that protocol gets it", async (scene) => {
    const { server, port } = await http(scene);
    server.on("upgrade", (incoming: IncomingMessage, stream: Duplex) => {
      if (incoming.headers.upgrade === "h2c") stream.end("HTTP/1.1 101 Switching Protocols\r\n\r\nh2");
    });
    join(scene, server, {});
    const peer = await scene.raw({ port });
    await peer.write(`GET / HTTP/1.1\r\n${lines(H2C)}\r\n`);
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    await peer.expect("'h2'");
    await peer.fin();
  });

  scene("head lines that Node has forgotten are not guessed", async (scene) => {
    const { server, port } = await http(scene);
    server.maxHeadersCount = 4;
    join(scene, server, {});
    const peer = await scene.raw({ port });
    const head = `POST /a HTTP/1.1\r\n${lines({ ...H2C, A: "1", "Content-Length": "35" })}\r\n`;
    await peer.write(`${head}GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n`);
    const answered = await peer.head();
    assert.match(answered, /^HTTP\/1\.1 (?:200|431) /);
    peer.end();
    await peer.gone();
    assert.equal(Buffer.from(peer.bytes).toString("latin1").includes("GET /smuggled |"), false);
  });
});

describe("a connection that is upgraded twice", () => {
  const TWICE: Record<string, (server: HttpServer, recorder: Recorder, second: Recorder) => void> = {
    "upgrade twice in one listener": (server, first, second) =>
      server.on("upgrade", (...args: Parameters<Listener>) => {
        createWebSocketServer({}, first).upgrade(...args);
        createWebSocketServer({}, second).upgrade(...args);
      }),
    "upgrade by two listeners": (server, first, second) => {
      server.on("upgrade", (...args: Parameters<Listener>) =>
        createWebSocketServer({}, first).upgrade(...args),
      );
      server.on("upgrade", (...args: Parameters<Listener>) =>
        createWebSocketServer({}, second).upgrade(...args),
      );
    },
    "upgrade again, late": (server, first, second) =>
      server.on("upgrade", async (...args: Parameters<Listener>) => {
        createWebSocketServer({}, first).upgrade(...args);
        await turns(3);
        createWebSocketServer({}, second).upgrade(...args);
      }),
    "ws, then upgrade": (server, first, second) => {
      const theirs = new WebSocketServer({ noServer: true });
      server.on("upgrade", (...args: Parameters<Listener>) => {
        theirs.handleUpgrade(...args, (socket) => {
          first.open(Object.create(null));
          echoing(socket);
        });
        createWebSocketServer({}, second).upgrade(...args);
      });
    },
  };
  for (const [name, listen] of Object.entries(TWICE)) {
    scene(`${name}: the second is refused, and the first goes on and ends`, async (scene) => {
      const { server, port } = await http(scene);
      const first = echo();
      const second = new Recorder();
      listen(server, first, second);
      assert.equal(await answer(scene, { port }, at("/")), "101");
      await until(() => second.count("error") > 0, "the refusal");
      assert.deepEqual(second.log, [
        "error InvalidStateError: the connection of this request is read by something else already",
      ]);
      assert.equal(first.count("open"), 1);
      assert.deepEqual(first.errors, []);
    });
  }

  for (const path of ["/ours", undefined]) {
    scene(
      `attach ${path ?? "to all"}, and upgrade by another listener: one answer, and close() ends`,
      async (scene) => {
        const { server, port } = await http(scene);
        const ours = echo();
        const theirs = echo();
        server.on("upgrade", (...args: Parameters<Listener>) =>
          createWebSocketServer({}, theirs).upgrade(...args),
        );
        const attached = attach(server, path === undefined ? {} : { path }, ours);
        assert.equal(await answer(scene, { port }, at("/ours")), "101");
        assert.deepEqual([ours.count("open"), theirs.count("open")], path === undefined ? [0, 1] : [1, 0]);
        assert.deepEqual([...ours.errors, ...theirs.errors], []);
        await soon(attached.close(), "close()");
      },
    );
  }

  scene("the event is given again by hand: attach refuses, too", async (scene) => {
    const { server } = await http(scene);
    const recorder = join(scene, server, { path: "/chat" });
    const near = new MemoryDuplex();
    for (let i = 0; i < 2; i++) server.emit("upgrade", parsedRequest(), near, NOTHING);
    assert.equal(near.written.match(/HTTP\/1\.1 101/g)?.length, 1);
    assert.match(String(recorder.errors), /^InvalidStateError: /);
  });
});

describe("nothing leaves the listener", () => {
  scene(
    "an exception of a stream or of an odd request is reported, and ends that connection",
    async (scene) => {
      const { server, port } = await http(scene);
      const recorder = join(scene, server, { path: "/chat" });
      const odd = new MemoryDuplex();
      Object.defineProperty(odd, "writableCorked", {
        get() {
          throw new Error("odd");
        },
      });
      server.emit("upgrade", parsedRequest(), odd, NOTHING);
      assert.equal(odd.destroyed, true);
      const headless = Object.assign(parsedRequest(), { rawHeaders: ["a"] });
      const near = new MemoryDuplex();
      server.emit("upgrade", headless, near, NOTHING);
      assert.equal(near.destroyed, true);
      assert.equal(recorder.errors.length, 2);
      assert.equal(await answer(scene, { port }, at("/chat")), "101");
    },
  );
});

describe("close() of what is attached", () => {
  scene("resolves after its time, though a transport never says that it is gone", async (scene) => {
    const { server } = await http(scene);
    const recorder = new Recorder();
    const attached = attach(server, {}, recorder);
    for (const url of ["/a", "/b"]) {
      const near = new MemoryDuplex();
      near._destroy = () => {};
      server.emit("upgrade", parsedRequest({}, url), near, NOTHING);
    }
    await recorder.until("open", 2);
    await soon(attached.close({ timeoutMs: 1 }), "close()");
    assert.equal(attached.connections.size, 0);
    assert.equal(recorder.count("close"), 2);
  });

  scene(
    "resolves after its time, though the option upgrade is thinking and the client stays",
    async (scene) => {
      const { server } = await http(scene);
      const recorder = new Recorder();
      const attached = attach(server, { upgrade: () => new Promise<undefined>(() => {}) }, recorder);
      const near = new MemoryDuplex();
      near._destroy = () => {};
      server.emit("upgrade", parsedRequest(), near, NOTHING);
      await turns();
      await soon(attached.close({ timeoutMs: 1 }), "close()");
      assert.deepEqual(recorder.log, []);
    },
  );
});

describe("which path a request is for", () => {
  const ROWS: [path: string, target: string, status: string][] = [
    ["/chat", "http://localhost/chat", "101"],
    ["/chat", "HTTP://LOCALHOST/chat?a=/b", "101"],
    ["/", "http://localhost", "101"],
    ["/", "https://localhost?x", "101"],
    ["/chat", "http://elsewhere/chat", "400"],
    ["/chat", "/%63h%61t", "101"],
    ["/chat", "/chat?", "101"],
    ["/chat", "/chat?/../other", "101"],
    ["/a b", "/a%20b", "101"],
    ["/a%20b", "/a%20b?c", "101"],
    ["/caf\u00e9", "/caf%c3%a9", "101"],
    ["/caf%C3%a9", "http://localhost/caf%c3%A9", "101"],
    ["/a/b", "/a%2Fb", "404"],
    ["/a/b", "/a//b", "404"],
    ["/a", "/A", "404"],
    ["/a", "/a/", "404"],
    ["/a", "/b/../a", "101"],
    ["/b/../a", "/a", "101"],
    ["/a", "/a/%2e%2e/a", "101"],
    ["/a", "/a/..%2Fa", "404"],
    ["/a", "//a", "404"],
    ["/a", "/%2561", "404"],
    ["/a%2fb", "/a%2Fb", "101"],
  ];
  for (const [path, target, status] of ROWS) {
    scene(`${target} at ${path}: ${status}`, async (scene) => {
      const { server, port } = await http(scene);
      join(scene, server, { path });
      assert.equal(await answer(scene, { port }, at(target)), status);
    });
  }

  scene("paths that are the same can't be attached to twice", async (scene) => {
    const { server } = await http(scene);
    join(scene, server, { path: "/a%2db" });
    assert.throws(() => attach(server, { path: "/a-b" }, {}), /already attached to \/a-b/);
  });

  scene("a path that no request can be for is refused", async (scene) => {
    const { server } = await http(scene);
    for (const path of ["", "chat", "/a?b", "/a#b", "http://localhost/a", "/\ud800"])
      assert.throws(() => attach(server, { path }, {}), RangeError, path);
    for (const path of [1, null, {}, /a/])
      assert.throws(() => Reflect.apply(attach, undefined, [server, { path }, {}]), TypeError);
    assert.equal(server.listenerCount("upgrade"), 0);
  });
});
