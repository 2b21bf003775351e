import { describe, test } from "vitest";
import { nodeAdapter, READ_PATHS } from "./node-adapter.js";
import { Scene } from "./scene.js";
import { SUITE } from "./suite.js";

for (const readPath of READ_PATHS) {
  const adapter = nodeAdapter(readPath);
  describe(`wsimd/node, reading by ${readPath}`, () => {
    for (const [title, cases] of Object.entries(SUITE)) {
      describe(title, () => {
        for (const each of cases) {
          if (each.needs?.every((need) => adapter.capabilities.has(need)) === false) continue;
          test(each.name, () => Scene.run(adapter, each));
        }
      });
    }
  });
}
