// Cases: TLS and Unix sockets.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificate } from "../../support/certificate.js";
import { masked, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { soon } from "../until.js";

function folder(scene: Scene): string {
  const path = mkdtempSync(join(tmpdir(), "wsimd-"));
  scene.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export const transportCases: readonly Case[] = [
  {
    name: "wss: messages of all sizes, both ways, through TLS",
    needs: ["tls"],
    async run(scene) {
      const tls = certificate();
      const { server, recorder } = await scene.echo({ tls, limits: { maxMessageBytes: 4 << 20 } });
      assert.match(server.url, /^wss:\/\/127\.0\.0\.1:\d+$/);
      const ours = new Recorder();
      const options = { tls: { ca: tls.cert }, limits: { maxMessageBytes: 4 << 20 } };
      const socket = await scene.connect(server.url, options, ours);
      const messages = ["", "text", "x".repeat(70_000), new Uint8Array(300), new Uint8Array(2 << 20).fill(5)];
      for (const message of messages) socket.send(message);
      await ours.until("message", messages.length);
      for (const [i, message] of messages.entries()) {
        const back = ours.messages[i];
        if (typeof message === "string") assert.equal(back, message);
        else assert.ok(back instanceof Uint8Array && Buffer.from(message).equals(back));
      }
      socket.close(1000, "bye");
      assert.equal(await recorder.closed(), 'close 1000 "bye" clean');
      assert.equal(await ours.closed(), "close 1000 clean");
    },
  },
  {
    name: "wss: many small messages keep their order and content, while earlier ones are still being encrypted",
    needs: ["tls"],
    async run(scene) {
      const tls = certificate();
      const { server } = await scene.echo({ tls });
      const peer = await scene.client({ port: server.port, ca: tls.cert });
      const expected: string[] = [];
      for (let i = 0; i < 30; i++) {
        const batch = Array.from(
          { length: 40 },
          (_, j) => `81 7e 00 c8 | ${hexByte(32 + ((i + j) % 90))}*200`,
        );
        expected.push(...batch.map((frame) => frame.replace("|", "")));
        await peer.write(masked(...batch));
      }
      await peer.expect(expected.join(" "));
    },
  },
  {
    name: "wss: a certificate that nobody vouches for is an error",
    needs: ["tls"],
    async run(scene) {
      const { server, recorder } = await scene.echo({ tls: certificate() });
      await assert.rejects(scene.connect(server.url, { tls: { ca: certificate().cert } }), (error) => {
        assert.ok(error instanceof Error && "code" in error);
        assert.match(String(error.code), /CERT|SIGN/);
        return true;
      });
      await assert.rejects(scene.connect(server.url));
      assert.deepEqual(recorder.log, []);
    },
  },
  {
    name: "wss: a certificate of another host is an error, whoever vouches for it",
    needs: ["tls"],
    async run(scene) {
      const tls = certificate(["elsewhere.example"]);
      const server = await scene.serve({ tls }, {});
      await assert.rejects(scene.adapter.connect(server.url, { tls: { ca: tls.cert } }), (error) => {
        assert.ok(error instanceof Error);
        assert.match(`${Reflect.get(error, "code")} ${error.message}`, /ALTNAME|altnames|certificate/i);
        return true;
      });
      assert.equal(server.connections.size, 0);
    },
  },
  {
    name: "wss: one that speaks no TLS, or stops in the middle of its handshake, holds up nobody",
    needs: ["tls", "port"],
    async run(scene) {
      const tls = certificate();
      const recorder = new Recorder();
      const server = await scene.serve({ tls, timeouts: { handshakeMs: 60_000 } }, recorder);
      const plain = await scene.raw({ port: server.port });
      await plain.write(request());
      await plain.gone();
      const silent = await scene.raw({ port: server.port });
      const half = await scene.raw({ port: server.port });
      await half.write("\x16\x03\x01\x02");
      await scene.client({ port: server.port, ca: tls.cert });
      await soon(server.close({ timeoutMs: 50 }), "close()");
      await silent.gone();
      await half.gone();
      assert.deepEqual(recorder.log, ["open", "close 1006"]);
    },
  },
  {
    name: "ws+unix: a server and a client on a Unix socket, with a path behind it",
    needs: ["unix"],
    async run(scene) {
      const path = join(folder(scene), "a socket: 100%.sock");
      const targets: string[] = [];
      const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
      const upgrade = (asked: { target: string }): undefined => void targets.push(asked.target);
      const server = await scene.serve({ unix: path, upgrade }, recorder);
      assert.equal(server.port, 0);
      for (const url of [server.url, `${server.url}:/chat?x=1`]) {
        const ours = new Recorder();
        const socket = await scene.connect(url, {}, ours);
        socket.send("over a file");
        await ours.until("message");
        assert.deepEqual(ours.messages, ["over a file"]);
        assert.equal(socket.remoteAddress, "");
        assert.equal(recorder.socket.remoteAddress, "");
        socket.close(1000);
        await ours.closed();
      }
      assert.deepEqual(targets, ["/", "/chat?x=1"]);
    },
  },
  {
    name: "ws+unix: no such socket is the system's error",
    needs: ["unix"],
    async run(scene) {
      await assert.rejects(scene.connect(`ws+unix:${folder(scene)}/none.sock`), { code: "ENOENT" });
    },
  },
];

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
