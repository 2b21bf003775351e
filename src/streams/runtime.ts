import { Deadlines } from "../adapter/deadline.js";
import type { Runtime } from "../adapter/transport.js";
import { portableHost } from "../protocol/host.js";

const sharedRuntime = newRuntime();

function newRuntime(): Runtime {
  return {
    host: portableHost,
    defer: (callback) => queueMicrotask(callback),
    deadlines: new Deadlines(),
  };
}

/**
 * What the shared part of the adapters needs of a runtime that has streams. On workerd a timer, and what it does, belongs to the
 * request that set it: there each caller gets its own.
 */
export function portableRuntime(): Runtime {
  return navigatorName() === "Cloudflare-Workers" ? newRuntime() : sharedRuntime;
}

function navigatorName(): string | undefined {
  // Node has a navigator from version 21 on.
  return typeof navigator === "undefined" ? undefined : navigator.userAgent;
}
