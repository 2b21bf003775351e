// The options of a client: those of `ws`, those of this package, and all that `https.request` takes.
import type { ClientRequest, ClientRequestArgs } from "node:http";
import type { RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import type { SocketOptions } from "./choices.js";
import type { ConnectingWebSocket } from "./client/connecting.js";
import type { PerMessageDeflateOptions } from "./permessage-deflate.js";

/** Functions of the caller. They are methods here, so that a caller's function may declare narrower parameters. */
interface ClientCallbacks {
  createConnection(
    options: ClientRequestArgs,
    oncreate: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined;
  finishRequest(request: ClientRequest, websocket: ConnectingWebSocket): void;
}

/**
 * Options of `new WebSocket(address, protocols, options)`.
 *
 * What is not listed here goes to `http.request`, or `https.request` for `wss:`, as it is: `agent`, `ca`, `cert`, `key`,
 * `localAddress`, `lookup`, `rejectUnauthorized`, `servername` and the like. Host, port, path and method are ignored: the
 * address has them.
 */
export interface ClientOptions extends Omit<RequestOptions, "createConnection">, SocketOptions {
  /** Whether several 'message', 'ping' and 'pong' events may be emitted in one tick. Default: true. */
  allowSynchronousEvents?: boolean | undefined;
  /** Whether each ping is answered with a pong. Default: true. */
  autoPong?: boolean | undefined;
  /** Milliseconds from `close()` until a connection that still exists is destroyed. Default: 30,000. */
  closeTimeout?: number | undefined;
  /** Makes the connection instead of `net.connect` or `tls.connect`. Used if there is no `agent`. */
  createConnection?: ClientCallbacks["createConnection"] | undefined;
  /** Sends the request, with `request.end()`, after headers have been changed. Called for each redirect as well. */
  finishRequest?: ClientCallbacks["finishRequest"] | undefined;
  /** Whether redirects are followed. Default: false. */
  followRedirects?: boolean | undefined;
  /** Writes the four bytes of a masking key. Default: a cryptographically strong source. */
  generateMask?: ((mask: Buffer) => void) | undefined;
  /** Milliseconds of silence after which the opening handshake fails. Each redirect starts again. Default: none. */
  handshakeTimeout?: number | undefined;
  /** Accepted for compatibility, and ignored: chunks are not kept. */
  maxBufferedChunks?: number | undefined;
  /** Frames of one message. 0: any number. Default: 16,384. */
  maxFragments?: number | undefined;
  /** Bytes of one message. 0: any number. Default: 100 MiB. */
  maxPayload?: number | undefined;
  /** Automatic pongs that may wait to be written. Beyond that the connection is terminated. 0: any number. Default: 60. */
  maxPendingAutoPongs?: number | undefined;
  /** Redirects that are followed. Default: 10. */
  maxRedirects?: number | undefined;
  /** The header Origin, or Sec-WebSocket-Origin with version 8. */
  origin?: string | undefined;
  /** Whether compression is offered, or with which parameters (RFC 7692). Default: true. */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Subprotocols, where the second argument has none. */
  protocols?: string | readonly string[] | undefined;
  /** Sec-WebSocket-Version: 8 or 13. Default: 13. */
  protocolVersion?: number | undefined;
  /**
   * Whether the caller may give up the opening handshake without an 'error' event: `close()`, `terminate()` or an abort
   * of `signal` before 'open' lead to 'close' alone, with code 1006. Default: false, and each emits 'error' first.
   */
  quietClose?: boolean | undefined;
  /**
   * Gives up the opening handshake when it is aborted: 'error' with an AbortError, whose cause is the signal's reason,
   * then 'close'. A connection that is open already is left alone.
   */
  signal?: AbortSignal | undefined;
  /** Whether the UTF-8 of text messages and Close reasons goes unchecked. Default: false. */
  skipUTF8Validation?: boolean | undefined;
}
