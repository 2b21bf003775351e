// The codec for applications with a loop of their own: chunks in, lists of events and bytes out.
import type { KernelName } from "../kernel/kernel.js";
import { type Bytes, bytesOf } from "./arguments.js";
import {
  type EndpointOptions,
  type EndpointState,
  ResolvedEndpointOptions,
  type Role,
} from "./endpoint-options.js";
import { Answers, EventCollector, EventList } from "./event-list.js";
import type { ConnectionEvent } from "./events.js";
import type { CompressionTotals } from "./extensions/message-path.js";
import { Machine } from "./machine.js";
import type { PreparedMessage } from "./prepared-message.js";
import type { SendOptions } from "./send-options.js";
import { Sender } from "./sender.js";

/**
 * Options of a {@link Connection}: those of an endpoint without `borrow`, since events outlive the call, and without
 * `turnMs`.
 */
export type ConnectionOptions = Omit<EndpointOptions, "borrow" | "turnMs">;

/**
 * The codec for an application with a loop of its own: bytes in, events and bytes out, no sockets, no clock.
 *
 * ```ts
 * const connection = new Connection({ role: "server" });
 * for (const event of connection.receive(chunk)) {
 *   if (event.type === "text") connection.sendText(event.text);
 * }
 * for (const bytes of connection.takeOutput()) socket.write(bytes);
 * if (connection.closeExpected) socket.end();
 * ```
 *
 * The loop keeps the order of the wire: a ping is answered when the loop reaches its event. A Close frame or a
 * violation is answered when the output is taken, behind everything that the application sent for earlier events. So no
 * answer is lost, and nothing that the peer does makes a call throw.
 *
 * A whole message that is sent while a fragmented one is being sent waits behind the last fragment, as a copy. It is
 * dropped if the connection closes before.
 * @example
 * ```js
 * import { Connection } from "wsimd";
 *
 * const [client, server] = [new Connection({ role: "client" }), new Connection({ role: "server" })];
 * client.sendText("hello");
 * for (const bytes of client.takeOutput()) {
 *   for (const event of server.receive(bytes)) {
 *     if (event.type === "text") console.log(event.text);
 *   }
 * }
 * ```
 */
export class Connection {
  readonly #collector = new EventCollector();
  readonly #machine: Machine;
  readonly #sender: Sender;
  /** Answers the events of the last chunk. */
  #answers: Answers;

  /**
   * @throws TypeError or RangeError for options that make no sense; TypeError for an extension that does not run with
   * the kernel: there is none for the JavaScript one
   */
  constructor(options: ConnectionOptions) {
    this.#machine = new Machine(this.#collector, new ResolvedEndpointOptions(options, true));
    this.#sender = new Sender(this.#machine);
    this.#answers = new Answers(this.#machine, []);
  }

  /** The role of this side in the opening handshake. */
  get role(): Role {
    return this.#machine.options.role;
  }

  /** The state of the connection; in a loop over received events, the state after the current event. */
  get state(): EndpointState {
    return this.#answers.over ? "closed" : this.#machine.state;
  }

  /** What compression has done so far; undefined on a connection without it. A copy, which does not change. */
  get compression(): CompressionTotals | undefined {
    return this.#machine.compression;
  }

  /** The kernel that decodes: `simd`, `scalar` or `js`. */
  get kernel(): KernelName {
    return this.#machine.workspace.linear.kernel.name;
  }

  /** Whether the connection is over: write the bytes of {@link takeOutput}, then end the transport. */
  get closeExpected(): boolean {
    this.#answers.catchUp();
    return this.#machine.state === "closed";
  }

  /**
   * Takes a chunk of any length, which may be used again afterwards, and returns its events.
   * @returns an array. A `for of` loop over it answers each ping at its event. Events that no loop has reached, and the
   * close event, are answered by {@link takeOutput}, {@link closeExpected}, {@link end}, or the next call of this
   * method
   * @throws TypeError if the chunk is not bytes
   */
  receive(chunk: Bytes): ConnectionEvent[] {
    const bytes = bytesOf(chunk, "a chunk must be bytes");
    this.#answers.finish();
    this.#machine.receive(bytes);
    const events = this.#collector.take();
    this.#answers = new Answers(this.#machine, events);
    return EventList.holding(events, this.#answers);
  }

  /** The transport ended. @returns a close event with code 1006, if there was none yet */
  end(): ConnectionEvent[] {
    this.#answers.finish();
    this.#machine.end();
    return this.#collector.take();
  }

  /**
   * Bytes that {@link takeOutput} would return. A loop that leaves them there while its socket is full can bound the
   * memory of a peer that does not read.
   */
  get bufferedAmount(): number {
    return this.#machine.outbox.bytes;
  }

  /**
   * Takes the bytes that must be written to the transport, in order. They are not to be changed: prepared messages and
   * long payloads are shared. In a loop over received events, it returns the bytes up to the current event.
   */
  takeOutput(): Uint8Array[] {
    this.#answers.catchUp();
    this.#machine.settle();
    return this.#machine.outbox.take();
  }

  /**
   * Sends a text message: a string, or UTF-8 as with {@link sendBinary}.
   * @returns false if the peer has ended the connection, and the message is dropped. The other sending methods return
   * the same
   * @throws InvalidStateError after {@link close} or {@link fail} that ended the connection
   * @throws TypeError for bytes that are not UTF-8
   */
  sendText(text: string | Bytes, options?: SendOptions): boolean {
    return this.#sender.text(text, options);
  }

  /**
   * Sends a binary message. In the server role, 32 KiB or more are not copied: they must not change until they were
   * written.
   */
  sendBinary(payload: Bytes, options?: SendOptions): boolean {
    return this.#sender.binary(payload, options);
  }

  /**
   * Sends a part of a message; the first decides its type. Text may be cut anywhere.
   * @param options - the type of bytes, if they are text: `{ type: "text" }`
   */
  sendFragment(part: string | Bytes, final: boolean, options?: SendOptions): boolean {
    return this.#sender.fragment(part, final, options);
  }

  /** Sends a message that was framed before. */
  sendPrepared(message: PreparedMessage, options?: SendOptions): boolean {
    return this.#sender.prepared(message, options);
  }

  /** Sends a ping of at most 125 bytes, or a string in UTF-8. Those of the peer are answered, unless `autoPong` is false. */
  ping(payload?: string | Bytes): boolean {
    return this.#sender.ping(payload);
  }

  /** Sends a pong: an unsolicited one, or with `autoPong: false` the answer to a ping. */
  pong(payload?: string | Bytes): boolean {
    return this.#sender.pong(payload);
  }

  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void {
    if (this.#answers.over) this.#answers.finish();
    this.#machine.close(code, reason);
  }

  /**
   * Fails the connection (section 7.1.7): sends a Close frame and takes no further input. A loop over received events
   * ends, except for the close event if there is one.
   * @returns the close event, unless it was reported already
   */
  fail(code: number, reason?: string): ConnectionEvent[] {
    this.#answers.catchUp();
    this.#machine.fail(code, reason);
    return this.#collector.take();
  }
}
