// Clients that are gone before they are accepted: nothing is known of them any more, and nothing of what they sent is delivered.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { masked, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";
import { turns } from "../until.js";

/**
 * A thread that connects while this one is blocked, writes, resets the connection, and says when all that is done.
 */
const PROGRAM = `
  const { connect } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", ({ port, bytes, done }) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(bytes, () => socket.resetAndDestroy());
    });
    socket.on("close", () => {
      Atomics.store(done, 0, 1);
      Atomics.notify(done, 0);
    });
  });
  parentPort.postMessage("ready");
`;

/** Has a client send these bytes and reset, all before the server gets to accept it. */
async function resetEarly(port: number, bytes: Uint8Array): Promise<void> {
  const worker = new Worker(PROGRAM, { eval: true });
  await once(worker, "message");
  const done = new Int32Array(new SharedArrayBuffer(4));
  worker.postMessage({ port, bytes, done });
  assert.notEqual(Atomics.wait(done, 0, 0, 10_000), "timed-out");
  await worker.terminate();
}

const HEAD = Buffer.from(request());

export const resetCases: readonly Case[] = [
  ...(
    [
      ["nothing", new Uint8Array()],
      ["a whole request", HEAD],
      ["a request and a message", Buffer.concat([HEAD, masked("81 01 | 'a'")])],
    ] as const
  ).map(
    ([title, bytes]): Case => ({
      name: `a client that has sent ${title} and reset before it is accepted reaches no handler`,
      needs: ["port"],
      async run(scene) {
        const addresses: string[] = [];
        const recorder = new Recorder();
        const upgrade = ({ remoteAddress }: { readonly remoteAddress: string }) => {
          addresses.push(remoteAddress);
          return undefined;
        };
        const server = await scene.serve({ upgrade }, recorder);
        await resetEarly(server.port, bytes);
        // A client that comes behind it is accepted behind it.
        await scene.client(server);
        await recorder.until("open");
        await turns();
        assert.deepEqual(addresses, ["127.0.0.1"]);
        assert.deepEqual(recorder.log, ["open"]);
      },
    }),
  ),
];
