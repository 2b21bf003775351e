// Informational answers, which a client passes over.
import assert from "node:assert/strict";
import { latin1, unmasked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import { type Case, switching } from "../scene.js";
import { answering, failure } from "./dial.js";
import { OK, URL_BEHIND } from "./proxy.js";

const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";

/** What stands before the answer. */
const BEFORE = {
  "a 100": "HTTP/1.1 100 Continue\r\n\r\n",
  "a 102": "HTTP/1.1 102 Processing\r\nX: 1\r\n\r\n",
  "a 103": HINTS,
  "some, of any name": `HTTP/1.1 100\r\n\r\n${HINTS}${HINTS}HTTP/1.1 199 Wait\r\n\r\n`,
} as const;

/** Each way to write bytes to a socket. */
const WAYS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array[]>> = {
  "in one segment": (bytes) => [bytes],
  "byte by byte": (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)),
};

const FRAMES = unmasked("81 02 | 'Hi'", "81 03 | 'all'");

export const informationalCases: readonly Case[] = [
  ...Object.entries(BEFORE).flatMap(([name, before]) =>
    Object.entries(WAYS).flatMap(([way, cut]): Case[] => [
      {
        name: `connect() passes over ${name} before the 101, with frames behind it, ${way}`,
        async run(scene) {
          const recorder = new Recorder();
          const server = await scene.rawServer(async (peer) => {
            const answer = latin1(before + switching(await peer.head()));
            for (const part of cut(Buffer.concat([answer, FRAMES]))) await peer.write(part);
          });
          await scene.connect(server.url, {}, recorder);
          await recorder.until("message", 2);
          assert.deepEqual(recorder.messages, ["Hi", "all"]);
        },
      },
      {
        name: `connect() passes over ${name} before a proxy's 200, ${way}`,
        needs: ["proxy"],
        async run(scene) {
          const recorder = new Recorder();
          const proxy = await scene.rawServer(async (peer) => {
            await peer.head();
            for (const part of cut(latin1(before + OK))) await peer.write(part);
            await peer.write(before + switching(await peer.head()), FRAMES);
          });
          await scene.connect(URL_BEHIND, { proxy: proxy.url.replace("ws:", "http:") }, recorder);
          await recorder.until("message", 2);
          assert.deepEqual(recorder.messages, ["Hi", "all"]);
        },
      },
    ]),
  ),
  {
    name: "connect() passes over informational answers before a refusal",
    async run(scene) {
      const refusal = "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno";
      const server = await answering(scene, () => HINTS + refusal);
      const error = await failure(scene, server.url);
      assert.equal(error.code, "UNEXPECTED_STATUS");
      assert.equal(error.status, 401);
      assert.equal(error.text, "no");
    },
  },
  {
    name: "connect() fails: nothing but informational answers",
    async run(scene) {
      const silent = await answering(scene, () => HINTS);
      const error = await failure(scene, silent.url, { timeouts: { handshakeMs: 60 } });
      assert.equal(error.code, "TIMEOUT");
      await silent.peers[0]?.gone();
      const ending = await scene.rawServer(async (peer) => {
        await peer.head();
        await peer.write(HINTS);
        peer.end();
      });
      assert.equal((await failure(scene, ending.url)).code, "CONNECTION_ENDED");
    },
  },
  {
    name: "connect() fails: informational answers that are over the limits together",
    async run(scene) {
      const line = "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n";
      const limits = [{}, { maxHeadBytes: 1_000 }, { maxHeaderLines: 10 }];
      for (const each of limits) {
        const server = await answering(scene, (head) => line.repeat(1_000) + switching(head));
        const error = await failure(scene, server.url, { limits: each });
        assert.equal(error.code, "MALFORMED_RESPONSE");
        await server.peers[0]?.gone();
      }
      const long = await answering(scene, (head) => line.repeat(3) + switching(head));
      await scene.connect(long.url, { limits: { maxHeaderLines: 6 } });
      assert.equal(
        (await failure(scene, long.url, { limits: { maxHeaderLines: 5 } })).code,
        "MALFORMED_RESPONSE",
      );
    },
  },
];
