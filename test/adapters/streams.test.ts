// The suite of adapters on WHATWG streams.
import { describe, test } from "vitest";
import { Scene } from "./scene.js";
import { streamsAdapter } from "./streams-adapter.js";
import { SUITE } from "./suite.js";

// Streams lead to one place: there is nothing to follow a redirect with, or to reach a proxy. And they have no port.
const { redirects: _redirects, proxies: _proxies, port: _port, ...GROUPS } = SUITE;
/** A stream takes nothing in the turn in which it is written: all of the burst counts. */
const AT_ONCE = "a burst in one turn to a peer that reads is no backpressure";

describe.each(["chunks", "bytes"] as const)("wsimd/streams, over streams of %s", (kind) => {
  const adapter = streamsAdapter(kind);
  describe.each(Object.entries(GROUPS))("%s", (_, cases) => {
    for (const each of cases) {
      if (each.needs?.every((need) => adapter.capabilities.has(need)) === false) continue;
      if (each.name === AT_ONCE) continue;
      test(each.name, () => Scene.run(adapter, each));
    }
  });
});
