// Support for tests with other programs: servers and processes that end with their test.
import { afterEach, test } from "vitest";
import { INTERNALS, nodeAdapter } from "../adapters/node-adapter.js";
import { Recorder } from "../adapters/recorder.js";
import { Scene } from "../adapters/scene.js";
import { killPrograms } from "../support/program.js";

/** Messages of 10 MiB pass both ways. */
export const LARGE_BYTES = 10 << 20;
export const LARGE_LIMITS = { maxMessageBytes: LARGE_BYTES, maxBackpressureBytes: 4 * LARGE_BYTES } as const;

// A scene that takes too long is not there to stop them.
afterEach(killPrograms);

/** A test with the real thing next to this package on Node, by the read path that it takes by itself. */
export function neighbourTest(name: string, run: (scene: Scene) => Promise<void>, timeout = 60_000): void {
  const adapter = nodeAdapter(INTERNALS.at(-1) ?? "on");
  test(name, { timeout }, () => Scene.run(adapter, { name, run }));
}

/** Handlers that send everything back, and close with 4321 when they are told `close me`. */
export function echo(): Recorder {
  return new Recorder({
    message(socket, data) {
      if (data === "close me") socket.close(4321, "as you wish");
      else socket.send(data);
    },
  });
}
