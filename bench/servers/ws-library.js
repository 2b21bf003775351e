// The library of the servers that are written for `ws`: `ws` itself, or wsimd/ws in its place, as BENCH_DROP_IN says.
import { createRequire } from "node:module";

/** `port`: the server listens by itself; `server`: at a server of `node:http`. Undefined for `ws` itself, which does the latter. */
export const DROP_IN = process.env.BENCH_DROP_IN;

const load = createRequire(import.meta.url);

/** @type {typeof import("ws")} */
export const { WebSocketServer } = load(DROP_IN === undefined ? "ws" : "../../dist/cjs/ws/index.js");
