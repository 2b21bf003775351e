// The types of wsimd-ws and of `wsimd/ws`, for CommonJS: those of `@types/ws` 8, and what these lack. They are written by
// hand, because overloads, generics and the namespace have to be those that programs for `ws` were written against.
/// <reference types="node" />
import { EventEmitter } from "node:events";
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  Server as HttpServer,
  IncomingMessage,
  OutgoingHttpHeaders,
} from "node:http";
import { Server as HttpsServer } from "node:https";
import { createConnection } from "node:net";
import { Duplex, DuplexOptions, Writable } from "node:stream";
import { SecureContextOptions } from "node:tls";
import { URL } from "node:url";
import { ZlibOptions } from "node:zlib";

/** What listeners of events that have no type get. */
// biome-ignore lint/suspicious/noExplicitAny: listeners of any arguments are accepted, as EventEmitter does
type AnyArguments = any[];
// biome-ignore lint/suspicious/noExplicitAny: as `@types/ws` has it: what a program passes on need not be narrowed
type AnyValue = any;

/** A function that is told when data was handed to the system, or why that was not possible. */
type SendCallback = (error?: Error) => void;

/** What can be sent: text, bytes, or what `Buffer.from` makes bytes of. */
type Sendable =
  | string
  | Buffer
  | DataView
  | number
  | ArrayBufferView
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly AnyValue[]
  | readonly number[]
  | { valueOf(): ArrayBuffer }
  | { valueOf(): SharedArrayBuffer }
  | { valueOf(): Uint8Array }
  | { valueOf(): readonly number[] }
  | { valueOf(): string }
  | { [Symbol.toPrimitive](hint: string): string };

/** A message that was framed once, for many connections: a `PreparedMessage` of the package wsimd. */
interface PreparedMessage {
  readonly payload: Uint8Array;
  readonly compress: boolean;
}

/** The arguments of each event of a {@link WebSocket}. */
interface SocketEvents {
  close: [code: number, reason: Buffer];
  /** Everything has left after {@link WebSocket.send} returned false. `ws` has no such event. */
  drain: [];
  error: [error: Error];
  message: [data: WebSocket.RawData, isBinary: boolean];
  open: [];
  ping: [data: Buffer];
  pong: [data: Buffer];
  redirect: [url: string, request: ClientRequest];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
  upgrade: [response: IncomingMessage];
}

/** The arguments of each event of a {@link WebSocket.Server}. */
interface ServerEvents<T extends typeof WebSocket, U extends typeof IncomingMessage> {
  close: [];
  /** The third argument is what the promise of `verifyClient` had. */
  connection: [websocket: InstanceType<T>, request: InstanceType<U>, verified?: AnyValue];
  error: [error: Error];
  headers: [headers: string[], request: InstanceType<U>];
  listening: [];
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/** The arguments of each event of a {@link WebSocket.Receiver}, besides those of a `Writable`. */
interface ReceiverEvents {
  conclude: [code: number, reason: Buffer];
  message: [data: WebSocket.RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
}

type SocketListener<K extends keyof SocketEvents> = (this: WebSocket, ...args: SocketEvents[K]) => void;
type EventListenerOrObject<K extends keyof WebSocket.WebSocketEventMap> =
  | ((event: WebSocket.WebSocketEventMap[K]) => void)
  | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void };

/** A WebSocket: a client's, or one that a server got. */
declare class WebSocket extends EventEmitter {
  /** The connection is not open yet. */
  static readonly CONNECTING: 0;
  /** Messages can be sent and received. */
  static readonly OPEN: 1;
  /** The closing handshake has begun. */
  static readonly CLOSING: 2;
  /** The connection has ended, or there never was one. */
  static readonly CLOSED: 3;

  /** The connection is not open yet. */
  readonly CONNECTING: 0;
  /** Messages can be sent and received. */
  readonly OPEN: 1;
  /** The closing handshake has begun. */
  readonly CLOSING: 2;
  /** The connection has ended, or there never was one. */
  readonly CLOSED: 3;

  /**
   * The form of binary messages. Default: "nodebuffer". Text arrives as a `Buffer` in any case. "blob" can be set; it is not
   * in the type that is read, so that this class is assignable to that of `@types/ws`.
   */
  get binaryType(): "nodebuffer" | "arraybuffer" | "fragments";
  set binaryType(type: "nodebuffer" | "arraybuffer" | "fragments" | "blob");
  /** The bytes that were sent and that the system has not taken yet. */
  readonly bufferedAmount: number;
  /** The extensions that were agreed on, by name. */
  readonly extensions: string;
  /** Whether {@link pause} was called, and {@link resume} was not called after it. */
  readonly isPaused: boolean;
  /** The subprotocol that was agreed on; "" if there is none. */
  readonly protocol: string;
  /** One of {@link CONNECTING}, {@link OPEN}, {@link CLOSING} and {@link CLOSED}. */
  readonly readyState:
    | typeof WebSocket.CONNECTING
    | typeof WebSocket.OPEN
    | typeof WebSocket.CLOSING
    | typeof WebSocket.CLOSED;
  /** The URL that a client connected to, behind redirects. */
  readonly url: string;

  // What is read is a function of anything: a function of events of this class would not be one of events of `@types/ws`.
  get onopen(): ((event: AnyValue) => void) | null;
  set onopen(listener: ((event: WebSocket.Event) => void) | null);
  get onerror(): ((event: AnyValue) => void) | null;
  set onerror(listener: ((event: WebSocket.ErrorEvent) => void) | null);
  get onclose(): ((event: AnyValue) => void) | null;
  set onclose(listener: ((event: WebSocket.CloseEvent) => void) | null);
  get onmessage(): ((event: AnyValue) => void) | null;
  set onmessage(listener: ((event: WebSocket.MessageEvent) => void) | null);

  /** Makes the WebSocket of a server, which gets its connection later. */
  constructor(address: null);
  /**
   * Connects to a server.
   * @param address - with the scheme ws:, wss:, http:, https: or ws+unix:
   * @throws SyntaxError for an address or a subprotocol that is not valid
   */
  constructor(address: string | URL, options?: WebSocket.ClientOptions | ClientRequestArgs);
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );

  /**
   * Begins the closing handshake.
   * @param code - as in RFC 6455, section 7.4. Default: none
   * @param data - the reason, 123 bytes at most
   */
  close(code?: number, data?: string | Buffer): void;
  /** Sends a ping with up to 125 bytes. @throws Error while the connection is not open yet */
  ping(data?: AnyValue, mask?: boolean, cb?: (error: Error) => void): void;
  /** Sends a pong with up to 125 bytes. @throws Error while the connection is not open yet */
  pong(data?: AnyValue, mask?: boolean, cb?: (error: Error) => void): void;
  /**
   * Sends a message, or a fragment of one.
   * @param data - bytes must not change until the callback is called; or a `PreparedMessage` of the package wsimd
   * @returns whether the peer keeps up. If it does not, the event `drain` follows. `ws` returns nothing
   * @throws Error while the connection is not open yet
   */
  send(data: Sendable | PreparedMessage, cb?: SendCallback): boolean;
  send(data: Sendable | PreparedMessage, options: WebSocket.SendOptions, cb?: SendCallback): boolean;
  /**
   * Waits until everything that was sent has left, if {@link send} has returned false. `ws` has no such method.
   * @returns a promise that is rejected if the connection ends before
   */
  waitForDrain(): Promise<void>;
  /** Begins to read with the option `holdMessages`, without a listener of `message`. `ws` has no such method. */
  start(): void;
  /** Ends the connection without a closing handshake. What was sent before is delivered. */
  terminate(): void;
  /** Stops reading. Messages that were read already still arrive. */
  pause(): void;
  /** Reads again after {@link pause}. */
  resume(): void;

  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener: EventListenerOrObject<K>,
    options?: WebSocket.EventListenerOptions,
  ): void;
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener: EventListenerOrObject<K>,
  ): void;

  on<K extends keyof SocketEvents>(event: K, listener: SocketListener<K>): this;
  on(event: string | symbol, listener: (this: WebSocket, ...args: AnyArguments) => void): this;
  once<K extends keyof SocketEvents>(event: K, listener: SocketListener<K>): this;
  once(event: string | symbol, listener: (this: WebSocket, ...args: AnyArguments) => void): this;
  off<K extends keyof SocketEvents>(event: K, listener: SocketListener<K>): this;
  off(event: string | symbol, listener: (this: WebSocket, ...args: AnyArguments) => void): this;
  addListener<K extends keyof SocketEvents>(event: K, listener: (...args: SocketEvents[K]) => void): this;
  addListener(event: string | symbol, listener: (...args: AnyArguments) => void): this;
  removeListener<K extends keyof SocketEvents>(event: K, listener: (...args: SocketEvents[K]) => void): this;
  removeListener(event: string | symbol, listener: (...args: AnyArguments) => void): this;
}

declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}

declare namespace WebSocket {
  /** What a message consists of, by {@link WebSocket.binaryType}. */
  type RawData = Buffer | ArrayBuffer | Buffer[];

  /** What a {@link MessageEvent} has: a string for text. */
  type Data = string | Buffer | ArrayBuffer | Buffer[];

  /** A certificate or a key. */
  type CertMeta = string | string[] | Buffer | Buffer[];

  /**
   * Decides on a handshake by what it returns. It may return a promise: its value decides, and is the third argument of the
   * event `connection`. If the promise is rejected, the client gets 500.
   */
  type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (info: {
    origin: string;
    secure: boolean;
    req: Request;
  }) => boolean | PromiseLike<unknown>;

  /** Decides on a handshake later: by a call of `callback`. */
  type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
  ) => void;

  /** Changes the request of a client, and has to call `request.end()`. */
  type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

  /** How a message is sent. */
  interface SendOptions {
    /** Whether the frames are masked. Default: true for a client, false for a server */
    mask?: boolean | undefined;
    /** Whether the message is binary. Default: whether the data is not a string */
    binary?: boolean | undefined;
    /** Whether the message is compressed, if both sides can. Default: true */
    compress?: boolean | undefined;
    /** Whether the data is the last fragment of the message. Default: true */
    fin?: boolean | undefined;
  }

  /** Options that `ws` does not have, for clients and servers. */
  interface AddedOptions {
    /** Whether nothing is read until the event `message` has a listener, or `start` is called. Default: false */
    holdMessages?: boolean | undefined;
    /**
     * What the event `message` has for text: a `Buffer`, or a string. For strings, let the listener take {@link Data} instead
     * of {@link RawData}. Default: "bytes"
     */
    text?: "bytes" | "string" | undefined;
    /** Whether the next event waits for the promises that listeners of `message` returned. Default: false */
    sequential?: boolean | undefined;
    /** Whether private parts of Node are used, for speed, or must be. Default: "auto" */
    internals?: "auto" | "on" | "off" | undefined;
  }

  /** The options of a client. Those of `http.request` and `https.request` are passed on. */
  interface ClientOptions extends SecureContextOptions, AddedOptions {
    protocol?: string | undefined;
    /** Whether redirects are followed. Default: false */
    followRedirects?: boolean | undefined;
    /** Fills the masking key of each frame. Default: random bytes */
    generateMask?(mask: Buffer): void;
    /** For how many milliseconds the opening handshake may last. Default: without an end */
    handshakeTimeout?: number | undefined;
    /** How many redirects are followed. Default: 10 */
    maxRedirects?: number | undefined;
    /** Compression: offered unless this is false. Default: true */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    localAddress?: string | undefined;
    /** The version of the protocol, 8 or 13. Default: 13 */
    protocolVersion?: number | undefined;
    headers?: { [key: string]: string } | undefined;
    /** The header Origin; for version 8, Sec-WebSocket-Origin. Default: none */
    origin?: string | undefined;
    agent?: Agent | undefined;
    host?: string | undefined;
    family?: number | undefined;
    checkServerIdentity?(servername: string, cert: CertMeta): boolean;
    rejectUnauthorized?: boolean | undefined;
    /** Whether several messages may be emitted in one tick. Default: true */
    allowSynchronousEvents?: boolean | undefined;
    /** Whether pings are answered. Default: true */
    autoPong?: boolean | undefined;
    /** For how many milliseconds the closing handshake may last. Default: 30,000 */
    closeTimeout?: number | undefined;
    /** How long a message may be, in bytes; 0 for no limit. Default: 100 MiB */
    maxPayload?: number | undefined;
    /** Accepted, and without an effect: an unfinished message keeps no chunks. */
    maxBufferedChunks?: number | undefined;
    /** How many fragments a message may have; 0 for no limit. Default: 16,384 */
    maxFragments?: number | undefined;
    /** How many answers to pings may wait for the peer to read; 0 for no limit. Default: 60 */
    maxPendingAutoPongs?: number | undefined;
    /** Whether text is not checked to be UTF-8. Default: false */
    skipUTF8Validation?: boolean | undefined;
    createConnection?: typeof createConnection | undefined;
    finishRequest?: FinishRequestCallback | undefined;
    /** Subprotocols, where the second argument has none. */
    protocols?: string | readonly string[] | undefined;
    /**
     * Gives up the opening handshake when it is aborted: with the event `error`, unless `quietClose` is set, and then `close`.
     * `ws` has no such option.
     */
    signal?: AbortSignal | undefined;
    /**
     * Whether `close()`, `terminate()` and the signal give up the opening handshake without the event `error`. `ws` has no
     * such option. Default: false
     */
    quietClose?: boolean | undefined;
  }

  /** The options of compression (RFC 7692). */
  interface PerMessageDeflateOptions {
    serverNoContextTakeover?: boolean | undefined;
    clientNoContextTakeover?: boolean | undefined;
    serverMaxWindowBits?: number | undefined;
    clientMaxWindowBits?: number | undefined;
    zlibDeflateOptions?:
      | {
          flush?: number | undefined;
          finishFlush?: number | undefined;
          chunkSize?: number | undefined;
          windowBits?: number | undefined;
          level?: number | undefined;
          memLevel?: number | undefined;
          strategy?: number | undefined;
          dictionary?: Buffer | Buffer[] | DataView | undefined;
          info?: boolean | undefined;
        }
      | undefined;
    zlibInflateOptions?: ZlibOptions | undefined;
    /** The shortest message that is compressed where there is no context takeover, in bytes. Default: 1,024 */
    threshold?: number | undefined;
    /** Accepted, and without an effect: no work leaves the thread. */
    concurrencyLimit?: number | undefined;
  }

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent {
    error: AnyValue;
    message: string;
    type: string;
    target: WebSocket;
  }

  interface CloseEvent {
    wasClean: boolean;
    code: number;
    reason: string;
    type: string;
    target: WebSocket;
  }

  interface MessageEvent {
    data: Data;
    type: string;
    target: WebSocket;
  }

  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  interface EventListenerOptions {
    once?: boolean | undefined;
  }

  /** The options of a server. One of `port`, `server` and `noServer` must be given. */
  interface ServerOptions<
    U extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends AddedOptions {
    host?: string | undefined;
    port?: number | undefined;
    backlog?: number | undefined;
    server?: HttpServer<V> | HttpsServer<V> | undefined;
    /**
     * Decides on each handshake. A function of two parameters decides by a call of the second; any other by what it returns:
     * see {@link VerifyClientCallbackAsync} and {@link VerifyClientCallbackSync}. Default: all are accepted
     */
    verifyClient?: ((...args: Parameters<VerifyClientCallbackAsync<InstanceType<V>>>) => unknown) | undefined;
    /** Chooses one of the subprotocols that a client offers. Default: the first */
    handleProtocols?: (protocols: Set<string>, request: InstanceType<V>) => string | false;
    /** The only path that is accepted. Default: each */
    path?: string | undefined;
    noServer?: boolean | undefined;
    /** Whether several messages may be emitted in one tick. Default: true */
    allowSynchronousEvents?: boolean | undefined;
    /** Whether pings are answered. Default: true */
    autoPong?: boolean | undefined;
    /** Whether {@link Server.clients} is kept. Default: true */
    clientTracking?: boolean | undefined;
    /** For how many milliseconds a closing handshake may last. Default: 30,000 */
    closeTimeout?: number | undefined;
    /** Compression. Default: false */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** How long a message may be, in bytes; 0 for no limit. Default: 100 MiB */
    maxPayload?: number | undefined;
    /** Accepted, and without an effect: an unfinished message keeps no chunks. */
    maxBufferedChunks?: number | undefined;
    /** How many fragments a message may have; 0 for no limit. Default: 16,384 */
    maxFragments?: number | undefined;
    /** How many answers to pings may wait for the peer to read; 0 for no limit. Default: 60 */
    maxPendingAutoPongs?: number | undefined;
    /** Whether text is not checked to be UTF-8. Default: false */
    skipUTF8Validation?: boolean | undefined;
    /** The class of the server's sockets: it must extend {@link WebSocket}. Default: that class */
    WebSocket?: U | undefined;
    /** Looks for peers that are gone. `ws` has no such option. Default: nothing is done */
    heartbeat?: HeartbeatOptions | undefined;
  }

  /** How a server looks for peers that are gone. */
  interface HeartbeatOptions {
    /** Milliseconds between two looks at a client. One that sent nothing in between gets a ping. */
    interval: number;
    /** Milliseconds after the ping in which anything must come. Otherwise the connection is terminated. */
    timeout: number;
  }

  /** To whom a message is sent, and how. */
  interface BroadcastOptions<Client extends WebSocketAlias = WebSocketAlias> {
    /** Whether the message is binary. Default: whether the data is not a string */
    binary?: boolean | undefined;
    /** Whether the message is compressed, for clients that can. Default: true */
    compress?: boolean | undefined;
    /** A client that does not get the message, such as the one that sent it. */
    except?: Client | undefined;
    /** Says which clients get the message. Default: all */
    filter?: ((client: Client) => boolean) | undefined;
  }

  /** How a server closes its clients. */
  interface CloseOptions {
    /** The code of the Close frames. Default: 1001 */
    code?: number | undefined;
    /** The reason in the Close frames. Default: "" */
    reason?: string | undefined;
    /** Milliseconds after which the clients that are left are terminated. Default: `closeTimeout` of the server */
    timeout?: number | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  /** A WebSocket server: on a port of its own, on an HTTP server, or without a server. */
  class Server<
    T extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends EventEmitter {
    /** The options. They may be changed, and are read for each handshake. */
    options: ServerOptions<T, U>;
    path: string;
    /** The sockets that have not closed. There is none with `clientTracking: false`. */
    clients: Set<InstanceType<T>>;

    /**
     * @param callback - a listener of the event `listening`
     * @throws TypeError unless exactly one of `port`, `server` and `noServer` is given
     */
    constructor(options?: ServerOptions<T, U>, callback?: () => void);

    /** Where the server listens: the path of a Unix socket is a string. */
    address(): AddressInfo | string | null;
    /** Accepts no more connections. The sockets stay open. */
    close(cb?: (error?: Error) => void): void;
    /**
     * Accepts no more connections, and closes the sockets. `ws` does not have this form.
     * @returns a promise that is resolved when all are over, and never rejected
     * @throws TypeError or RangeError for options that make no sense
     */
    close(options: CloseOptions): Promise<void>;
    /**
     * Sends a message to all clients that are open. It is framed once. `ws` does not have this method.
     * @returns the number of clients to which it was sent
     * @throws TypeError for data of another type, or text that is not UTF-8; Error without `clientTracking`
     */
    broadcast(
      data: string | ArrayBufferView | ArrayBufferLike | PreparedMessage,
      options?: BroadcastOptions<InstanceType<T>>,
    ): number;
    /**
     * Answers an opening handshake that an HTTP server got.
     * @throws Error if it was called with this socket before
     */
    handleUpgrade(
      request: InstanceType<U>,
      socket: Duplex,
      upgradeHead: Buffer,
      callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
    ): void;
    /** Whether a request is for this server: by its path. It may be overridden. */
    shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

    on<K extends keyof ServerEvents<T, U>>(
      event: K,
      listener: (this: Server<T, U>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    on(event: string | symbol, listener: (this: Server<T, U>, ...args: AnyArguments) => void): this;
    once<K extends keyof ServerEvents<T, U>>(
      event: K,
      listener: (this: Server<T, U>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    once(event: string | symbol, listener: (this: Server<T, U>, ...args: AnyArguments) => void): this;
    off<K extends keyof ServerEvents<T, U>>(
      event: K,
      listener: (this: Server<T, U>, ...args: ServerEvents<T, U>[K]) => void,
    ): this;
    off(event: string | symbol, listener: (this: Server<T, U>, ...args: AnyArguments) => void): this;
    addListener<K extends keyof ServerEvents<T, U>>(
      event: K,
      listener: (...args: ServerEvents<T, U>[K]) => void,
    ): this;
    addListener(event: string | symbol, listener: (...args: AnyArguments) => void): this;
    removeListener<K extends keyof ServerEvents<T, U>>(
      event: K,
      listener: (...args: ServerEvents<T, U>[K]) => void,
    ): this;
    removeListener(event: string | symbol, listener: (...args: AnyArguments) => void): this;
  }

  const WebSocketServer: typeof Server;
  interface WebSocketServer<
    T extends typeof WebSocket.WebSocket = typeof WebSocket.WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends Server<T, U> {}
  const WebSocket: typeof WebSocketAlias;
  interface WebSocket extends WebSocketAlias {}

  /** A stream over a WebSocket: what is written becomes messages, and the bytes of messages can be read. */
  function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex;

  /** The parameters of an extension. A name may have come several times; `true` stands for one without a value. */
  type ExtensionParameters = Record<string, (string | true)[]>;

  /** The header Sec-WebSocket-Extensions. */
  const extension: {
    /** @throws SyntaxError for a header that is not valid */
    parse(header: string): Record<string, ExtensionParameters[]>;
    format(extensions: Record<string, ExtensionConfiguration | ExtensionConfiguration[]>): string;
  };
  /** The parameters of an extension, to be written into a header. */
  type ExtensionConfiguration = Record<
    string,
    string | number | boolean | readonly (string | number | boolean)[]
  >;

  /** The header Sec-WebSocket-Protocol. */
  const subprotocol: {
    /** @throws SyntaxError for a header that is not valid */
    parse(header: string): Set<string>;
  };

  /** The parameters of permessage-deflate, as they are negotiated. */
  type PerMessageDeflateParameters = {
    server_no_context_takeover?: boolean;
    client_no_context_takeover?: boolean;
    server_max_window_bits?: number;
    client_max_window_bits?: number | boolean;
  };

  /** One side of permessage-deflate (RFC 7692) on one connection. */
  class PerMessageDeflate {
    static readonly extensionName: "permessage-deflate";
    constructor(
      options?: PerMessageDeflateOptions & {
        isServer?: boolean | undefined;
        maxPayload?: number | undefined;
      },
    );
    /** What was agreed on; null before {@link accept}. */
    params: PerMessageDeflateParameters | null;
    /** The parameters that a client offers. */
    offer(): PerMessageDeflateParameters;
    /** Agrees with what the peer offered or answered. @throws Error unless that is possible */
    accept(configurations: ExtensionParameters[]): PerMessageDeflateParameters;
    /** Frees what the extension holds. */
    cleanup(): void;
    compress(
      data: Buffer | string,
      fin: boolean,
      callback: (error: Error | null, result?: Buffer) => void,
    ): void;
    decompress(data: Buffer, fin: boolean, callback: (error: Error | null, result?: Buffer) => void): void;
  }

  /** The extensions of a connection, by name. */
  type Extensions = Record<string, PerMessageDeflate>;

  /** A frame to be built. */
  interface FrameOptions {
    /** 0 to 15 */
    opcode: number;
    fin?: boolean | undefined;
    rsv1?: boolean | undefined;
    mask?: boolean | undefined;
    generateMask?: ((mask: Buffer) => void) | undefined;
    /** Gets the masking key. */
    maskBuffer?: Buffer | undefined;
    /** Whether the data must stay as it is: it is copied before it is masked. Default: false */
    readOnly?: boolean | undefined;
  }

  /** Writes frames to a stream. */
  class Sender {
    constructor(socket: Duplex, extensions?: Extensions, generateMask?: (mask: Buffer) => void);
    /** The bytes of a frame: its header and, unless they are one buffer, its payload. */
    static frame(data: Buffer | string, options: FrameOptions): (Buffer | string)[];
    close(code?: number, data?: string | Buffer, mask?: boolean, cb?: SendCallback): void;
    ping(data: Sendable, mask?: boolean, cb?: SendCallback): void;
    pong(data: Sendable, mask?: boolean, cb?: SendCallback): void;
    send(data: Sendable, options: SendOptions, cb?: SendCallback): void;
    /** Writes a frame as {@link frame} made it. */
    sendFrame(list: readonly (Buffer | string)[], cb?: SendCallback): void;
  }

  /** How frames are read. */
  interface ReceiverOptions {
    allowSynchronousEvents?: boolean | undefined;
    binaryType?: "nodebuffer" | "arraybuffer" | "fragments" | "blob" | undefined;
    extensions?: Extensions | undefined;
    /** Whether frames must be masked. Default: false */
    isServer?: boolean | undefined;
    maxBufferedChunks?: number | undefined;
    maxFragments?: number | undefined;
    /** How long a message may be, in bytes; 0 for no limit. Default: 0 */
    maxPayload?: number | undefined;
    skipUTF8Validation?: boolean | undefined;
  }

  /** Reads frames: bytes are written to it, and it emits messages. */
  class Receiver extends Writable {
    constructor(options?: ReceiverOptions);
    on<K extends keyof ReceiverEvents>(
      event: K,
      listener: (this: Receiver, ...args: ReceiverEvents[K]) => void,
    ): this;
    on(event: string | symbol, listener: (this: Receiver, ...args: AnyArguments) => void): this;
    once<K extends keyof ReceiverEvents>(
      event: K,
      listener: (this: Receiver, ...args: ReceiverEvents[K]) => void,
    ): this;
    once(event: string | symbol, listener: (this: Receiver, ...args: AnyArguments) => void): this;
  }
}

export = WebSocket;
