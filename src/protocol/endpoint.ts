// One endpoint of an open WebSocket connection, without sockets. Adapters are built on it.
import type { KernelName } from "../kernel/kernel.js";
import type { Bytes } from "./arguments.js";
import {
  type EndpointOptions,
  type EndpointState,
  ResolvedEndpointOptions,
  type Role,
} from "./endpoint-options.js";
import type { FailureDetails } from "./errors.js";
import type { EndpointSink } from "./events.js";
import type {
  CompressionTotals,
  MessagePath,
  PreparedEncoding,
  SentMessages,
} from "./extensions/message-path.js";
import { Machine } from "./machine.js";
import type { Outbox } from "./outbox.js";
import type { PreparedMessage } from "./prepared-message.js";
import type { SendOptions } from "./send-options.js";
import { Sender } from "./sender.js";

/**
 * One endpoint of an open WebSocket connection, after the opening handshake. It takes the bytes of the peer, calls the
 * sink for each event, and gathers bytes for the transport in its {@link outbox}.
 *
 * A method that sends throws before anything changes, if the message makes no sense, or if the application itself has
 * closed or failed the connection. Messages after the peer has ended the connection are dropped.
 *
 * A whole message that is sent while a fragmented one is being sent waits behind the last fragment, as a copy. It is
 * dropped if the connection closes before.
 * @example
 * ```js
 * import { Connection, Endpoint } from "wsimd";
 *
 * const endpoint = new Endpoint(
 *   {
 *     onText: (text) => endpoint.sendText(text),
 *     onBinary: (payload) => endpoint.sendBinary(payload),
 *     onFragment() {},
 *     onPing() {},
 *     onPong() {},
 *     onClose: ({ code }) => console.log(code),
 *   },
 *   { role: "server" },
 * );
 * const client = new Connection({ role: "client" });
 * client.sendText("hello");
 * for (const bytes of client.takeOutput()) endpoint.receive(bytes);
 * ```
 */
export class Endpoint {
  readonly #machine: Machine;
  readonly #sender: Sender;
  /** Bytes that must be written to the transport, in order. */
  readonly outbox: Outbox;

  /**
   * @throws TypeError or RangeError for options that make no sense; TypeError for an extension that does not run with
   * the kernel: there is none for the JavaScript one
   */
  constructor(sink: EndpointSink, options: EndpointOptions) {
    const resolved =
      options instanceof ResolvedEndpointOptions ? options : new ResolvedEndpointOptions(options);
    this.#machine = new Machine(sink, resolved);
    this.#sender = new Sender(this.#machine);
    this.outbox = this.#machine.outbox;
  }

  /** The role of this side in the opening handshake. */
  get role(): Role {
    return this.#machine.options.role;
  }

  /** The extension that messages pass through, if there is one. */
  get extension(): MessagePath | undefined {
    return this.#machine.options.extension;
  }

  /** What compression has done so far; undefined on a connection without it. A copy, which does not change. */
  get compression(): CompressionTotals | undefined {
    return this.#machine.compression;
  }

  /** The state of the connection. */
  get state(): EndpointState {
    return this.#machine.state;
  }

  /** The kernel that decodes. */
  get kernel(): KernelName {
    return this.#machine.workspace.linear.kernel.name;
  }

  /**
   * Whether the WebSocket connection is over and the transport must end. Section 7.1.1: the server closes the TCP
   * connection first, "so that it holds the TIME_WAIT state"; a client waits a while for that.
   */
  get closeExpected(): boolean {
    return this.#machine.state === "closed";
  }

  // ---- Receiving ----

  /**
   * Takes the bytes of one read from the network, of any length and cut anywhere. The chunk may be used again
   * afterwards. An exception of the sink fails the connection with 1011, and is thrown on.
   * @returns the number of bytes taken: all, unless {@link interrupt} or the option `turnMs` ended the call early
   * @throws TypeError if the chunk is not bytes
   * @throws InvalidStateError from inside of one of this endpoint's own handlers, or while a call is
   * {@link interrupted}
   */
  receive(chunk: Bytes): number {
    return this.#machine.receive(chunk);
  }

  /**
   * Memory for a transport to read into, before {@link receiveWindow}. It is another view after the kernel was
   * replaced.
   */
  get readWindow(): Uint8Array {
    return this.#machine.workspace.readWindow.view;
  }

  /**
   * Whether a handler of any endpoint on this kernel is running, so that the window still holds bytes to be handled.
   */
  get windowInUse(): boolean {
    return this.#machine.workspace.readWindow.inUse;
  }

  /**
   * Takes `length` bytes that were read into the beginning of the {@link readWindow}.
   * @throws InvalidStateError while {@link windowInUse}, or while a call is {@link interrupted}
   */
  receiveWindow(length: number): void {
    this.#machine.receiveWindow(length);
  }

  /**
   * Takes out bytes that the system has read into the beginning of the {@link readWindow} while it was in use, because
   * a handler runs an event loop of its own. The connections whose bytes stood there fail with 1011.
   * @returns a copy, for {@link receive}
   */
  salvageWindow(length: number): Uint8Array {
    return this.#machine.workspace.readWindow.salvage(length);
  }

  /** Whether a handler of this endpoint is running. */
  get receiving(): boolean {
    return this.#machine.decoder.walking;
  }

  /**
   * Ends the call that is handling bytes behind the event that is being reported, as the option `turnMs` does:
   * {@link resume} goes on. For a handler that needs time. Does nothing outside of a handler.
   */
  interrupt(): void {
    this.#machine.decoder.interrupt();
  }

  /**
   * Whether {@link interrupt} or the option `turnMs` has ended a call before all messages were reported. {@link resume}
   * must come before the next bytes.
   */
  get interrupted(): boolean {
    return this.#machine.decoder.interrupted;
  }

  /** Goes on after a call was {@link interrupted}. Does nothing otherwise. */
  resume(): void {
    this.#machine.resume();
  }

  /** The transport ended: no more bytes come. Section 7.1.5: without a Close frame the code is 1006. */
  end(): void {
    this.#machine.end();
  }

  // ---- Sending ----

  /** Whether a fragmented message is being sent: whole messages wait until its last fragment. */
  get fragmenting(): boolean {
    return this.#sender.fragmenting;
  }

  /**
   * Has whole messages wait from now on, behind a message whose first fragment is still to come.
   * @internal
   */
  begin(): void {
    this.#sender.begin();
  }

  /**
   * Undoes {@link begin}, if no fragment was sent since.
   * @returns whether it was undone
   * @internal
   */
  cancel(): boolean {
    return this.#sender.cancel();
  }

  /**
   * Sends a text message.
   * @param text - a string, of which a lone surrogate goes out as U+FFFD; or UTF-8, as with {@link sendBinary}
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   * @throws TypeError if the text is neither a string nor bytes, or not UTF-8 (section 8.1)
   */
  sendText(text: string | Bytes, options?: SendOptions): boolean {
    return this.#sender.text(text, options);
  }

  /**
   * Sends a binary message.
   * @param payload - in the server role, 32 KiB or more are not copied: they must not change until they were written
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  sendBinary(payload: Bytes, options?: SendOptions): boolean {
    return this.#sender.binary(payload, options);
  }

  /**
   * Sends a message that was framed before.
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  sendPrepared(message: PreparedMessage, options?: SendOptions): boolean {
    return this.#sender.prepared(message, options);
  }

  /**
   * @internal A prepared message as the extension encodes it, for all connections with the same one.
   * @returns undefined if it goes out as it is
   */
  encoding(message: PreparedMessage): PreparedEncoding | undefined {
    return this.#machine.extended?.encoding(message);
  }

  /** @internal Frames of {@link encoding} were written, and did not go through the outbox. */
  sent(messages: SentMessages): void {
    this.#machine.extended?.sent(messages);
  }

  /**
   * Sends a part of a message (section 5.4). The first part decides whether the message is text, as strings or as
   * UTF-8, or binary. Strings and UTF-8 may be cut anywhere.
   * @param options - the type of bytes, if they are text: `{ type: "text" }`
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   * @throws TypeError if the part is of another kind than those before, or not UTF-8
   */
  sendFragment(part: string | Bytes, final: boolean, options?: SendOptions): boolean {
    return this.#sender.fragment(part, final, options);
  }

  /**
   * Sends a ping (section 5.5.2).
   * @param payload - bytes, or a string in UTF-8
   * @throws RangeError if the payload is over 125 bytes
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  ping(payload?: string | Bytes): boolean {
    return this.#sender.ping(payload);
  }

  /**
   * Sends a pong: an unsolicited one, which is a one-way heartbeat (section 5.5.3), or with `autoPong: false` the
   * answer to a ping.
   * @param payload - bytes, or a string in UTF-8
   * @throws RangeError if the payload is over 125 bytes
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  pong(payload?: string | Bytes): boolean {
    return this.#sender.pong(payload);
  }

  // ---- Closing ----

  /**
   * Starts the closing handshake (section 7.1.2): sends a Close frame and waits for the peer's. Does nothing if the
   * connection is not open any more.
   * @param code - 1000-1003, 1007-1014 or 3000-4999; none by default
   * @param reason - at most 123 bytes of UTF-8; needs a code
   * @throws RangeError for a code that must not be sent, or a reason that is too long; TypeError for other types
   */
  close(code?: number, reason?: string): void {
    this.#machine.close(code, reason);
  }

  /**
   * *Fails the WebSocket Connection* (section 7.1.7): sends a Close frame and takes no further input. Does nothing if
   * the connection is over.
   * @param details - the cause, or the limit that was exceeded: then that decides the `code` of the failure
   * @throws RangeError for a code that must not be sent, or a reason over 123 bytes
   */
  fail(code: number, reason?: string, details?: FailureDetails): void {
    this.#machine.fail(code, reason, details);
  }

  /**
   * Puts the pong for the newest ping into the outbox, if that pong was held back because too many pongs waited. An
   * adapter calls this when it is about to write and the transport takes bytes, so that unread pongs never pile up
   * (section 5.5.3).
   */
  settle(): void {
    this.#machine.settle();
  }
}
