// For processes of Deno: see `run-cases.ts`.
import { connect, serve } from "../../src/deno/index.js";
import type { Adapter } from "../adapters/adapter.js";
import { openSockets } from "./open-sockets.js";

/** This package on Deno. */
export const adapter: Adapter = {
  name: "deno",
  capabilities: new Set(["tls", "unix", "proxy", "reconnect", "pause", "tcp", "port", "reuse-port"]),
  serve,
  connect,
  collectGarbage: () => globalThis.gc?.(),
  openSockets,
};
