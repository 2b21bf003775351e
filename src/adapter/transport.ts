// What the adapters share expects of a runtime: a byte stream for each connection, and timers, turns and contexts for all.
import type { Host } from "../host/host.js";
import type { Deadlines } from "./deadline.js";
import type { Turns } from "./turn.js";

/** What TLS knows of a connection. It is looked up when it is asked for, so as long as the connection is there. */
export interface TlsInfo {
  /** The name that the client asked for (SNI, RFC 6066 section 3), if it did. */
  readonly serverName: string | undefined;
  /** What both sides have agreed on by ALPN (RFC 7301), if they have. */
  readonly alpnProtocol: string | undefined;
  /**
   * The peer's certificate in DER, a copy: `new X509Certificate(certificate)` of `node:crypto` reads it. Undefined if the peer sent none: a
   * server must ask for it, with `requestCert` of the option `tls`.
   */
  readonly peerCertificate: Uint8Array | undefined;
  /** Whether the peer's certificate is vouched for by an authority that is trusted. */
  readonly authorized: boolean;
}

/** A byte stream of the runtime, as a socket drives it. */
export interface Transport {
  readonly remoteAddress: string;
  /** Undefined without TLS, and on a runtime that doesn't tell. */
  readonly tls?: TlsInfo | undefined;
  /** How bytes come in: straight into the window of {@link readInto}, or by chunks of the runtime's own. */
  readonly readPath: "direct" | "stream";
  /** Bytes written but not taken by the operating system yet. */
  readonly bufferedAmount: number;
  /** Bytes that the operating system took so far. It tells progress, and need not be exact. */
  readonly sentBytes: number;
  /** Whether it wants no more bytes until it reports `drained`. */
  readonly blocked: boolean;
  /** Whether memory may be used again as soon as `bufferedAmount` is 0. */
  readonly takesAtOnce: boolean;

  /**
   * Asks for reads to go straight into `window`, from the first that it can on, and to be reported by `receivedInWindow`.
   * A transport that can't do that goes on as before.
   */
  readInto(window: Uint8Array): void;
  /** Writes bytes, which must not change until `bufferedAmount` is 0. */
  write(bytes: Uint8Array): void;
  /** Writes two or more runs of bytes at once. */
  writeAll(chunks: readonly Uint8Array[]): void;
  /** Ends this side once all was written. */
  end(): void;
  /** Ends both sides at once and drops what was not written. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** Where reports go that concern nothing yet, or no more. */
export const DEAF: TransportSink = {
  received() {},
  receivedInWindow() {},
  drained() {},
  ended() {},
  closed() {},
  failed() {},
};

/** A transport whose reports can be directed. */
export interface SocketTransport extends Transport {
  sink: TransportSink;
}

/** What a transport reports to its socket. */
export interface TransportSink {
  /** A chunk came, which may be used again afterwards. */
  received(chunk: Uint8Array): void;
  /** `length` bytes were read into the beginning of the window that `readInto` got. */
  receivedInWindow(length: number, window: Uint8Array): void;
  drained(): void;
  /** The peer ended its side. */
  ended(): void;
  /** The transport is gone. */
  closed(): void;
  /** Something went wrong below; `closed` follows. */
  failed(error: unknown): void;
}

/** What the shared part of the adapters needs of a runtime. */
export interface Runtime {
  readonly host: Host;
  readonly deadlines: Deadlines;
  /** Calls back when the current turn of the event loop is over, before any input or output. */
  defer(callback: () => void): void;
  readonly turns: Turns;
  /** Remembers the asynchronous context of the caller, where the runtime has such. */
  captureContext(): AsyncContext;
  /** Whether transports report reads in the asynchronous context in which they were made. */
  readonly readsInContext: boolean;
}

/** An asynchronous context that was captured, as `AsyncLocalStorage` knows it. */
export interface AsyncContext {
  /** Calls back in it. */
  runInAsyncScope<This, Args extends unknown[]>(
    callback: (this: This, ...args: Args) => void,
    self?: This,
    ...args: Args
  ): void;
}
