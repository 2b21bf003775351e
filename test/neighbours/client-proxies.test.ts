// Our client through real proxies: squid and tinyproxy.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe } from "vitest";
import { Recorder } from "../adapters/recorder.js";
import type { Scene } from "../adapters/scene.js";
import { certificate } from "../support/certificate.js";
import { file, folder, startDaemon } from "./daemon.js";
import { echo, neighbourTest } from "./neighbour-test.js";

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Starts a proxy. @returns its URL without credentials */
type StartProxy = (scene: Scene, credentials?: Credentials) => Promise<string>;

const KNOWN: Credentials = { user: "us er", password: "p:ä@ss" };

async function squidConfig(inFolder: string, listen: string, credentials?: Credentials): Promise<string> {
  let access = "http_access allow all\n";
  if (credentials !== undefined) {
    const { user, password } = credentials;
    const hash = execFileSync("openssl", ["passwd", "-apr1", password], { encoding: "utf8" }).trim();
    const users = await file(inFolder, "users", `${user}:${hash}\n`);
    access =
      `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}\n` +
      "auth_param basic children 1\nauth_param basic utf8 off\n" +
      "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n";
  }
  const lines = [
    listen,
    "pid_filename none",
    "access_log none",
    "cache_log /dev/null",
    "cache deny all",
    "netdb_filename none",
    "pinger_enable off",
    "visible_hostname localhost",
    "shutdown_lifetime 0 seconds",
    access,
  ];
  return file(inFolder, "squid.conf", lines.join("\n"));
}

const startSquid: StartProxy = async (scene, credentials) => {
  const { port } = await startDaemon(scene, async (port) => {
    const config = await squidConfig(await folder(scene), `http_port 127.0.0.1:${port}`, credentials);
    return { program: "squid", args: ["-N", "-f", config] };
  });
  return `http://localhost:${port}`;
};

const startTinyproxy: StartProxy = async (scene, credentials) => {
  const { port } = await startDaemon(scene, async (port) => {
    const lines = [`Port ${port}`, "Listen 127.0.0.1", "Timeout 60", "MaxClients 10"];
    if (credentials !== undefined) {
      lines.push(`BasicAuth ${credentials.user} ${credentials.password}`);
    }
    const config = await file(await folder(scene), "tinyproxy.conf", `${lines.join("\n")}\n`);
    return { program: "tinyproxy", args: ["-d", "-c", config] };
  });
  return `http://localhost:${port}`;
};

const withCredentials = (url: string, { user, password }: Credentials): string =>
  url.replace("//", `//${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);

/** A conversation through a proxy with a server of ours. */
async function talkThrough(scene: Scene, proxy: string, secure: boolean): Promise<void> {
  const tls = certificate();
  const theirs = echo();
  const server = await scene.serve(secure ? { tls } : {}, theirs);
  const ours = new Recorder();
  const options = { proxy, tls: { ca: tls.cert } };
  const socket = await scene.connect(server.url.replace("127.0.0.1", "localhost"), options, ours);
  const large = Buffer.alloc(1 << 20, 0x5a);
  socket.send("€uro \u{1f600}");
  socket.send(large);
  await ours.until("message", 2);
  assert.deepEqual(ours.messages, ["€uro \u{1f600}", large]);
  socket.ping(Uint8Array.of(1));
  await ours.until("pong");
  socket.send("close me");
  assert.equal(await ours.closed(), 'close 4321 "as you wish" clean');
  assert.equal(await theirs.closed(), "close 4321 clean");
}

async function refusal(scene: Scene, url: string, proxy: string): Promise<unknown> {
  const socket = scene.connect(url, { proxy });
  return socket.then(
    () => assert.fail("it connected"),
    (error: unknown) => error,
  );
}

function suite(start: StartProxy, credentials: Credentials): void {
  for (const secure of [false, true]) {
    const scheme = secure ? "wss" : "ws";
    neighbourTest(`${scheme}, without credentials`, async (scene) => {
      await talkThrough(scene, await start(scene), secure);
    });
    neighbourTest(`${scheme}, with credentials`, async (scene) => {
      await talkThrough(scene, withCredentials(await start(scene, credentials), credentials), secure);
    });
  }

  neighbourTest("no credentials, or the wrong ones, are refused with a challenge", async (scene) => {
    const proxy = await start(scene, credentials);
    const { server } = await scene.echo();
    const wrong = withCredentials(proxy, { ...credentials, password: "wrong" });
    for (const each of [proxy, wrong]) {
      const error = await refusal(scene, server.url, each);
      assert.ok(error instanceof Error && "code" in error && "status" in error && "headers" in error);
      assert.equal(error.code, "PROXY_REFUSED");
      // tinyproxy answers wrong credentials with 401.
      assert.ok(error.status === 407 || (error.status === 401 && each === wrong), String(error.status));
      assert.ok(error.headers instanceof Object && "get" in error.headers);
    }
  });

  neighbourTest("a server that is not there is the proxy's refusal", async (scene) => {
    const proxy = await start(scene);
    const gone = await scene.rawServer(() => {});
    const { url } = gone;
    gone.close();
    const error = await refusal(scene, url, proxy);
    assert.ok(error instanceof Error && "code" in error && "status" in error);
    assert.equal(error.code, "PROXY_REFUSED");
    assert.ok(Number(error.status) >= 500, String(error.status));
  });
}

describe("our client through squid", () => {
  suite(startSquid, KNOWN);

  neighbourTest("with TLS to the proxy itself", async (scene) => {
    const inFolder = await folder(scene);
    const tls = certificate();
    const both = await file(inFolder, "both.pem", tls.cert + tls.key);
    const { port } = await startDaemon(scene, async (port) => {
      const listen = `https_port 127.0.0.1:${port} tls-cert=${both}`;
      return { program: "squid", args: ["-N", "-f", await squidConfig(inFolder, listen)] };
    });
    const proxy = { url: `https://localhost:${port}`, tls: { ca: tls.cert } };
    for (const secure of [false, true]) {
      const recorder = new Recorder();
      const server = await scene.serve(secure ? { tls } : {}, echo());
      const socket = await scene.connect(server.url, { proxy, tls: { ca: tls.cert } }, recorder);
      socket.send("hello");
      socket.send("close me");
      assert.equal(await recorder.closed(), 'close 4321 "as you wish" clean');
      assert.deepEqual(recorder.messages, ["hello"]);
    }
  });
});

describe("our client through tinyproxy", () => {
  suite(startTinyproxy, { user: "user", password: "secret" });
});
