import type { Encoder } from "./encoder.js";
import type { EndpointState, Role } from "./endpoint-options.js";
import { InvalidStateError } from "./errors.js";
import type { MessageType } from "./events.js";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";
import type { Outbox } from "./outbox.js";
import { PreparedMessage } from "./prepared-message.js";

/**
 * What an endpoint's application sends: messages, whole or in fragments, and control frames. Each method is given the state
 * of the connection, and throws before anything changes if it is not open or what is sent makes no sense.
 */
export class Sending {
  readonly #role: Role;
  readonly #encoder: Encoder;
  readonly #outbox: Outbox;
  /** The message that is being sent in fragments. */
  #fragmented: MessageType | undefined;
  /** A high surrogate at the end of a text fragment, whose other half comes with the next. */
  #heldSurrogate = "";

  constructor(role: Role, encoder: Encoder, outbox: Outbox) {
    this.#role = role;
    this.#encoder = encoder;
    this.#outbox = outbox;
  }

  /** Whether a fragmented message is being sent. */
  get inFragments(): boolean {
    return this.#fragmented !== undefined;
  }

  text(text: string, state: EndpointState): void {
    if (typeof text !== "string") throw new TypeError("text must be a string");
    this.#assertSendable(state);
    this.#encoder.text(FIN | Opcode.TEXT, text);
  }

  binary(payload: Uint8Array, state: EndpointState): void {
    assertBytes(payload);
    this.#assertSendable(state);
    this.#encoder.bytes(FIN | Opcode.BINARY, payload);
  }

  prepared(message: PreparedMessage, state: EndpointState): void {
    if (!(message instanceof PreparedMessage)) throw new TypeError("not a PreparedMessage");
    this.#assertSendable(state);
    if (this.#role === "server") this.#outbox.append(message.serverFrame);
    else this.#encoder.bytes(FIN | message.opcode, message.payload);
  }

  fragment(part: string | Uint8Array, final: boolean, state: EndpointState): void {
    const type = typeof part === "string" ? "text" : "binary";
    if (typeof part !== "string") assertBytes(part);
    assertOpen(state);
    const begun = this.#fragmented;
    if (begun !== undefined && begun !== type) {
      throw new TypeError(`this message is ${begun}; all of its fragments must be`);
    }
    const opcode = begun !== undefined ? Opcode.CONTINUATION : type === "text" ? Opcode.TEXT : Opcode.BINARY;
    const first = final ? FIN | opcode : opcode;
    if (typeof part === "string") this.#textFragment(first, part, final);
    else this.#encoder.bytes(first, part);
    this.#fragmented = final ? undefined : type;
  }

  control(opcode: number, payload: Uint8Array, state: EndpointState): void {
    assertBytes(payload);
    if (payload.length > MAX_CONTROL_PAYLOAD_BYTES)
      throw new RangeError("a control payload has at most 125 bytes");
    assertOpen(state);
    this.#encoder.bytes(FIN | opcode, payload);
  }

  #assertSendable(state: EndpointState): void {
    assertOpen(state);
    if (this.#fragmented !== undefined) throw new InvalidStateError("a fragmented message is being sent");
  }

  /** Sends the part with the surrogate that the last one ended in, without the one that it ends in itself. */
  #textFragment(first: number, part: string, final: boolean): void {
    const text = this.#heldSurrogate + part;
    const last = text.charCodeAt(text.length - 1);
    const cut = !final && last >= 0xd800 && last <= 0xdbff;
    this.#encoder.text(first, cut ? text.slice(0, -1) : text);
    this.#heldSurrogate = cut ? text.slice(-1) : "";
  }
}

function assertOpen(state: EndpointState): void {
  if (state !== "open") throw new InvalidStateError(`the connection is ${state}`);
}

/** @throws TypeError if it is no Uint8Array */
export function assertBytes(
  bytes: unknown,
  message = "a payload must be a string or a Uint8Array",
): asserts bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(message);
}
