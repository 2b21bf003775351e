// For processes of Bun: see `run-cases.ts`.
import { connect, serve } from "../../src/bun/index.js";
import type { Adapter } from "../adapters/adapter.js";
import { openSockets } from "./open-sockets.js";

const collect: unknown = Reflect.get(Reflect.get(globalThis, "Bun"), "gc");

/** This package on Bun. */
export const adapter: Adapter = {
  name: "bun",
  capabilities: new Set(["tls", "proxy", "reconnect", "unix", "pause", "tcp", "port", "reuse-port"]),
  serve,
  connect,
  collectGarbage() {
    if (typeof collect === "function") collect(true);
  },
  openSockets,
};
