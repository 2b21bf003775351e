// Node for the suite of adapters, with and without Node's internals.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connect, serve } from "../../src/node/index.js";
import { tryInternals } from "../../src/node/internals/trial.js";
import type { Adapter, Capability } from "./adapter.js";
import { HAS_IPV6 } from "./ipv6.js";

const asked = process.env.WSIMD_INTERNALS || "auto";

/** Each way to read, or the one that the environment asks for. */
export const INTERNALS = (["off", "on"] as const).filter((path) => asked === "auto" || path === asked);

/** Whether this Node has `reusePort`, which came with 22.12 and 23.1. */
export const REUSES_PORTS = !/^(20|21|22\.\d|22\.1[01]|23\.0)\./.test(process.versions.node);

/** Windows has no Unix sockets that Node can use. */
export const UNIX_SOCKETS: readonly Capability[] = process.platform === "win32" ? [] : ["unix"];

const CAPABILITIES: readonly Capability[] = [
  ...(["tls", "proxy", "reconnect", "nested-tls", "pause", "tcp", "port"] as const),
  ...UNIX_SOCKETS,
  ...(HAS_IPV6 ? (["ipv6"] as const) : []),
  // Of the systems that these tests run on, libuv supports it on Linux alone.
  ...(REUSES_PORTS && process.platform === "linux" ? (["reuse-port"] as const) : []),
];

setFlagsFromString("--expose-gc");
/** Collects garbage. */
export const collectGarbage: () => void = runInNewContext("gc");

/** This package on Node, reading in one of its ways. */
export function nodeAdapter(internals: (typeof INTERNALS)[number]): Adapter {
  return {
    name: `node, ${internals}`,
    capabilities: new Set(CAPABILITIES),
    collectGarbage,
    openSockets: () =>
      process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)Socket/.test(name)).length,
    async serve(options, handlers) {
      // Connections that come during the trial wait; that has tests of its own.
      if (internals !== "off") await tryInternals();
      return await serve({ ...options, internals }, handlers);
    },
    connect: (url, options, handlers) => connect(url, { ...options, internals }, handlers),
  };
}
