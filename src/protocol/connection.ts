import type { KernelName } from "../kernel/kernel.js";
import type { Bytes } from "./arguments.js";
import { Endpoint } from "./endpoint.js";
import type { EndpointOptions, EndpointState, Role } from "./endpoint-options.js";
import type { CloseEvent, ConnectionEvent, EndpointSink, MessageType } from "./events.js";
import { ownOptions } from "./option-readers.js";
import type { PreparedMessage } from "./prepared-message.js";

/** Options of a {@link Connection}: an endpoint's, but for borrowing, since events outlive the call. */
export type ConnectionOptions = Omit<EndpointOptions, "borrow">;

/** Collects what an endpoint pushes. */
class EventList implements EndpointSink {
  events: ConnectionEvent[] = [];

  take(): ConnectionEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  onText(text: string | Uint8Array): void {
    this.events.push(typeof text === "string" ? { type: "text", text } : { type: "utf8", payload: text });
  }
  onBinary(payload: Uint8Array): void {
    this.events.push({ type: "binary", payload });
  }
  onPiece(payload: Uint8Array, messageType: MessageType, final: boolean): void {
    this.events.push({ type: "piece", messageType, payload, final });
  }
  onPing(payload: Uint8Array): void {
    this.events.push({ type: "ping", payload });
  }
  onPong(payload: Uint8Array): void {
    this.events.push({ type: "pong", payload });
  }
  onClose(event: CloseEvent): void {
    this.events.push(event);
  }
}

/**
 * The codec for people who write their own loop: bytes in, events and bytes out, no sockets, no clock.
 *
 * ```ts
 * const connection = new Connection({ role: "server" });
 * for (const event of connection.receive(chunk)) {
 *   if (event.type === "text") connection.sendText(event.text);
 * }
 * for (const bytes of connection.takeOutput()) socket.write(bytes);
 * if (connection.closeExpected) socket.end();
 * ```
 */
export class Connection {
  readonly #list = new EventList();
  readonly #endpoint: Endpoint;

  /** @throws TypeError or RangeError for options that make no sense */
  constructor(options: ConnectionOptions) {
    this.#endpoint = new Endpoint(this.#list, { ...ownOptions(options), borrow: false });
  }

  /** Which side of the opening handshake this is. */
  get role(): Role {
    return this.#endpoint.role;
  }

  /** Where the connection stands. */
  get state(): EndpointState {
    return this.#endpoint.state;
  }

  /** Which kernel decodes: `simd`, `scalar` or `js`. */
  get kernel(): KernelName {
    return this.#endpoint.kernel;
  }

  /** Whether the connection is over: write what {@link takeOutput} gives, then end the transport. */
  get closeExpected(): boolean {
    return this.#endpoint.closeExpected;
  }

  /** Takes a chunk of any length, which may be used again afterwards, and tells what it brought. */
  receive(chunk: Bytes): ConnectionEvent[] {
    this.#endpoint.receive(chunk);
    return this.#list.take();
  }

  /** The transport ended. @returns a close event with code 1006, if there was none yet */
  end(): ConnectionEvent[] {
    this.#endpoint.end();
    return this.#list.take();
  }

  /** Takes the bytes that must be written to the transport, in order. They are not to be changed: prepared messages and long
   * payloads are shared. */
  takeOutput(): Uint8Array[] {
    this.#endpoint.settle();
    return this.#endpoint.outbox.take();
  }

  /**
   * Sends a text message: a string, or UTF-8 as with {@link sendBinary}.
   * @throws InvalidStateError unless {@link Endpoint.sendable}
   * @throws TypeError for bytes that are not UTF-8
   */
  sendText(text: string | Bytes): void {
    this.#endpoint.sendText(text);
  }

  /**
   * Sends a binary message. In the server role, 32 KiB or more are not copied: they must not change until they were
   * written.
   */
  sendBinary(payload: Bytes): void {
    this.#endpoint.sendBinary(payload);
  }

  /** Sends a part of a message; the first decides its type. Text may be cut anywhere. @param type - what bytes are. Default "binary" */
  sendFragment(part: string | Bytes, final: boolean, type?: MessageType): void {
    this.#endpoint.sendFragment(part, final, type);
  }

  /** Sends a message that was framed before. */
  sendPrepared(message: PreparedMessage): void {
    this.#endpoint.sendPrepared(message);
  }

  /** Sends a ping of at most 125 bytes. Pings that come are answered without help. */
  ping(payload?: Bytes): void {
    this.#endpoint.ping(payload);
  }

  /** Sends a pong that nobody asked for. */
  pong(payload?: Bytes): void {
    this.#endpoint.pong(payload);
  }

  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void {
    this.#endpoint.close(code, reason);
  }

  /**
   * Fails the connection (section 7.1.7): sends a Close frame and takes no further input.
   * @returns the close event, unless the connection was over
   */
  fail(code: number, reason?: string): ConnectionEvent[] {
    this.#endpoint.fail(code, reason);
    return this.#list.take();
  }
}
