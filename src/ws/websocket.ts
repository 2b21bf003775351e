// The class WebSocket, with the members of that of `ws`.
import type { Duplex } from "node:stream";
import type { SocketTransport } from "../adapter/transport.js";
import { nextTick } from "../node/globals.js";
import { Opcode } from "../protocol/opcode.js";
import type { PreparedMessage } from "../protocol/prepared-message.js";
import { AutoPong } from "./auto-pong.js";
import { codecOptions, type SocketOptions } from "./choices.js";
import { giveUp, openClient } from "./client.js";
import type { ClientOptions } from "./client-options.js";
import {
  BINARY_TYPES,
  type BinaryType,
  CLOSED,
  CLOSING,
  CONNECTING,
  EMPTY_BUFFER,
  kWebSocket,
  OPEN,
  READY_STATES,
  type ReadyState,
} from "./constants.js";
import { closePayload, controlPayload } from "./control-payload.js";
import { drained } from "./drained.js";
import { Engine, type Surface } from "./engine.js";
import { rethrowLater } from "./later.js";
import { addMembers } from "./members.js";
import { type Data, lengthOf, payloadOf } from "./payload.js";
import { RawSender } from "./raw-sender.js";
import { BINARY, COMPRESS, FINAL, MASKED, readSendOptions, type SendOptions } from "./send-options.js";
import type { Callback } from "./send-queue.js";
import { State } from "./state.js";
import { streamTransport } from "./stream-transport.js";

export type { SocketOptions } from "./choices.js";
export type { SendOptions } from "./send-options.js";

/** What the constructor reads of the options of a server. */
export interface ServerSideOptions extends SocketOptions {
  readonly autoPong?: boolean | undefined;
  readonly closeTimeout?: number | undefined;
  readonly maxPendingAutoPongs?: number | undefined;
}

/** A transport without a socket, until something asks for one. */
interface SocketMaker {
  socket(): Duplex;
}

/** One side of a connection. */
export class WebSocket extends State implements Surface {
  /** @internal Is told when the connection is over, before 'close'. */
  owner: { left(websocket: WebSocket): void } | undefined = undefined;
  #engine: Engine | undefined = undefined;
  #socket: Duplex | undefined = undefined;
  /** Makes the socket when something asks for it. */
  #socketMaker: SocketMaker | undefined = undefined;
  #sender: RawSender | undefined = undefined;
  /** The number of payload bytes that were given to `send` when it was too late. */
  #lateBytes = 0;
  /** Made for the first ping. */
  #pongs: AutoPong | undefined = undefined;

  /** The server's side of a connection. It is open when it gets a stream by `setSocket`. */
  constructor(address: null, protocols?: undefined, options?: ServerSideOptions);
  /**
   * Connects to a server.
   * @param address - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`, without a fragment
   * @param protocols - the subprotocols to offer
   * @throws SyntaxError for an address or subprotocols that can't be, RangeError for an unknown version, and what
   * `http.request` throws about its options
   */
  constructor(address: string | URL, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(address: string | URL, options?: ClientOptions);
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    this._isServer = address === null;
    if (address !== null) {
      openClient(this, address, protocols, options);
      return;
    }
    if (options === undefined) return;
    this._autoPong = Boolean(options.autoPong);
    this._maxPendingAutoPongs = Number(options.maxPendingAutoPongs) | 0;
    if (options.closeTimeout !== undefined) this._closeTimeout = options.closeTimeout;
  }

  // ---- Attributes ----

  /** The form in which binary messages are given to listeners. Values that do not exist are ignored. */
  get binaryType(): BinaryType {
    return this._binaryType;
  }

  set binaryType(type: BinaryType) {
    if (BINARY_TYPES.includes(type)) this._binaryType = type;
  }

  /** Bytes that were sent and that the operating system has not taken. */
  get bufferedAmount(): number {
    return (this.#engine?.bufferedAmount ?? 0) + this.#lateBytes;
  }

  /** The names of the extensions that were agreed on. */
  get extensions(): string {
    return Object.keys(this._extensions).join();
  }

  /** Whether `pause` was called, and not `resume`. */
  get isPaused(): boolean {
    return this._paused;
  }

  /** The subprotocol that was agreed on, or "". */
  get protocol(): string {
    return this._protocol;
  }

  /** The state of the connection: `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  get readyState(): ReadyState {
    return this._readyState;
  }

  /** The address of a client, after redirects that of the last one; undefined on a server. */
  get url(): string | undefined {
    return this._isServer ? undefined : this._url;
  }

  /** @internal The stream of the connection; null before it is open. */
  get _socket(): Duplex | null {
    // The application may end the stream, or write to it: behind what was sent before.
    this.#engine?.output.flushNow();
    if (this.#socket === undefined && this.#socketMaker !== undefined) {
      this.#socket = this.#socketMaker.socket();
      this.#socketMaker = undefined;
    }
    return this.#socket ?? null;
  }

  /** @internal The number of reads so far. Undefined while the application wants none. */
  get _heard(): number | undefined {
    return this.#engine?.input.reads;
  }

  /** @internal Sends frames as they are; null before the connection is open. */
  get _sender(): RawSender | null {
    const engine = this.#engine;
    if (engine === undefined) return null;
    this.#sender ??= new RawSender(engine.sending);
    return this.#sender;
  }

  // ---- Opening ----

  /** @internal Begins to use a stream on which the opening handshake is over. */
  setSocket(socket: Duplex, head: Uint8Array, options: SocketOptions): void {
    // Before the stream flows: these bytes must come a tick later, when the application listens.
    if (head.length > 0) socket.unshift(head);
    const transport = streamTransport(socket, options);
    Reflect.set(socket, kWebSocket, this);
    this.#socket = socket;
    this.#open(transport, EMPTY_BUFFER, options);
  }

  /** @internal As {@link setSocket}, over a transport of this package. */
  setTransport(transport: SocketTransport & SocketMaker, head: Uint8Array, options: SocketOptions): void {
    this.#socketMaker = transport;
    this.#open(transport, head, options);
  }

  #open(transport: SocketTransport, head: Uint8Array, options: SocketOptions): void {
    const deflate = this._extensions["permessage-deflate"];
    const extension = deflate?.messagePath();
    const { allowSynchronousEvents = true, sequential = false, skipUTF8Validation = false } = options;
    // Strings are made of valid UTF-8 alone.
    const textType = skipUTF8Validation ? "bytes" : (options.text ?? "bytes");
    const engine = new Engine(this, transport, {
      codec: codecOptions({ isServer: this._isServer, options, textType, extension }),
      compressFrom: deflate?.compressFrom ?? 0,
      oneEventATurn: !allowSynchronousEvents,
      sequential,
      skipUtf8Validation: skipUTF8Validation,
    });
    this.#engine = engine;
    if (options.holdMessages === true && this.listenerCount("message") === 0) {
      engine.holdMessages();
      this.on("newListener", startAtListener);
    }
    engine.start(head);
    this._readyState = OPEN;
    this.emit("open");
  }

  /** Begins to read, with the option `holdMessages`, although there is no listener of the event 'message'. */
  start(): void {
    this.removeListener("newListener", startAtListener);
    this.#engine?.startMessages();
  }

  // ---- Sending ----

  /**
   * Sends a message.
   * @param callback - called when the message was written, or with the reason why it was not
   * @returns whether the transport keeps up. If it does not, the event 'drain' tells when everything has left
   * @throws Error before the connection is open, TypeError for what is neither text nor bytes
   */
  send(data: Data | PreparedMessage, callback?: Callback): boolean;
  send(data: Data | PreparedMessage, options: SendOptions | undefined, callback?: Callback): boolean;
  send(data: Data | PreparedMessage, options?: SendOptions | Callback, callback?: Callback): boolean {
    if (typeof options === "function") return this.#send(data, undefined, options);
    return this.#send(data, options, callback);
  }

  #send(
    data: Data | PreparedMessage,
    options: SendOptions | undefined,
    callback: Callback | undefined,
  ): boolean {
    const engine = this.#engine;
    if (this._readyState !== OPEN || engine === undefined) {
      this.#tooLate(data, callback);
      return false;
    }
    let bits = COMPRESS | FINAL;
    if (typeof data !== "string" && typeof data !== "number") bits |= BINARY;
    if (!this._isServer) bits |= MASKED;
    if (options !== undefined && options !== null) bits = readSendOptions(options, bits);
    return engine.sending.message(payloadOf(data), bits, callback);
  }

  /** Sends a ping. @throws Error before the connection is open, RangeError for more than 125 bytes */
  ping(callback?: Callback): void;
  ping(data: Data, callback?: Callback): void;
  ping(data: Data, mask: boolean | undefined, callback?: Callback): void;
  ping(data?: Data | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control(Opcode.PING, data, mask, callback);
  }

  /** Sends a pong. @throws as {@link ping} */
  pong(callback?: Callback): void;
  pong(data: Data, callback?: Callback): void;
  pong(data: Data, mask: boolean | undefined, callback?: Callback): void;
  pong(data?: Data | Callback, mask?: boolean | Callback, callback?: Callback): void {
    this.#control(Opcode.PONG, data, mask, callback);
  }

  #control(
    opcode: number,
    given: Data | Callback,
    mask: boolean | Callback | undefined,
    last: Callback | undefined,
  ): void {
    const data = typeof given === "function" ? undefined : given;
    const callback = typeof given === "function" ? given : typeof mask === "function" ? mask : last;
    const engine = this.#engine;
    if (this._readyState !== OPEN || engine === undefined) {
      this.#tooLate(data, callback);
      return;
    }
    const masked = typeof mask === "boolean" ? mask : !this._isServer;
    engine.sending.control(opcode, controlPayload(data), masked, callback);
  }

  /** @throws Error if it is too early, and not too late */
  #tooLate(data: Data | PreparedMessage, callback: Callback | undefined): void {
    const state = this._readyState;
    const error = new Error(`WebSocket is not open: readyState ${state} (${READY_STATES[state]})`);
    if (state === CONNECTING) throw error;
    this.#lateBytes += lengthOf(payloadOf(data));
    if (callback !== undefined) nextTick(callback, error);
  }

  /**
   * Waits until everything that was sent has left, if `send` has returned false.
   * @returns a promise that is rejected if the connection ends before
   */
  async waitForDrain(): Promise<void> {
    if (this.#engine?.output.full === true) await drained(this);
  }

  /** Reads no more bytes, until {@link resume}. Messages that were read already are still emitted. */
  pause(): void {
    if (this._readyState === CONNECTING || this._readyState === CLOSED) return;
    this._paused = true;
    this.#engine?.input.pause();
  }

  /** Reads again. */
  resume(): void {
    if (this._readyState === CONNECTING || this._readyState === CLOSED) return;
    this._paused = false;
    this.#engine?.input.resume();
  }

  // ---- Closing ----

  /**
   * Begins the closing handshake.
   * @param code - 1000-1003, 1007-1014 or 3000-4999. Default: none
   * @param reason - at most 123 bytes
   * @throws TypeError or RangeError for a code or a reason that can't be sent
   */
  close(code?: number, reason?: string | Uint8Array): void {
    if (this._readyState === CLOSED) return;
    const engine = this.#engine;
    if (engine === undefined) {
      giveUp(this);
      return;
    }
    if (this._readyState === CLOSING) {
      engine.finish();
      return;
    }
    const payload = closePayload(code, reason);
    engine.close(payload);
    this._readyState = CLOSING;
  }

  /** Ends the connection at once. What the system takes of the output is sent. */
  terminate(): void {
    if (this._readyState === CLOSED) return;
    if (this.#engine === undefined) giveUp(this);
    else this.#engine.terminate();
  }

  /** @internal Ends with the event 'close'. */
  emitClose(): void {
    for (const extension of Object.values(this._extensions)) extension.cleanup();
    this._readyState = CLOSED;
    this.emit("close", this._closeCode, this._closeMessage);
  }

  // ---- For the engine ----

  /** @internal Answers a ping. */
  answer(payload: Uint8Array): void {
    if (!this._autoPong || this._readyState !== OPEN) return;
    this.#pongs ??= new AutoPong(this);
    this.#pongs.answer(payload);
  }

  /** @internal The connection failed. */
  failed(error: Error): void {
    if (this._errorEmitted) return;
    this._errorEmitted = true;
    try {
      this.emit("error", error);
    } catch (thrown) {
      rethrowLater(thrown);
    }
  }

  /** @internal The connection is over. */
  ended(): void {
    if (this.#socket !== undefined) Reflect.set(this.#socket, kWebSocket, undefined);
    try {
      this.owner?.left(this);
      this.emitClose();
    } catch (error) {
      rethrowLater(error);
    }
  }
}

function startAtListener(this: WebSocket, name: string | symbol): void {
  if (name === "message") nextTick(start, this);
}

function start(websocket: WebSocket): void {
  websocket.start();
}

addMembers(WebSocket);
