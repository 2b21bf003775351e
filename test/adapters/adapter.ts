// What an adapter must have to be run by the suite: the same shape on every runtime.

import type { ClientHandlers } from "../../src/adapter/client/client-handlers.js";
import type { ProxyChoice } from "../../src/adapter/client/proxy/proxy.js";
import type { ReconnectOptions } from "../../src/adapter/client/reconnect-option.js";
import type { CompressionOption } from "../../src/adapter/compression.js";
import type { ServerOptions } from "../../src/adapter/server/options.js";
import type { FetchHandler } from "../../src/adapter/server/plain-exchange.js";
import type { Server } from "../../src/adapter/server/server.js";
import type { ServerHandlers } from "../../src/adapter/server/server-handlers.js";
import type { Socket } from "../../src/adapter/socket/handlers.js";
import type { SocketOptions } from "../../src/adapter/socket/options.js";

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

export interface ServerTls extends TlsFiles {
  readonly ca?: string;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly ALPNProtocols?: Uint8Array;
}

export interface ListenOptions extends ServerOptions {
  readonly port?: number;
  readonly host?: string;
  readonly unix?: string;
  readonly path?: string;
  readonly tls?: ServerTls;
  readonly fd?: number;
  readonly reusePort?: boolean;
  readonly fetch?: FetchHandler;
  readonly maxConnections?: number;
}

export interface Listening extends Omit<Server, typeof Symbol.asyncDispose> {
  readonly port: number;
  readonly url: string;
  /** Of those that own their port. */
  [Symbol.asyncDispose]?(): Promise<void>;
  stopAccepting?(): Promise<void>;
  ref?(): void;
  unref?(): void;
}

export interface DialOptions extends SocketOptions, CompressionOption {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly origin?: string;
  readonly tls?: { readonly ca?: string };
  readonly signal?: AbortSignal;
  readonly maxRedirects?: number;
  readonly data?: () => unknown;
  readonly proxy?: string | URL | ProxyOptions;
  readonly reconnect?: boolean | ReconnectOptions;
}

export interface ProxyOptions extends ProxyChoice {
  readonly tls?: { readonly ca?: string };
}

/** What a runtime, or a way to use it, may lack. */
export type Capability =
  /** `wss:` */
  | "tls"
  /** `ws+unix:` */
  | "unix"
  /** `::1` */
  | "ipv6"
  /** The option `proxy`. */
  | "proxy"
  /** The option `reconnect`. */
  | "reconnect"
  /** `wss:` behind an `https:` proxy. */
  | "nested-tls"
  /** `pause` and `resume` hold the peer back. */
  | "pause"
  /** It owns its port, and accepts connections itself. */
  | "port"
  /** `reusePort` */
  | "reuse-port"
  /** `terminate` and a reset peer are seen as such, and a half-closed one. */
  | "tcp";

export interface Adapter {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
  serve(options: ListenOptions, handlers: ServerHandlers): Promise<Listening>;
  /** Collects garbage, so that memory can be measured. */
  collectGarbage(): void;
  /** How many connections the process has open, of whomever. */
  openSockets(): number;
  connect(url: string, options?: DialOptions, handlers?: ClientHandlers): Promise<Socket>;
}
