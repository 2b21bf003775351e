import type { Host } from "../host/host.js";
import type { Workspace } from "../memory/workspace.js";
import { type Bytes, bytesOf, messageOf } from "./arguments.js";
import { Encoder, type EncoderSink } from "./encoder.js";
import type { EndpointState, Role } from "./endpoint-options.js";
import { InvalidStateError } from "./errors.js";
import type { MessageType } from "./events.js";
import type { MaskingKeySource } from "./masking-key.js";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";
import { Outbox, type OutboxSink } from "./outbox.js";
import { PreparedMessage } from "./prepared-message.js";

const NOTHING = new Uint8Array(0);

/**
 * The side of an endpoint that sends what the application has (section 6.1): messages, whole or in fragments, and control
 * frames. Each method throws before anything changes if what is sent makes no sense, or if the application itself has closed or failed
 * the connection. What is sent after the peer has ended it is dropped: each method returns whether the frame was taken.
 */
export abstract class Sender implements EncoderSink, OutboxSink {
  /** Which side of the opening handshake this is. */
  readonly role: Role;
  /** What must be written to the transport. */
  readonly outbox: Outbox;
  /** @internal */
  protected readonly encoder: Encoder;
  /** What the message is that is being sent in fragments: text as strings or as UTF-8, or bytes. */
  #fragmented: "text" | "utf8" | "binary" | undefined;
  /** A high surrogate at the end of a text fragment, whose other half comes with the next. */
  #heldSurrogate = "";

  /** @internal @param maskingKey - for the client role alone */
  protected constructor(role: Role, workspace: Workspace, host: Host, maskingKey: MaskingKeySource) {
    this.role = role;
    this.outbox = new Outbox(workspace, host, this);
    const key = role === "client" ? maskingKey : undefined;
    this.encoder = new Encoder(workspace, host, this.outbox, key, this);
  }

  /** Where the connection stands. */
  abstract get state(): EndpointState;

  /** @internal Whether the application itself closed or failed the connection, so that it knows better than to send. */
  protected abstract get closedHere(): boolean;

  /** @internal */
  abstract onTrap(error: unknown): void;

  /** @internal */
  abstract onLost(error: unknown): void;

  /** Whether a message can be sent: the connection is open and no fragmented message is being sent. */
  get sendable(): boolean {
    return this.state === "open" && this.#fragmented === undefined;
  }

  /**
   * Sends a text message.
   * @param text - a string, of which a lone surrogate goes out as U+FFFD; or UTF-8, as with {@link sendBinary}
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection, or a fragmented message is being sent
   * @throws TypeError if it is neither, or not UTF-8 (section 8.1)
   */
  sendText(text: string | Bytes): boolean {
    const known = typeof text === "string" ? text : bytesOf(text);
    if (!this.#begins()) return false;
    if (typeof known === "string") this.encoder.text(FIN | Opcode.TEXT, known);
    else this.encoder.utf8(FIN | Opcode.TEXT, known);
    return this.state === "open";
  }

  /**
   * Sends a binary message.
   * @param payload - in the server role, 32 KiB or more are not copied: they must not change until they were written
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection, or a fragmented message is being sent
   */
  sendBinary(payload: Bytes): boolean {
    const bytes = bytesOf(payload);
    if (!this.#begins()) return false;
    this.encoder.bytes(FIN | Opcode.BINARY, bytes);
    return this.state === "open";
  }

  /**
   * Sends a message that was framed before.
   * @returns false if the peer has ended the connection, and the message is dropped
   * @throws InvalidStateError if this endpoint closed the connection, or a fragmented message is being sent
   */
  sendPrepared(message: PreparedMessage): boolean {
    if (!(message instanceof PreparedMessage)) throw new TypeError("not a PreparedMessage");
    if (!this.#begins()) return false;
    if (this.role === "server") this.outbox.append(message.serverFrame);
    else this.encoder.bytes(FIN | message.opcode, message.payload);
    return this.state === "open";
  }

  /**
   * Sends a part of a message (section 5.4). The first part decides whether the message is text, as strings or as UTF-8, or
   * binary. Strings and UTF-8 may be cut anywhere.
   * @param type - what bytes are. Default "binary"
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   * @throws TypeError if the part is not like those before, or not UTF-8
   */
  sendFragment(part: string | Bytes, final: boolean, type?: MessageType): boolean {
    const known = messageOf(part, type);
    const like = typeof known === "string" ? "text" : type === "text" ? "utf8" : "binary";
    if (!this.#goesOn()) return false;
    const begun = this.#fragmented;
    if (begun !== undefined && begun !== like) {
      throw new TypeError(`this message is ${begun}; all of its fragments must be`);
    }
    const opcode =
      begun !== undefined ? Opcode.CONTINUATION : like === "binary" ? Opcode.BINARY : Opcode.TEXT;
    const first = final ? FIN | opcode : opcode;
    if (typeof known === "string") this.#textFragment(first, known, final);
    else if (type === "text") this.encoder.utf8(first, known);
    else this.encoder.bytes(first, known);
    this.#fragmented = final ? undefined : like;
    return this.state === "open";
  }

  /**
   * Sends a ping (section 5.5.2).
   * @throws RangeError if the payload is over 125 bytes
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  ping(payload: Bytes = NOTHING): boolean {
    return this.#control(Opcode.PING, payload);
  }

  /**
   * Sends a pong that nobody asked for, a one-way heartbeat (section 5.5.3). Pings are answered without this.
   * @throws RangeError if the payload is over 125 bytes
   * @returns false if the peer has ended the connection, and the frame is dropped
   * @throws InvalidStateError if this endpoint closed the connection
   */
  pong(payload: Bytes = NOTHING): boolean {
    return this.#control(Opcode.PONG, payload);
  }

  #control(opcode: number, payload: Bytes): boolean {
    const bytes = bytesOf(payload);
    const { length } = bytes;
    if (length > MAX_CONTROL_PAYLOAD_BYTES) throw new RangeError("a control payload has at most 125 bytes");
    if (!this.#goesOn()) return false;
    // No more than there was, if another thread adds to it.
    this.encoder.bytes(FIN | opcode, bytes.subarray(0, length));
    // Not if the kernel trapped over it.
    return this.state === "open";
  }

  /** Whether a frame goes out, or is dropped because the peer has ended the connection. */
  #goesOn(): boolean {
    if (this.closedHere) throw new InvalidStateError(`the connection is ${this.state}`);
    return this.state === "open";
  }

  /** The same of a message's first frame. */
  #begins(): boolean {
    const goesOn = this.#goesOn();
    if (goesOn && this.#fragmented !== undefined)
      throw new InvalidStateError("a fragmented message is being sent");
    return goesOn;
  }

  /** Sends the part with the surrogate that the last one ended in, without the one that it ends in itself. */
  #textFragment(first: number, part: string, final: boolean): void {
    const text = this.#heldSurrogate + part;
    const last = text.charCodeAt(text.length - 1);
    const cut = !final && last >= 0xd800 && last <= 0xdbff;
    this.encoder.text(first, cut ? text.slice(0, -1) : text);
    this.#heldSurrogate = cut ? text.slice(-1) : "";
  }
}
