// Cases: clients that connect through an HTTP proxy.
import assert from "node:assert/strict";
import { certificate } from "../../support/certificate.js";
import { latin1, type RawPeer, type RawServer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { RelayProxy } from "../relay-proxy.js";
import { type Case, type Scene, switching } from "../scene.js";
import { turns } from "../until.js";
import { answering, failure } from "./dial.js";

export const OK = "HTTP/1.1 200 Connection established\r\n\r\n";
/** No name server knows this name: a client behind a proxy does not look it up. */
export const URL_BEHIND = "ws://nowhere.invalid/chat";

interface Row {
  readonly name: string;
  readonly answer: string;
  readonly code: string;
  readonly status?: number;
}

const ROWS: readonly Row[] = [
  {
    name: "407",
    answer:
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
    code: "PROXY_REFUSED",
    status: 407,
  },
  {
    name: "403",
    answer: "HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nnot there",
    code: "PROXY_REFUSED",
    status: 403,
  },
  {
    name: "502 of HTTP/1.0",
    answer: "HTTP/1.0 502\r\nContent-Length: 0\r\n\r\n",
    code: "PROXY_REFUSED",
    status: 502,
  },
  {
    name: "a redirect, which is never followed",
    answer: "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    code: "PROXY_REFUSED",
    status: 302,
  },
  { name: "101", answer: "HTTP/1.1 101 Switching\r\n\r\n", code: "PROXY_REFUSED", status: 101 },
  {
    name: "300",
    answer: "HTTP/1.1 300 Choose\r\nContent-Length: 0\r\n\r\n",
    code: "PROXY_REFUSED",
    status: 300,
  },
  { name: "what is no HTTP", answer: "SSH-2.0-OpenSSH\r\n", code: "PROXY_MALFORMED_RESPONSE" },
  { name: "a bare LF", answer: "HTTP/1.1 200 OK\n\n", code: "PROXY_MALFORMED_RESPONSE" },
  {
    name: "a folded line",
    answer: "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    code: "PROXY_MALFORMED_RESPONSE",
  },
  { name: "HTTP/2.0", answer: "HTTP/2.0 200 OK\r\n\r\n", code: "PROXY_MALFORMED_RESPONSE" },
  {
    name: "a head over 16 KiB",
    answer: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(16_384)}\r\n\r\n`,
    code: "PROXY_MALFORMED_RESPONSE",
  },
  {
    name: "over 100 lines",
    answer: `HTTP/1.1 200 OK\r\n${"X: 1\r\n".repeat(101)}\r\n`,
    code: "PROXY_MALFORMED_RESPONSE",
  },
  { name: "bytes behind the head", answer: `${OK}hello`, code: "PROXY_MALFORMED_RESPONSE" },
];

/** A proxy that lets the client in and is the server behind it as well. */
async function tunnelling(
  scene: Scene,
  ok = OK,
  serve: (peer: RawPeer) => unknown = () => {},
): Promise<{ server: RawServer; url: string; heads: string[] }> {
  const heads: string[] = [];
  const server = await scene.rawServer(async (peer) => {
    heads.push(await peer.head());
    await peer.write(ok);
    const head = await peer.head();
    heads.push(head);
    await peer.write(switching(head));
    await serve(peer);
  });
  return { server, url: server.url.replace("ws:", "http:"), heads };
}

const fieldsOf = (head = ""): string[] => head.split("\r\n").slice(1, -2);

/** A server and a proxy that leads to it, each with a TLS certificate or without. */
async function behindRelay(scene: Scene, tls: { server: boolean; proxy: boolean }) {
  const files = certificate();
  const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
  const server = await scene.serve(tls.server ? { tls: files } : {}, recorder);
  const proxy = await RelayProxy.listen(tls.proxy ? files : undefined);
  scene.after(() => proxy.close());
  return { server, proxy, recorder, ca: files.cert };
}

export const proxyCases: readonly Case[] = [
  ...ROWS.map(
    ({ name, answer, code, status }): Case => ({
      name: `connect() by a proxy fails: ${name}`,
      needs: ["proxy"],
      async run(scene) {
        const server = await answering(scene, () => answer);
        const proxy = server.url.replace("ws:", "http:");
        const error = await failure(scene, URL_BEHIND, { proxy, maxRedirects: 1 });
        assert.equal(error.name, "HandshakeError");
        assert.equal(error.code, code);
        assert.equal(error.status, status);
        assert.match(error.message, status === undefined ? /./ : /^the proxy answered \d{3}/);
        await server.peers[0]?.gone();
        assert.equal(server.peers.length, 1);
      },
    }),
  ),
  {
    name: "connect() by a proxy fails: the answer's headers are there to look at",
    needs: ["proxy"],
    async run(scene) {
      const server = await answering(scene, () => ROWS[0]?.answer ?? "");
      const { headers } = await failure(scene, URL_BEHIND, { proxy: server.url.replace("ws:", "http:") });
      assert.ok(headers instanceof Object && "get" in headers && typeof headers.get === "function");
      assert.equal(headers.get("proxy-authenticate"), "Basic realm=x");
    },
  },
  {
    name: "connect() by a proxy fails: it ends the connection without an answer",
    needs: ["proxy"],
    async run(scene) {
      for (const part of ["", "HTTP/1.1 200 Conn"]) {
        const server = await scene.rawServer(async (peer) => {
          await peer.head();
          if (part !== "") await peer.write(part);
          peer.end();
        });
        const error = await failure(scene, URL_BEHIND, { proxy: server.url.replace("ws:", "http:") });
        assert.equal(error.code, "PROXY_CONNECTION_ENDED");
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "connect() by a proxy fails: no answer in time, of the proxy or of the server behind it",
    needs: ["proxy"],
    async run(scene) {
      for (const part of ["", "HTTP/1.1 200 Conn", OK]) {
        const server = await answering(scene, () => part);
        const proxy = server.url.replace("ws:", "http:");
        const error = await failure(scene, URL_BEHIND, { proxy, timeouts: { handshakeMs: 60 } });
        assert.equal(error.code, "TIMEOUT");
        assert.match(error.message, part === OK ? /of the server/ : /of the proxy/);
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "connect() by a proxy fails: nobody is there",
    needs: ["proxy"],
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const proxy = server.url.replace("ws:", "http:");
      server.close();
      assert.equal((await failure(scene, URL_BEHIND, { proxy })).code, "ECONNREFUSED");
    },
  },
  {
    name: "connect() by a proxy is given up by its signal, before and behind the tunnel",
    needs: ["proxy"],
    async run(scene) {
      for (const part of ["", OK]) {
        const given = new AbortController();
        const server = await scene.rawServer(async (peer) => {
          await peer.head();
          if (part !== "") {
            await peer.write(part);
            await peer.head();
          }
          given.abort(new Error("no longer wanted"));
        });
        const proxy = server.url.replace("ws:", "http:");
        const error = await failure(scene, URL_BEHIND, { proxy, signal: given.signal });
        assert.equal(error.message, "no longer wanted");
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "connect() refuses proxies that are none, and headers that can't be sent, without a connection",
    needs: ["proxy", "unix"],
    async run(scene) {
      const server = await scene.rawServer(() => {});
      const http = server.url.replace("ws:", "http:");
      const wrong = [
        ...["", "localhost:3128", "//localhost", "ftp://x/", "socks5://x/", "ws://x/"],
        ...[`${http}path`, `${http}?query`, `${http}#part`],
        ...["%zz:x@", "x:%zz@"].map((user) => http.replace("//", `//${user}`)),
        { url: http, headers: { X: "a\r\nY: b" } },
        { url: http, headers: { Host: "evil" } },
      ];
      for (const proxy of wrong) {
        assert.equal((await failure(scene, server.url, { proxy })).name, "TypeError", JSON.stringify(proxy));
      }
      const headers = { "Proxy-Authorization": "Basic x" };
      assert.equal((await failure(scene, server.url, { headers })).name, "TypeError");
      assert.equal((await failure(scene, "ws+unix:/run/x.sock", { proxy: http })).name, "TypeError");
      await turns();
      assert.equal(server.peers.length, 0);
    },
  },
  {
    name: "the proxy is told the server's host and port, and nothing that is for the server",
    needs: ["proxy"],
    async run(scene) {
      const { url, heads } = await tunnelling(scene);
      const headers = { Authorization: "Bearer t", Cookie: "c=1", "X-Mine": "1" };
      await scene.connect("ws://user:pass@nowhere.invalid/chat?x", { proxy: url, headers });
      assert.equal(heads[0], "CONNECT nowhere.invalid:80 HTTP/1.1\r\nHost: nowhere.invalid:80\r\n\r\n");
      assert.match(heads[1] ?? "", /^GET \/chat\?x HTTP\/1\.1\r\nHost: nowhere\.invalid\r\n/);
      for (const [name, value] of Object.entries(headers)) assert.ok(heads[1]?.includes(`${name}: ${value}`));
    },
  },
  {
    name: "the server is told nothing that is for the proxy",
    needs: ["proxy"],
    async run(scene) {
      const { url, heads } = await tunnelling(scene);
      const proxy = url.replace("//", "//us%40er:p%C3%A4ss@");
      const basic = `Proxy-Authorization: Basic ${Buffer.from("us@er:päss").toString("base64")}`;
      await scene.connect(URL_BEHIND, { proxy });
      assert.deepEqual(fieldsOf(heads[0]), ["Host: nowhere.invalid:80", basic]);
      assert.doesNotMatch(heads[1] ?? "", /^proxy-/im);
      const own = { url: proxy, headers: { "proxy-authorization": "Bearer t", "User-Agent": "me" } };
      await scene.connect(URL_BEHIND, { proxy: own });
      assert.deepEqual(fieldsOf(heads[2]), [
        "Host: nowhere.invalid:80",
        "proxy-authorization: Bearer t",
        "User-Agent: me",
      ]);
      assert.doesNotMatch(heads[3] ?? "", /^(proxy-|user-agent)/im);
    },
  },
  {
    name: "the proxy is told ports and IPv6 addresses as they are",
    needs: ["proxy"],
    async run(scene) {
      const { url, heads } = await tunnelling(scene);
      await scene.connect("ws://nowhere.invalid:8080/", { proxy: url });
      await scene.connect("ws://[::1]:8080/", { proxy: url });
      await scene.connect("ws://[2001:DB8:0::1]/", { proxy: new URL(url) });
      const lines = heads.filter((head) => head.startsWith("CONNECT")).map((head) => head.split(" ")[1]);
      assert.deepEqual(lines, ["nowhere.invalid:8080", "[::1]:8080", "[2001:db8::1]:80"]);
      assert.match(heads[5] ?? "", /\r\nHost: \[2001:db8::1\]\r\n/);
    },
  },
  ...[
    "HTTP/1.0 200 Connection established\r\n\r\n",
    "HTTP/1.1 204\r\nContent-Length: 5\r\nX: \xe9\r\n\r\n",
  ].map(
    (ok): Case => ({
      name: `a tunnel is opened by ${JSON.stringify(ok)}, byte by byte`,
      needs: ["proxy"],
      async run(scene) {
        const recorder = new Recorder();
        const proxy = await scene.rawServer(async (peer) => {
          await peer.head();
          for (const byte of latin1(ok)) await peer.write(Uint8Array.of(byte));
          await peer.write(switching(await peer.head()), Uint8Array.of(0x81, 2, 0x48, 0x69));
        });
        await scene.connect(URL_BEHIND, { proxy: proxy.url.replace("ws:", "http:") }, recorder);
        await recorder.until("message");
        assert.deepEqual(recorder.messages, ["Hi"]);
      },
    }),
  ),
  ...[false, true].flatMap((server) =>
    [false, true].map(
      (proxy): Case => ({
        name: `a ${server ? "wss" : "ws"} server behind an ${proxy ? "https" : "http"} proxy`,
        needs: ["proxy", server && proxy ? "nested-tls" : "tls"],
        async run(scene) {
          const { ca, recorder, ...ends } = await behindRelay(scene, { server, proxy });
          const ours = new Recorder();
          const options = { proxy: { url: ends.proxy.url, tls: { ca } }, tls: { ca } };
          const limits = { maxMessageBytes: Number.POSITIVE_INFINITY };
          const url = ends.server.url.replace("127.0.0.1", "localhost");
          const socket = await scene.connect(url, { ...options, limits }, ours);
          assert.equal(socket.remoteAddress, "127.0.0.1");
          const large = new Uint8Array(1 << 20).fill(0x5a);
          socket.send("text");
          socket.send(large);
          await ours.until("message", 2);
          const [text, bytes] = ours.messages;
          assert.equal(text, "text");
          assert.ok(bytes instanceof Uint8Array && Buffer.from(large).equals(bytes));
          socket.close(4000, "bye");
          assert.equal(await recorder.closed(), 'close 4000 "bye" clean');
          assert.equal(await ours.closed(), "close 4000 clean");
          assert.equal(ends.proxy.heads.length, 1);
        },
      }),
    ),
  ),
  {
    name: "in a tunnel, too, the certificate must be the server's",
    needs: ["proxy", "tls"],
    async run(scene) {
      const nested = scene.adapter.capabilities.has("nested-tls");
      const { ca, server, proxy } = await behindRelay(scene, { server: true, proxy: nested });
      const via = { url: proxy.url, tls: { ca } };
      const reach = async (host: string, tls: { ca?: string }): Promise<unknown> =>
        (await failure(scene, `wss://${host}:${server.port}/`, { proxy: via, tls })).code;
      assert.equal(await reach("nowhere.invalid", { ca }), "ERR_TLS_CERT_ALTNAME_INVALID");
      // The certificate is for localhost, where the proxy is: that must not do for another address.
      assert.equal(await reach("127.0.0.2", { ca }), "ERR_TLS_CERT_ALTNAME_INVALID");
      assert.equal(await reach("localhost", {}), "DEPTH_ZERO_SELF_SIGNED_CERT");
      // What is trusted for the server is not trusted for the proxy.
      const plain = await behindRelay(scene, { server: false, proxy: true });
      const error = await failure(scene, plain.server.url, { proxy: plain.proxy.url, tls: { ca: plain.ca } });
      assert.equal(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
    },
  },
  {
    name: "options for TLS that make no sense are reported in a tunnel as well",
    needs: ["proxy", "tls"],
    async run(scene) {
      const { server, proxy } = await behindRelay(scene, { server: true, proxy: false });
      const ca = "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n";
      await assert.rejects(scene.connect(server.url, { proxy: proxy.url, tls: { ca } }));
      await scene.connections(server, 0);
    },
  },
  {
    name: "the environment's proxies are respected on request only, and asked again for each redirect",
    needs: ["proxy"],
    async run(scene) {
      const { url, heads } = await tunnelling(scene);
      const home = await scene.serve({}, {});
      const away = await scene.serve(
        { upgrade: () => ({ status: 302, headers: { Location: URL_BEHIND } }) },
        {},
      );
      setEnvironment(scene, { http_proxy: url.replace("http://", ""), no_proxy: "localhost, 127.0.0.0/8" });
      await scene.connect(home.url, { proxy: "environment" });
      assert.equal(heads.length, 0, "excepted");
      await scene.connect(away.url, { proxy: "environment", maxRedirects: 1 });
      assert.match(heads[0] ?? "", /^CONNECT nowhere\.invalid:80 /);
      setEnvironment(scene, { no_proxy: undefined });
      await scene.connect(home.url, {});
      assert.equal(heads.length, 2, "not asked for");
      await scene.connect(home.url, { proxy: { url: "environment", headers: { "X-Mine": "1" } } });
      assert.match(heads[2] ?? "", /^CONNECT 127\.0\.0\.1:\d+ .*\r\nX-Mine: 1\r\n/s);
    },
  },
];

/** Sets environment variables for the case. */
function setEnvironment(scene: Scene, variables: Readonly<Record<string, string | undefined>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const set = (entries: Iterable<readonly [string, string | undefined]>): void => {
    for (const [name, value] of entries) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  set(Object.entries(variables));
  scene.after(() => set(before));
}
