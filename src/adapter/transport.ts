// The interfaces that an adapter implements for its runtime: a byte stream for each connection, and timers, turns and
// contexts for all.
import type { Host } from "../host/host.js";
import type { Deadlines } from "./deadline.js";
import type { Turns } from "./turn.js";

/** The TLS parameters of a connection. They are looked up on access, which works as long as the connection is open. */
export interface TlsInfo {
  /** The server name that the client sent (SNI, RFC 6066 section 3), if any. */
  readonly serverName: string | undefined;
  /** The protocol that both sides agreed on by ALPN (RFC 7301), if any. */
  readonly alpnProtocol: string | undefined;
  /**
   * The peer's certificate in DER, a copy: `new X509Certificate(certificate)` of `node:crypto` reads it. Undefined if
   * the peer sent none: a server must ask for it, with `requestCert` of the option `tls`.
   */
  readonly peerCertificate: Uint8Array | undefined;
  /** Whether a trusted authority has signed the peer's certificate. */
  readonly authorized: boolean;
}

/**
 * A byte stream of the runtime, as a connection drives it. docs/writing-an-adapter.md has the order of the calls.
 *
 * No method throws for the state of the connection: an error goes to the sink's `failed`. No method calls the sink
 * before it has returned, since the sink may be in the middle of a step.
 */
export interface Transport {
  /** The IP address of the peer, or "" if there is none. */
  readonly remoteAddress: string;
  /** Undefined without TLS, and on a runtime that does not expose it. */
  readonly tls?: TlsInfo | undefined;
  /** How bytes come in: straight into the window of {@link readInto}, or in chunks of the runtime's own. */
  readonly readPath: "direct" | "stream";
  /** Bytes that were written and that the operating system has not taken yet. */
  readonly bufferedAmount: number;
  /** Bytes that the operating system has taken so far. It shows progress, and need not be exact. */
  readonly sentBytes: number;
  /**
   * Whether the transport wants no more bytes until it reports `drained`. It still takes all bytes that are written.
   */
  readonly blocked: boolean;
  /** Whether memory that was written may be used again as soon as `bufferedAmount` is 0. */
  readonly takesAtOnce: boolean;

  /**
   * Asks the transport to read straight into `window`, from the first read at which it can, and to report such reads by
   * `receivedInWindow`. A transport that cannot do this ignores the call.
   */
  readInto(window: Uint8Array): void;
  /**
   * Asks for `drained` whenever the system has taken all, even if the transport was not `blocked` before. Not needed
   * where each write that the system has not taken at once makes it `blocked`.
   */
  reportWrites?(): void;
  /** Writes bytes. They do not change until `bufferedAmount` is 0. */
  write(bytes: Uint8Array): void;
  /** Writes two or more runs of bytes, in their order. */
  writeAll(chunks: readonly Uint8Array[]): void;
  /** Ends this side of the connection after all waiting bytes were written. */
  end(): void;
  /** Ends both sides at once, and drops bytes that were not written. */
  destroy(): void;
  /** Stops reading, so that the peer has to wait. */
  pause(): void;
  /** Resumes reading after {@link pause}. */
  resume(): void;
}

/** Takes the reports of a transport whose connection is not known yet, or is over. */
export const DEAF: TransportSink = {
  received() {},
  receivedInWindow() {},
  drained() {},
  ended() {},
  closed() {},
  failed() {},
};

/** A transport with the sink of its reports, which changes when an opening becomes a connection. */
export interface SocketTransport extends Transport {
  /** The object that gets the transport's reports. */
  sink: TransportSink;
}

/** Takes the reports of a transport. No method throws. */
export interface TransportSink {
  /** A chunk came. Its memory may be used again when this returns. */
  received(chunk: Uint8Array): void;
  /** `length` bytes were read into the beginning of `window`, which `readInto` was given. */
  receivedInWindow(length: number, window: Uint8Array): void;
  /** The transport wants bytes again, after it was `blocked`. */
  drained(): void;
  /** The peer has ended its side. No bytes come after this. */
  ended(): void;
  /** The transport is gone. The last report. */
  closed(): void;
  /** The transport broke, for example by a reset. `closed` follows. */
  failed(error: unknown): void;
}

/** The parts of a runtime that all of its connections share. */
export interface Runtime {
  /** Strings and memory of the runtime. */
  readonly host: Host;
  /** The time-outs of the connections. */
  readonly deadlines: Deadlines;
  /** Calls back when the current turn of the event loop is over, before any input or output. */
  defer(callback: () => void): void;
  /** Calls back in the next turn of the event loop, after other connections were served. */
  readonly turns: Turns;
  /** Captures the asynchronous context of the caller, where the runtime has such contexts. */
  captureContext(): AsyncContext;
  /** Whether transports report reads in the asynchronous context in which they were made. */
  readonly readsInContext: boolean;
}

/**
 * A captured asynchronous context, in the sense of `AsyncLocalStorage`. `AsyncResource` of `node:async_hooks` is one.
 */
export interface AsyncContext {
  /** Calls back in the context. */
  runInAsyncScope<This, Args extends unknown[]>(
    callback: (this: This, ...args: Args) => void,
    self?: This,
    ...args: Args
  ): void;
}
