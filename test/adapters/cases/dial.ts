// Support for cases of clients: servers with a given answer, and the errors of failed attempts.
import assert from "node:assert/strict";
import type { DialOptions } from "../adapter.js";
import type { RawPeer, RawServer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Scene } from "../scene.js";

/** A server that answers each request with what `answer` makes of its head, and keeps the connection. */
export function answering(scene: Scene, answer: (head: string) => string): Promise<RawServer> {
  return scene.rawServer(async (peer: RawPeer) => {
    await peer.write(answer(await peer.head()));
  });
}

interface Failed {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  /** The body, in words. */
  readonly text?: unknown;
}

/** The error that an attempt comes to. */
export async function failure(scene: Scene, url: string, options: DialOptions = {}): Promise<Failed> {
  const recorder = new Recorder();
  try {
    await scene.connect(url, options, recorder);
  } catch (error) {
    assert.deepEqual(recorder.log, [], "no handler is called");
    assert.ok(error instanceof Error);
    return { ...error, name: error.name, message: error.message, text: Reflect.get(error, "text") };
  }
  throw new Error("it connected");
}
