// The suite of adapters on `attach`, on the HTTP servers that Deno and Bun have in `node:http`.
import { DENO_ARGS } from "../support/runtimes.js";
import { runtimeSuite } from "./runtime-suite.js";

const LACKS = ["port", "unix", "ipv6", "proxy", "nested-tls", "reconnect", "reuse-port"] as const;
/** Those that do not look at plain requests and malformed heads, which are the HTTP server's. */
const GROUPS = [
  "messages",
  "memory",
  "fragments",
  "pings",
  "violations",
  "closing",
  "keepalive",
  "upgrade",
  "options",
  "back-pressure",
  "handlers",
  "transports",
  "contexts",
  "fair turns",
  "values of options",
] as const;

runtimeSuite({
  title: "attach of wsimd/deno",
  runtime: "deno",
  args: DENO_ARGS,
  adapter: "./deno-attach-adapter.ts",
  lacks: LACKS,
  groups: GROUPS,
});

runtimeSuite({
  title: "attach of wsimd/bun",
  runtime: "bun",
  args: ["run"],
  adapter: "./bun-attach-adapter.ts",
  lacks: LACKS,
  groups: GROUPS,
});
