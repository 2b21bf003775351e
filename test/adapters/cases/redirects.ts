// Cases: clients that follow redirects, or refuse to.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificate } from "../../support/certificate.js";
import type { RawServer } from "../raw-peer.js";
import { type Case, type Scene, switching } from "../scene.js";

/** A server that sends each request on to where `to` says, or lets it in. */
async function redirecting(
  scene: Scene,
  to: (target: string) => string | undefined,
): Promise<{ server: RawServer; heads: string[] }> {
  const heads: string[] = [];
  const server = await scene.rawServer(async (peer) => {
    const head = await peer.head();
    heads.push(head);
    const location = to(head.split(" ")[1] ?? "");
    if (location === undefined) await peer.write(switching(head));
    else await peer.write(`HTTP/1.1 302 Found\r\n${location === "" ? "" : `Location: ${location}\r\n`}\r\n`);
  });
  return { server, heads };
}

const names = (head: string): string[] =>
  head
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(":")[0]?.toLowerCase() ?? "")
    .filter((name) => ["authorization", "cookie", "x-mine"].includes(name));

const PRIVATE = { Authorization: "Bearer t", Cookie: "c=1", "X-Mine": "1" };

export const redirectCases: readonly Case[] = [
  {
    name: "a number of redirects that makes no sense is refused, without a connection",
    async run(scene) {
      const { server, heads } = await redirecting(scene, () => undefined);
      for (const maxRedirects of [-1, 11, 1.5]) {
        await assert.rejects(scene.connect(server.url, { maxRedirects }), RangeError, String(maxRedirects));
      }
      assert.equal(server.peers.length, 0);
      assert.deepEqual(heads, []);
    },
  },
  {
    name: "redirects are followed on request, the headers going along within the origin",
    async run(scene) {
      const { server, heads } = await redirecting(scene, (target) =>
        target === "/" ? "/one" : target === "/one" ? `http://127.0.0.1:${server.port}/two?x` : undefined,
      );
      await scene.connect(server.url, { maxRedirects: 2, headers: PRIVATE });
      assert.deepEqual(
        heads.map((head) => head.split(" ")[1]),
        ["/", "/one", "/two?x"],
      );
      for (const head of heads) assert.deepEqual(names(head), ["authorization", "cookie", "x-mine"]);
      await server.peers[0]?.gone();
      await server.peers[1]?.gone();
    },
  },
  {
    name: "Authorization and Cookie stay behind when the origin changes, the URL's credentials as well",
    async run(scene) {
      const away = await redirecting(scene, () => `${home.server.url}back`);
      const home = await redirecting(scene, (target) => (target === "/" ? away.server.url : undefined));
      const url = home.server.url.replace("//", "//user:pass@");
      await scene.connect(url, { maxRedirects: 5, headers: { Cookie: "c=1", "X-Mine": "1" } });
      assert.deepEqual(names(home.heads[0] ?? ""), ["cookie", "x-mine", "authorization"]);
      assert.deepEqual(names(away.heads[0] ?? ""), ["x-mine"]);
      // Not even on the way back: the other origin may have chosen the path.
      assert.deepEqual(names(home.heads[1] ?? ""), ["x-mine"]);
    },
  },
  {
    name: "no more redirects are followed than were asked for",
    async run(scene) {
      const { server, heads } = await redirecting(scene, () => "/again");
      await assert.rejects(scene.connect(server.url, { maxRedirects: 3 }), {
        name: "HandshakeError",
        code: "UNEXPECTED_STATUS",
        status: 302,
      });
      assert.equal(heads.length, 4);
    },
  },
  {
    name: "a redirect that leads nowhere is an error",
    async run(scene) {
      for (const location of ["", "ftp://x/", "http://[", "ws+unix:/run/docker.sock"]) {
        const { server } = await redirecting(scene, () => location);
        await assert.rejects(scene.connect(server.url, { maxRedirects: 1 }), {
          name: "HandshakeError",
          code: "INVALID_REDIRECT",
          status: 302,
        });
        await server.peers[0]?.gone();
      }
    },
  },
  {
    name: "no redirect leads from TLS to plain text",
    needs: ["tls"],
    async run(scene) {
      const tls = certificate();
      const plain = await scene.wsServer();
      const upgrade = () => ({ status: 302, headers: { Location: plain.url } });
      const server = await scene.serve({ tls, upgrade }, {});
      await assert.rejects(scene.connect(server.url, { tls: { ca: tls.cert }, maxRedirects: 5 }), {
        code: "INVALID_REDIRECT",
      });
      assert.equal(plain.peers.length, 0);
    },
  },
  {
    name: "a redirect on a Unix socket stays on it",
    needs: ["unix"],
    async run(scene) {
      const folder = mkdtempSync(join(tmpdir(), "wsimd-"));
      scene.after(() => rmSync(folder, { recursive: true, force: true }));
      const targets: string[] = [];
      const server = await scene.serve(
        {
          unix: join(folder, "s.sock"),
          upgrade({ target }) {
            targets.push(target);
            return target === "/a/b" ? { status: 307, headers: { Location: "../login?x" } } : undefined;
          },
        },
        {},
      );
      await scene.connect(`${server.url}:/a/b`, { maxRedirects: 1 });
      assert.deepEqual(targets, ["/a/b", "/login?x"]);
    },
  },
];
