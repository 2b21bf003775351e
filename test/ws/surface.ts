// What both libraries have, as far as the suite uses it: public parts, and the private ones that other packages use.
import type { EventEmitter } from "node:events";
import type { Agent, ClientRequest, Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex, DuplexOptions, Writable } from "node:stream";

export type Callback = (error?: Error | null) => void;
export type Bytes = string | Uint8Array;
/** What `send` takes, besides values that a test gives it to see what becomes of them. */
export type Sendable = Bytes | ArrayBuffer | ArrayBufferView | Blob | number | readonly number[];

export interface SendOptions {
  binary?: boolean;
  compress?: boolean;
  fin?: boolean;
  mask?: boolean;
}

export interface DeflateOptions {
  serverNoContextTakeover?: boolean;
  clientNoContextTakeover?: boolean;
  serverMaxWindowBits?: number | boolean;
  clientMaxWindowBits?: number | boolean;
  zlibDeflateOptions?: object;
  zlibInflateOptions?: object;
  threshold?: number;
  concurrencyLimit?: number;
  isServer?: boolean;
  maxPayload?: number;
}

interface SocketOptions {
  allowSynchronousEvents?: boolean;
  autoPong?: boolean;
  closeTimeout?: number;
  maxBufferedChunks?: number;
  maxFragments?: number;
  maxPayload?: number;
  maxPendingAutoPongs?: number;
  perMessageDeflate?: boolean | DeflateOptions;
  skipUTF8Validation?: boolean;
  /** Of wsimd alone: which of its ways to read from a socket it takes. */
  internals?: "off" | "on";
}

export interface ClientOptions extends SocketOptions {
  agent?: Agent;
  auth?: string;
  ca?: string;
  cert?: string;
  createConnection?: (options: { host?: string; port?: string; path?: string }) => Duplex;
  finishRequest?: (request: ClientRequest, websocket: WebSocket) => void;
  followRedirects?: boolean;
  generateMask?: (mask: Buffer) => void;
  handshakeTimeout?: number;
  headers?: Record<string, string>;
  key?: string;
  lookup?: () => void;
  maxRedirects?: number;
  origin?: string;
  protocols?: string | string[];
  protocolVersion?: number;
  rejectUnauthorized?: boolean;
  servername?: string;
}

export interface ClientInfo {
  origin: string | undefined;
  secure: boolean;
  req: IncomingMessage;
}

export type Answer = (
  verified: boolean,
  code?: number,
  message?: string,
  headers?: Record<string, string | number>,
) => void;

export interface ServerOptions extends SocketOptions {
  backlog?: number;
  clientTracking?: boolean;
  handleProtocols?: (protocols: Set<string>, request: IncomingMessage) => string | false | undefined;
  host?: string;
  noServer?: boolean;
  path?: string;
  port?: number;
  server?: HttpServer | HttpsServer;
  verifyClient?: ((info: ClientInfo) => boolean) | ((info: ClientInfo, answer: Answer) => void);
  WebSocket?: WebSocketClass;
}

export interface SocketEvent {
  readonly target: WebSocket;
  readonly type: string;
}
export interface MessageEvent extends SocketEvent {
  readonly data: unknown;
}
export interface CloseEvent extends SocketEvent {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}
export interface ErrorEvent extends SocketEvent {
  readonly error: unknown;
  readonly message: string;
}
export interface EventMap {
  open: SocketEvent;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}
export type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface WebSocket extends EventEmitter {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly isPaused: boolean;
  readonly protocol: string;
  readonly readyState: number;
  readonly url: string;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  onopen: ((event: SocketEvent) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  addEventListener<K extends keyof EventMap>(
    type: K,
    listener: Listener<EventMap[K]>,
    options?: { once?: boolean },
  ): void;
  removeEventListener<K extends keyof EventMap>(type: K, listener: Listener<EventMap[K]>): void;
  close(code?: number, reason?: Bytes): void;
  pause(): void;
  resume(): void;
  terminate(): void;
  ping(callback?: Callback): void;
  ping(data: Sendable | undefined, callback?: Callback): void;
  ping(data: Sendable | undefined, mask?: boolean, callback?: Callback): void;
  pong(callback?: Callback): void;
  pong(data: Sendable | undefined, callback?: Callback): void;
  pong(data: Sendable | undefined, mask?: boolean, callback?: Callback): void;
  send(data?: Sendable | null, callback?: Callback): void;
  send(data: Sendable | undefined, options: SendOptions, callback?: Callback): void;
  /** Private from here on. */
  setSocket(socket: Duplex, head: Buffer, options: SocketOptions): void;
  _isServer: boolean;
  _protocol: string;
  _readyState: number;
  readonly _req: ClientRequest;
  readonly _redirects: number;
  readonly _socket: Socket;
  readonly _sender: { sendFrame(list: Bytes[], callback?: Callback): void };
}

export interface WebSocketServer extends EventEmitter {
  readonly clients: Set<WebSocket>;
  readonly options: ServerOptions;
  address(): AddressInfo | string | null;
  close(callback?: (error?: Error) => void): void;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (websocket: WebSocket, request: IncomingMessage) => void,
  ): void;
  shouldHandle(request: { url: string } | IncomingMessage): boolean;
}

export interface WebSocketClass {
  new (
    address: string | URL | null,
    protocols?: string | string[] | ClientOptions,
    options?: ClientOptions | ServerOptions,
  ): WebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

export interface FrameOptions {
  fin?: boolean;
  generateMask?: (mask: Buffer) => void;
  mask?: boolean;
  maskBuffer?: Buffer;
  opcode: number;
  readOnly?: boolean;
  rsv1?: boolean;
}

export interface Sender {
  close(code: number | undefined, reason: Bytes | undefined, mask: boolean, callback?: Callback): void;
  ping(data: Sendable, mask: boolean, callback?: Callback): void;
  pong(data: Sendable, mask: boolean, callback?: Callback): void;
  send(data: Sendable, options: SendOptions, callback?: Callback): void;
  sendFrame(list: Bytes[], callback?: Callback): void;
}

export interface ReceiverOptions {
  allowSynchronousEvents?: boolean;
  binaryType?: string;
  extensions?: Record<string, PerMessageDeflate>;
  isServer?: boolean;
  maxBufferedChunks?: number;
  maxFragments?: number;
  maxPayload?: number;
  skipUTF8Validation?: boolean;
}

type Parameters = Record<string, (string | true)[]>;
type Accepted = Record<string, number | true>;
type Coded = (error: Error | null, data?: Buffer) => void;

export interface PerMessageDeflate {
  readonly params: Accepted | null;
  offer(): Accepted;
  accept(configurations: Parameters[]): Accepted;
  cleanup(): void;
  compress(data: Bytes, fin: boolean, callback: Coded): void;
  decompress(data: Buffer, fin: boolean, callback: Coded): void;
}

/** What the package exports, as names of its module and as properties of its class. */
export interface Surface {
  readonly WebSocket: WebSocketClass;
  readonly WebSocketServer: new (options?: ServerOptions, listening?: () => void) => WebSocketServer;
  readonly createWebSocketStream: (websocket: WebSocket, options?: DuplexOptions) => Duplex;
  readonly Sender: {
    new (
      socket: Duplex,
      extensions?: Record<string, PerMessageDeflate>,
      generateMask?: (mask: Buffer) => void,
    ): Sender;
    frame(data: Bytes, options: FrameOptions): Bytes[];
  };
  readonly Receiver: new (options?: ReceiverOptions) => Writable;
  readonly PerMessageDeflate: {
    new (options?: DeflateOptions): PerMessageDeflate;
    readonly extensionName: string;
  };
  readonly extension: {
    parse(header: string): Record<string, Parameters[]>;
    format(extensions: Record<string, object | object[]>): string;
  };
  readonly subprotocol: { parse(header: string): Set<string> };
}
