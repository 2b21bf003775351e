// Our server behind nginx and HAProxy, configured as docs/proxies.md says.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe } from "vitest";
import { Recorder } from "../adapters/recorder.js";
import type { Scene } from "../adapters/scene.js";
import { certificate } from "../support/certificate.js";
import { file, folder, type Setup, startDaemon } from "./daemon.js";
import { echo, LARGE_BYTES, LARGE_LIMITS, neighbourTest } from "./neighbour-test.js";

/** A proxy in front of a server. */
interface Front {
  readonly upstream: number;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  /** Seconds of silence until the proxy cuts a connection. */
  readonly idleSeconds: number;
}

type Configure = (port: number, inFolder: string, front: Front) => Promise<Setup>;

const docs = readFileSync(new URL("../../docs/proxies.md", import.meta.url), "utf8");

/** The configuration that the documentation shows, each of these replaced. @throws Error if one is not there */
function documented(language: string, replacements: Readonly<Record<string, string>>): string {
  let config = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, "m").exec(docs)?.[1] ?? "";
  for (const [from, to] of Object.entries(replacements)) {
    if (!config.includes(from)) throw new Error(`the ${language} of the documentation has no ${from}`);
    config = config.replaceAll(from, to);
  }
  return config;
}

const nginx: Configure = async (port, inFolder, { upstream, tls, idleSeconds }) => {
  const listen = `listen 127.0.0.1:${port}`;
  const server = documented("nginx", {
    "127.0.0.1:8080": `127.0.0.1:${upstream}`,
    "proxy_read_timeout 60s;": `proxy_read_timeout ${idleSeconds}s;`,
    ...(tls === undefined
      ? {
          "listen 443 ssl;": `${listen};`,
          "ssl_certificate     /etc/ssl/example.pem;": "",
          "ssl_certificate_key /etc/ssl/example.key;": "",
        }
      : {
          "listen 443 ssl;": `${listen} ssl;`,
          "/etc/ssl/example.pem": await file(inFolder, "cert.pem", tls.cert),
          "/etc/ssl/example.key": await file(inFolder, "key.pem", tls.key),
        }),
  });
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${inFolder}/${name};`)
    .join("\n");
  const config = await file(
    inFolder,
    "nginx.conf",
    `daemon off;\nmaster_process off;\npid ${inFolder}/pid;\nevents {}\nhttp {\naccess_log off;\n${places}\n${server}}\n`,
  );
  return { program: "nginx", args: ["-e", "stderr", "-p", inFolder, "-c", config] };
};

const haproxy: Configure = async (port, inFolder, { upstream, tls, idleSeconds }) => {
  const ssl = tls && ` ssl crt ${await file(inFolder, "both.pem", tls.cert + tls.key)}`;
  const config = documented("haproxy", {
    "bind :443 ssl crt /etc/ssl/example.pem": `bind 127.0.0.1:${port}${ssl ?? ""}`,
    "127.0.0.1:8080": `127.0.0.1:${upstream}`,
    "timeout tunnel 60s": `timeout tunnel ${idleSeconds}s`,
  });
  return { program: "haproxy", args: ["-db", "-f", await file(inFolder, "haproxy.cfg", config)] };
};

/** Starts a proxy. @returns its URL */
async function start(scene: Scene, configure: Configure, front: Front): Promise<string> {
  const inFolder = await folder(scene);
  const { port } = await startDaemon(scene, (port) => configure(port, inFolder, front));
  return `${front.tls === undefined ? "ws" : "wss"}://localhost:${port}/chat`;
}

function suite(configure: Configure): void {
  for (const secure of [false, true]) {
    const ways = secure ? "terminating TLS" : "in plain text";
    neighbourTest(`passes everything both ways, ${ways}`, async (scene) => {
      const tls = secure ? certificate() : undefined;
      const theirs = echo();
      const seen: (string | undefined)[] = [];
      const server = await scene.serve(
        {
          limits: LARGE_LIMITS,
          protocols: ["chat"],
          origins: ["https://example.org"],
          upgrade({ headers }) {
            seen.push(headers.get("X-Forwarded-For"));
            return undefined;
          },
        },
        theirs,
      );
      const url = await start(scene, configure, { upstream: server.port, tls, idleSeconds: 30 });
      const ours = new Recorder();
      const common = { limits: LARGE_LIMITS, protocols: ["other", "chat"], origin: "https://example.org" };
      const headers = { "X-Forwarded-For": "6.6.6.6" };
      const ca = tls === undefined ? {} : { ca: tls.cert };
      const socket = await scene.connect(url, { ...common, headers, tls: ca }, ours);
      assert.equal(socket.protocol, "chat");
      assert.deepEqual(seen, ["127.0.0.1"], "what the client says of itself is replaced");
      const large = Buffer.alloc(LARGE_BYTES, "0123456789abcdef");
      socket.send("€uro \u{1f600}");
      socket.send(large);
      socket.sendFragment("in ", false);
      socket.sendFragment("parts", true);
      await ours.until("message", 3);
      assert.equal(ours.messages[0], "€uro \u{1f600}");
      assert.ok(ours.messages[1] instanceof Buffer && ours.messages[1].equals(large));
      assert.equal(ours.messages[2], "in parts");
      socket.ping(Uint8Array.of(1));
      theirs.socket.ping(Uint8Array.of(2));
      await Promise.all([ours.until("pong"), theirs.until("pong")]);
      socket.close(4001, "bye");
      assert.equal(await theirs.closed(), 'close 4001 "bye" clean');
      assert.equal(await ours.closed(), "close 4001 clean");
      const again = new Recorder();
      (await scene.connect(url, { ...common, tls: ca }, again)).send("close me");
      assert.equal(await again.closed(), 'close 4321 "as you wish" clean');
    });
  }

  neighbourTest("lets refusals and lost connections through", async (scene) => {
    const recorder = new Recorder({ message: (socket) => socket.terminate() });
    const upgrade = ({ path: asked }: { path: string }) =>
      asked === "/chat" ? undefined : { status: 403, body: "no" };
    const server = await scene.serve({ upgrade }, recorder);
    const url = await start(scene, configure, { upstream: server.port, tls: undefined, idleSeconds: 30 });
    await assert.rejects(scene.connect(url.replace("/chat", "/else")), { status: 403 });
    const ours = new Recorder();
    (await scene.connect(url, {}, ours)).send("go away");
    assert.equal(await ours.closed(), "close 1006");
    const theirs = (await scene.connect(url)).terminate();
    assert.equal(theirs, undefined);
    await recorder.until("close", 2);
    assert.equal(recorder.closes[1]?.code, 1006);
  });

  neighbourTest("passes the 101 to curl", async (scene) => {
    // curl does not answer the Close frame.
    const server = await scene.serve(
      { timeouts: { closeMs: 100 } },
      { open: (socket) => socket.close(1000) },
    );
    const url = await start(scene, configure, { upstream: server.port, tls: undefined, idleSeconds: 30 });
    const headers = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
      "Sec-WebSocket-Version: 13",
    ].flatMap((header) => ["--header", header]);
    const args = ["-s", "-i", "-N", "--max-time", "10", ...headers, url.replace("ws:", "http:")];
    const { stdout } = await promisify(execFile)("curl", args, { encoding: "latin1" });
    assert.match(stdout, /^HTTP\/1\.1 101 /);
    assert.match(stdout, /\r\nsec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n/i);
    const frames = stdout.slice(stdout.indexOf("\r\n\r\n") + 4);
    assert.equal(Buffer.from(frames, "latin1").toString("hex"), "880203e8");
  });

  neighbourTest("cuts an idle connection, unless our pings keep it", async (scene) => {
    const never = Number.POSITIVE_INFINITY;
    const pinging = await scene.serve({ timeouts: { pingIntervalMs: 250 } }, echo());
    const silent = await scene.serve({ timeouts: { pingIntervalMs: never } }, echo());
    const kept = new Recorder();
    const cut = new Recorder();
    const quiet = { timeouts: { pingIntervalMs: never } };
    const front = { tls: undefined, idleSeconds: 2 };
    const toPinging = await start(scene, configure, { ...front, upstream: pinging.port });
    const toSilent = await start(scene, configure, { ...front, upstream: silent.port });
    const socket = await scene.connect(toPinging, quiet, kept);
    await scene.connect(toSilent, quiet, cut);
    assert.equal(await cut.closed(), "close 1006");
    // By now the other one has been without a message for longer than that.
    assert.equal(kept.count("close"), 0);
    socket.send("still here");
    await kept.until("message");
    assert.deepEqual(kept.messages, ["still here"]);
    assert.ok(kept.count("ping") >= 2);
  });
}

describe("our server behind nginx", () => suite(nginx));
describe("our server behind HAProxy", () => suite(haproxy));
