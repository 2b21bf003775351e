// Servers and the port that they own.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RefusedEvent } from "../../../src/adapter/server/server-handlers.js";
import { certificate } from "../../support/certificate.js";
import type { ListenOptions } from "../adapter.js";
import { masked, RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { soon } from "../until.js";

const FD = 3;

export const portCases: readonly Case[] = [
  {
    name: "maxConnections closes connections beyond it, and takes others when there is room again",
    async run(scene) {
      const server = await scene.serve({ maxConnections: 2 }, {});
      const first = await scene.client(server);
      // One that is in its handshake counts.
      const second = await scene.raw(server);
      await second.write("GET / HTTP/1.1\r\n");
      const third = await scene.raw(server);
      await third.gone();
      assert.equal(third.byteLength, 0);
      assert.equal(server.connections.size, 1);
      first.destroy();
      await scene.connections(server, 0);
      await scene.client(server);
    },
  },
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (maxConnections): Case => ({
      name: `maxConnections of ${maxConnections} is refused`,
      run: (scene) => assert.rejects(scene.adapter.serve({ maxConnections }, {}), RangeError),
    }),
  ),
  {
    name: "without a host, a server can be reached by its url and on 127.0.0.1",
    async run(scene) {
      const server = await scene.adapter.serve({}, {});
      scene.after(() => server.close({ timeoutMs: 1 }));
      assert.equal(server.url, `ws://127.0.0.1:${server.port}`);
      await scene.connect(server.url);
      await scene.client(server);
      assert.equal(server.connections.size, 2);
    },
  },
  ...(
    [
      [{ fd: -1 }, RangeError],
      [{ fd: 1.5 }, RangeError],
      [{ fd: FD, port: 8080 }, TypeError],
      [{ fd: FD, host: "127.0.0.1" }, TypeError],
      [{ fd: FD, unix: "/nowhere" }, TypeError],
      [{ reusePort: true, unix: "/nowhere" }, TypeError],
      [{ unix: "/nowhere", port: 8080 }, TypeError],
      [{ unix: "/nowhere", host: "127.0.0.1" }, TypeError],
      [{ path: "/tmp/socket" }, TypeError],
      [{ path: "/home/me/app.sock" }, TypeError],
      [{ path: "/app.sock", reusePort: true }, TypeError],
      [{ path: "chat" }, RangeError],
      [{ path: "/chat?a" }, RangeError],
      [{ path: JSON.parse("5") }, TypeError],
      [{ reusePort: true, fd: FD }, TypeError],
      [{ reusePort: JSON.parse('"yes"') }, TypeError],
    ] as const satisfies readonly (readonly [ListenOptions, ErrorConstructor])[]
  ).map(
    ([options, error]): Case => ({
      name: `serve(${JSON.stringify(options)}) is refused`,
      needs: ["port"],
      run: (scene) => assert.rejects(scene.adapter.serve(options, {}), error),
    }),
  ),
  {
    name: "path is the one at which there are WebSockets: others get 404, and plain requests are for fetch",
    needs: ["port"],
    async run(scene) {
      const events: RefusedEvent[] = [];
      const refused = (event: RefusedEvent): void => void events.push(event);
      const fetch = (asked: Request) => new Response(new URL(asked.url).pathname);
      const server = await scene.serve({ path: "/ch%61t/%c3%a4", fetch }, { refused });
      assert.equal(server.url, `ws://127.0.0.1:${server.port}/chat/%C3%A4`);
      await scene.connect(server.url);
      for (const target of ["/chat/%C3%A4", "/%63hat/%c3%a4?query", "http://localhost/chat/%C3%A4"]) {
        await scene.client(server, request({}, `GET ${target} HTTP/1.1`));
      }
      assert.equal(server.connections.size, 4);
      const targets = ["/", "/chat", "/chat/%C3%A4/", "/Chat/%C3%A4", "/?/chat/%C3%A4"];
      for (const target of targets) {
        const peer = await scene.raw(server);
        await peer.write(request({}, `GET ${target} HTTP/1.1`));
        assert.match(await peer.head(), /^HTTP\/1\.1 404 /, target);
      }
      assert.deepEqual(
        events.map(({ status, reason, target }) => [status, reason, target]),
        targets.map((target) => [404, "no WebSocket here", target]),
      );
      for (const target of ["/other", "/chat/%C3%A4"]) {
        const plain = await scene.raw(server);
        await plain.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        assert.match(await plain.head(), /^HTTP\/1\.1 200 /);
        await scene.eventually(() => plain.text.endsWith(target), "the page");
      }
    },
  },
  {
    name: "a path that looks like a file is one of a URL if there is another place to listen",
    needs: ["port"],
    async run(scene) {
      const server = await scene.serve({ port: 0, path: "/tmp/a.sock" }, {});
      assert.equal(server.url, `ws://127.0.0.1:${server.port}/tmp/a.sock`);
      await scene.connect(server.url);
      const message = /^path is the URL's; to listen on a Unix socket, write \{ unix: "\/tmp\/a\.sock" \}$/;
      await assert.rejects(scene.adapter.serve({ path: "/tmp/a.sock" }, {}), { name: "TypeError", message });
    },
  },
  {
    name: "path and unix together: the URL names both",
    needs: ["port", "unix"],
    async run(scene) {
      const folder = mkdtempSync(join(tmpdir(), "wsimd-"));
      scene.after(() => rmSync(folder, { recursive: true, force: true }));
      const unix = join(folder, "a socket");
      const server = await scene.serve({ unix, path: "/chat" }, {});
      assert.equal(server.url, `ws+unix:${folder}/a%20socket:/chat`);
      assert.equal(server.port, 0);
      await scene.connect(server.url);
      await assert.rejects(scene.connect(server.url.replace(":/chat", ":/news")), { status: 404 });
      await assert.rejects(scene.connect(server.url.replace(":/chat", "")), { status: 404 });
    },
  },
  {
    name: "a descriptor that is no socket is refused",
    needs: ["port"],
    run: (scene) => assert.rejects(scene.adapter.serve({ fd: 1_000_000 }, {})),
  },
  {
    name: "stopAccepting() frees the port, and what is there goes on",
    needs: ["port"],
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const open = await scene.client(server);
      const half = await scene.raw(server);
      const head = request();
      await half.write(head.slice(0, 20));
      await scene.eventually(() => server.connections.size === 1, "the first to be open");
      // It is accepted when it gets its answer.
      const plain = await scene.raw(server);
      await plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await plain.head();
      await server.stopAccepting?.();
      await server.stopAccepting?.();
      await assert.rejects(RawPeer.connect(server), { code: "ECONNREFUSED" });
      await open.write(masked("81 01 | 'a'"));
      await open.expect("81 01 'a'");
      await half.write(head.slice(20));
      assert.match(await half.head(), /^HTTP\/1\.1 101 /);
      assert.equal(server.connections.size, 2);
      assert.equal(server.broadcast("b"), 2);
      // Another may listen there now.
      const next = await scene.serve({ port: server.port }, {});
      await scene.client(next);
      await scene.eventually(() => next.connections.size === 1, "the next to have it");
      await soon(Promise.all([server.close(), recorder.until("close", 0)]), "the server to close");
      await open.expect("81 01 'b' 88 02 03 e9");
    },
  },
  {
    name: "stopAccepting() of a server with TLS",
    needs: ["port", "tls"],
    async run(scene) {
      const tls = certificate();
      const { server } = await scene.echo({ tls });
      const ours = new Recorder();
      const socket = await scene.connect(server.url, { tls: { ca: tls.cert } }, ours);
      await server.stopAccepting?.();
      await assert.rejects(RawPeer.connect(server), { code: "ECONNREFUSED" });
      socket.send("still");
      await ours.until("message");
      await server.close();
      assert.equal(await ours.closed(), "close 1001 clean");
    },
  },
  {
    name: "stopAccepting() of a server on a Unix socket frees its file",
    needs: ["port", "unix"],
    async run(scene) {
      const folder = mkdtempSync(join(tmpdir(), "wsimd-"));
      scene.after(() => rmSync(folder, { recursive: true, force: true }));
      const unix = join(folder, "socket");
      const { server } = await scene.echo({ unix });
      const ours = new Recorder();
      const socket = await scene.connect(server.url, {}, ours);
      await server.stopAccepting?.();
      assert.equal(existsSync(unix), false);
      const next = await scene.serve({ unix }, {});
      await scene.connect(next.url);
      socket.send("still");
      await ours.until("message");
    },
  },
  {
    name: "close() and stopAccepting() in either order",
    needs: ["port"],
    async run(scene) {
      for (const order of [
        ["stopAccepting", "close"],
        ["close", "stopAccepting"],
        ["close", "close"],
      ] as const) {
        const server = await scene.serve({}, {});
        await scene.client(server);
        const [first, second] = order;
        await soon(Promise.all([server[first]?.({ timeoutMs: 1 }), server[second]?.()]), order.join(" and "));
        await assert.rejects(RawPeer.connect(server), { code: "ECONNREFUSED" });
      }
    },
  },
  {
    name: "reusePort lets two servers have one port, and only those that ask for it",
    needs: ["port", "reuse-port"],
    async run(scene) {
      const first = await scene.serve({ reusePort: true }, {});
      const second = await scene.serve({ port: first.port, reusePort: true }, {});
      assert.equal(second.port, first.port);
      await assert.rejects(scene.adapter.serve({ port: first.port, host: "127.0.0.1" }, {}));
      for (let i = 0; i < 4; i++) await scene.client(first);
      await scene.eventually(() => first.connections.size + second.connections.size === 4, "four");
      await first.close({ timeoutMs: 1 });
      await scene.client(second);
    },
  },
];
