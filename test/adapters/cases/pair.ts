// Support for cases: a server's socket with a raw client.
import assert from "node:assert/strict";
import type { RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Scene } from "../scene.js";
import { turns } from "../until.js";

/** A server's socket and its raw client. */
export async function pair(scene: Scene, options = {}): Promise<{ peer: RawPeer; recorder: Recorder }> {
  const recorder = new Recorder();
  const server = await scene.serve(options, recorder);
  return { peer: await scene.client(server), recorder };
}

/** The one close event, and nothing after it. */
export async function onlyClose(recorder: Recorder, expected: string): Promise<void> {
  assert.equal(await recorder.closed(), expected);
  await turns();
  assert.equal(recorder.count("close"), 1);
  assert.equal(recorder.calls.at(-1)?.type, "close");
  assert.equal(recorder.socket.state, "closed");
}
