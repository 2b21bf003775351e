// Sends messages, whole or in fragments, and control frames of the application (section 6.1).
import { type Bytes, bytesOf, messageOf } from "./arguments.js";
import { InvalidStateError } from "./errors.js";
import type { MessageType } from "./events.js";
import type { Machine } from "./machine.js";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";
import { PreparedMessage } from "./prepared-message.js";

const NOTHING = new Uint8Array(0);

/**
 * Each method throws before anything changes, if the message makes no sense, or if the application itself has closed or
 * failed the connection. A frame after the peer has ended the connection is dropped: each method returns whether the
 * frame was taken.
 */
export class Sender {
  readonly #machine: Machine;
  /** The form of the fragmented message that is being sent: text as strings, text as UTF-8, or bytes. */
  #fragmented: "text" | "utf8" | "binary" | undefined;
  /** A high surrogate at the end of a text fragment, whose other half comes with the next fragment. */
  #heldSurrogate = "";

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** As `Endpoint.sendable`. */
  get sendable(): boolean {
    return this.#machine.state === "open" && this.#fragmented === undefined;
  }

  /** As `Endpoint.sendText`. */
  text(text: string | Bytes): boolean {
    const known = typeof text === "string" ? text : bytesOf(text);
    if (!this.sendable && !this.#begins()) return false;
    const machine = this.#machine;
    if (typeof known === "string") machine.messages.text(FIN | Opcode.TEXT, known);
    else machine.messages.utf8(FIN | Opcode.TEXT, known);
    return machine.state === "open";
  }

  /** As `Endpoint.sendBinary`. */
  binary(payload: Bytes): boolean {
    const bytes = bytesOf(payload);
    if (!this.sendable && !this.#begins()) return false;
    this.#machine.messages.bytes(FIN | Opcode.BINARY, bytes);
    return this.#machine.state === "open";
  }

  /** As `Endpoint.sendPrepared`. */
  prepared(message: PreparedMessage): boolean {
    if (!(message instanceof PreparedMessage)) throw new TypeError("not a PreparedMessage");
    if (!this.sendable && !this.#begins()) return false;
    this.#machine.messages.prepared(message);
    return this.#machine.state === "open";
  }

  /** As `Endpoint.sendFragment`. */
  fragment(part: string | Bytes, final: boolean, type?: MessageType): boolean {
    const known = messageOf(part, type);
    const like = typeof known === "string" ? "text" : type === "text" ? "utf8" : "binary";
    if (!this.#goesOn()) return false;
    const begun = this.#fragmented;
    if (begun !== undefined && begun !== like) {
      throw new TypeError(`this message is ${begun}; all of its fragments must be`);
    }
    const { messages } = this.#machine;
    const opcode =
      begun !== undefined ? Opcode.CONTINUATION : like === "binary" ? Opcode.BINARY : Opcode.TEXT;
    const first = final ? FIN | opcode : opcode;
    if (typeof known === "string") this.#textFragment(first, known, final);
    else if (type === "text") messages.utf8(first, known);
    else messages.bytes(first, known);
    this.#fragmented = final ? undefined : like;
    return this.#machine.state === "open";
  }

  /** As `Endpoint.ping`. */
  ping(payload: string | Bytes = NOTHING): boolean {
    return this.#control(Opcode.PING, payload);
  }

  /** As `Endpoint.pong`. */
  pong(payload: string | Bytes = NOTHING): boolean {
    return this.#control(Opcode.PONG, payload);
  }

  #control(opcode: number, payload: string | Bytes): boolean {
    const { host } = this.#machine.options;
    const bytes = typeof payload === "string" ? host.textBytes(payload) : bytesOf(payload);
    const { length } = bytes;
    if (length > MAX_CONTROL_PAYLOAD_BYTES) throw new RangeError("a control payload has at most 125 bytes");
    if (!this.#goesOn()) return false;
    // Only the bytes of the checked length, since another thread may grow shared memory.
    this.#machine.encoder.bytes(FIN | opcode, bytes.subarray(0, length));
    // The connection is closed if the kernel trapped while the frame was built.
    return this.#machine.state === "open";
  }

  /** Whether a frame goes out, or is dropped because the peer has ended the connection. */
  #goesOn(): boolean {
    const { closedHere, state } = this.#machine;
    if (closedHere) throw new InvalidStateError(`the connection is ${state}`);
    return state === "open";
  }

  /** As {@link #goesOn}, for the first frame of a message that is not {@link sendable}. */
  #begins(): boolean {
    const goesOn = this.#goesOn();
    if (goesOn && this.#fragmented !== undefined)
      throw new InvalidStateError("a fragmented message is being sent");
    return goesOn;
  }

  /**
   * Sends the part behind the surrogate that was held back from the last part, and holds back a surrogate at its own
   * end.
   */
  #textFragment(first: number, part: string, final: boolean): void {
    const text = this.#heldSurrogate + part;
    const last = text.charCodeAt(text.length - 1);
    const cut = !final && last >= 0xd800 && last <= 0xdbff;
    this.#machine.messages.text(first, cut ? text.slice(0, -1) : text);
    this.#heldSurrogate = cut ? text.slice(-1) : "";
  }
}
