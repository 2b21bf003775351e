// The adapter of the runtime on which the program runs. All adapters have the same shape.

import type { ClientOptions } from "../adapter/client/client.js";
import type { ClientHandlers } from "../adapter/client/client-handlers.js";
import type { ListeningServer, ListenOptions } from "../adapter/server/listening.js";
import type { Handlers, Socket } from "../adapter/socket/handlers.js";

/** The options for TLS, under the names that every runtime knows. */
export interface TlsChoice {
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly ca?: Buffer;
  readonly rejectUnauthorized?: boolean;
}

/** How the commands serve. */
export interface ServeOptions extends ListenOptions {
  readonly tls?: TlsChoice;
}

/** How the commands connect. */
export interface ConnectOptions extends ClientOptions {
  readonly tls?: TlsChoice;
  readonly proxy?: string;
}

interface RuntimeAdapter {
  serve(options: ServeOptions, handlers: Handlers): Promise<ListeningServer>;
  connect(url: URL, options: ConnectOptions, handlers: ClientHandlers): Promise<Socket>;
}

/** Loads the adapter of this runtime only. */
export function runtimeAdapter(): Promise<RuntimeAdapter> {
  if ("Bun" in globalThis) return import("../bun/index.js");
  if ("Deno" in globalThis) return import("../deno/index.js");
  return import("../node/index.js");
}
