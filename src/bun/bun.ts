// Types of the parts of Bun's API that are used here, after its documentation of `Bun.listen` and `Bun.connect`.

/** A TCP or Unix socket of Bun's, with TLS or without. */
export interface BunSocket<T> {
  /** A value that the owner of the socket keeps with it. */
  data: T;
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  /** The protocol agreed on by ALPN; false or null if there is none. */
  readonly alpnProtocol?: string | false | null;
  readonly authorized?: boolean;
  /** The server name that the client sent (SNI). */
  getServername?(): string | false | null | undefined;
  /** An object without keys, or nothing, if there is none. */
  getPeerCertificate?(): { readonly raw?: Uint8Array } | null | undefined;
  /** @returns the number of bytes that the system took; -1 when the socket takes no more */
  write(bytes: Uint8Array): number;
  /** Ends this side. */
  shutdown(): void;
  /** Ends both sides at once. */
  close(): void;
  pause(): void;
  resume(): void;
  /**
   * Puts TLS on it, as a client.
   * @returns this socket, which is of no more use, and the one with TLS; false if it has TLS already
   */
  upgradeTLS<U>(options: {
    readonly socket: BunHandlers<U>;
    readonly data: U;
    readonly tls: BunTls;
  }): readonly [raw: BunSocket<U>, secure: BunSocket<U>] | false;
}

/** The handlers that Bun calls, one table for all sockets of a listener. */
export interface BunHandlers<T> {
  /** The class in which `data` gives bytes. */
  readonly binaryType?: "uint8array" | "buffer";
  open?(socket: BunSocket<T>): void;
  /** The TLS handshake is over. */
  handshake?(socket: BunSocket<T>, success: boolean, problem: Error | null): void;
  /** The bytes are the receiver's. */
  data?(socket: BunSocket<T>, bytes: Uint8Array): void;
  /** The system may take bytes again. */
  drain?(socket: BunSocket<T>): void;
  /** The peer ended its side. */
  end?(socket: BunSocket<T>): void;
  close?(socket: BunSocket<T>, error?: Error): void;
  error?(socket: BunSocket<T>, error: Error): void;
}

/** PEM, one or several. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** Bun's options for TLS, of servers and clients. */
export interface BunTls {
  /** The private key. */
  readonly key?: Pem | undefined;
  /** The certificate, with those that lead to its authority. */
  readonly cert?: Pem | undefined;
  /** The passphrase of the private key. */
  readonly passphrase?: string | undefined;
  /** Certificate authorities to trust, instead of the well-known ones. */
  readonly ca?: Pem | undefined;
  /** As a client: the name to ask for, which the certificate must be of. Default: that of the URL. */
  readonly serverName?: string | undefined;
  /** The protocols to offer by ALPN, as TLS writes them: a byte for each name's length and the name. */
  readonly ALPNProtocols?: Uint8Array | undefined;
  /** As a server: whether to ask for a client's certificate. Default false. */
  readonly requestCert?: boolean | undefined;
  /** Whether the other side's certificate must be trusted. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

interface SocketOptions<T> {
  readonly allowHalfOpen: boolean;
  readonly socket: BunHandlers<T>;
  readonly data?: T;
  readonly tls?: BunTls;
}

/** Where to listen or to connect to. The last is for listening only. */
export type BunPlace =
  | { readonly hostname: string; readonly port: number; readonly reusePort?: boolean }
  | { readonly unix: string }
  | { readonly fd: number };

/** A listener. */
export interface BunListener {
  /** Fills in where it listens, unless that is a Unix socket. */
  getsockname(found: { address?: string; port?: number }): void;
  ref(): void;
  unref(): void;
  /** Takes no more connections. @param closeSockets - and ends those that are there */
  stop(closeSockets?: boolean): void;
}

/** `globalThis.Bun`. */
export interface BunApi {
  listen<T>(options: SocketOptions<T> & BunPlace): BunListener;
  connect<T>(options: SocketOptions<T> & BunPlace): Promise<BunSocket<T>>;
}

/** @throws Error if this is not Bun, or one without sockets */
export function bunApi(): BunApi {
  const found: unknown = Reflect.get(globalThis, "Bun");
  if (!isBunApi(found)) throw new Error("wsimd/bun needs Bun; on Node it is wsimd/node");
  return found;
}

function isBunApi(found: unknown): found is BunApi {
  return (
    typeof found === "object" &&
    found !== null &&
    typeof Reflect.get(found, "listen") === "function" &&
    typeof Reflect.get(found, "connect") === "function"
  );
}
