import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, test } from "vitest";
import { connect, type ReadPath, serve } from "../../src/node/index.js";
import type { Adapter } from "./adapter.js";
import { Scene } from "./scene.js";
import { SUITE } from "./suite.js";

/** Each way to read, or the one that the environment asks for. */
const asked = process.env["WSIMD_READ"];
const READ_PATHS = (["data", "buffer"] as const).filter(
  (path) => path === asked || !asked || asked === "auto",
);

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function nodeAdapter(readPath: ReadPath): Adapter {
  return {
    name: `node, ${readPath}`,
    capabilities: new Set(["tls", "unix", "pause", "tcp"]),
    collectGarbage,
    serve: (options, handlers) => serve({ ...options, readPath }, handlers),
    connect: (url, options, handlers) => connect(url, { ...options, readPath }, handlers),
  };
}

for (const readPath of READ_PATHS) {
  const adapter = nodeAdapter(readPath);
  describe(`wsimd/node, reading by ${readPath}`, () => {
    for (const [title, cases] of Object.entries(SUITE)) {
      describe(title, () => {
        for (const each of cases) test(each.name, () => Scene.run(adapter, each));
      });
    }
  });
}
