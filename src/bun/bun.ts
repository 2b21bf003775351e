// The part of Bun's API that is used here, as its documentation of `Bun.listen` and `Bun.connect` has it.

/** A TCP or Unix socket of Bun's, with TLS or without. */
export interface BunSocket<T> {
  /** A value that the owner of the socket keeps with it. */
  data: T;
  readonly remoteAddress: string | undefined;
  readonly localAddress: string | undefined;
  /** What was agreed on by ALPN; false or null if nothing was. */
  readonly alpnProtocol?: string | false | null;
  readonly authorized?: boolean;
  /** The name that the client asked for. */
  getServername?(): string | false | null | undefined;
  /** An object without keys, or nothing, if there is none. */
  getPeerCertificate?(): { readonly raw?: Uint8Array } | null | undefined;
  /** @returns how many of the bytes the system took; -1 when the socket takes none any more */
  write(bytes: Uint8Array): number;
  /** Ends this side. */
  shutdown(): void;
  /** Ends both sides at once. */
  close(): void;
  pause(): void;
  resume(): void;
  /**
   * Puts TLS on it, as a client.
   * @returns this socket, of which nothing is to be had any more, and the one with TLS; false if it has TLS already
   */
  upgradeTLS<U>(options: {
    readonly socket: BunHandlers<U>;
    readonly data: U;
    readonly tls: BunTls;
  }): readonly [raw: BunSocket<U>, secure: BunSocket<U>] | false;
}

/** What Bun calls, one table for all sockets of a listener. */
export interface BunHandlers<T> {
  /** How `data` gives bytes. */
  readonly binaryType?: "uint8array" | "buffer";
  open?(socket: BunSocket<T>): void;
  /** The TLS handshake is over. */
  handshake?(socket: BunSocket<T>, success: boolean, problem: Error | null): void;
  /** The bytes are the receiver's. */
  data?(socket: BunSocket<T>, bytes: Uint8Array): void;
  /** There may be room again. */
  drain?(socket: BunSocket<T>): void;
  /** The peer ended its side. */
  end?(socket: BunSocket<T>): void;
  close?(socket: BunSocket<T>, error?: Error): void;
  error?(socket: BunSocket<T>, error: Error): void;
}

/** PEM, one or several. */
export type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** What Bun takes for TLS on either side. */
export interface BunTls {
  /** The private key. */
  readonly key?: Pem;
  /** The certificate, with those that lead to its authority. */
  readonly cert?: Pem;
  /** What the private key is encrypted with. */
  readonly passphrase?: string;
  /** Certificate authorities to trust, instead of the well-known ones. */
  readonly ca?: Pem;
  /** As a client: the name to ask for, which the certificate must be of. Default: that of the URL. */
  readonly serverName?: string;
  /** What to agree on by ALPN, as TLS writes it: a byte for each name's length and the name. */
  readonly ALPNProtocols?: Uint8Array;
  /** As a server: whether to ask for a client's certificate. Default false. */
  readonly requestCert?: boolean;
  /** Whether the other side's certificate must be trusted. Default true. */
  readonly rejectUnauthorized?: boolean;
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

/** What listens. */
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
