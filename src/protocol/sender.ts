// Sends messages, whole or in fragments, and control frames of the application (section 6.1).
import { KernelTrap } from "../memory/linear-memory.js";
import { type Bytes, bytesOf, messageOf } from "./arguments.js";
import { InvalidStateError } from "./errors.js";
import type { MessageEncoder } from "./extensions/message-path.js";
import type { Machine } from "./machine.js";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";
import { type FramedMessage, framedMessage, PreparedMessage } from "./prepared-message.js";
import { compressAs, readSendOptions, type SendOptions } from "./send-options.js";
import { assertUtf8 } from "./text.js";

const NOTHING = new Uint8Array(0);

type Form = "text" | "utf8" | "binary";

/** The fragmented message that is being sent. */
interface FragmentedMessage {
  /** Its form: text as strings, text as UTF-8, or bytes; undefined before its first fragment. */
  form: Form | undefined;
  /** Where its fragments go; undefined before its first one. */
  path: MessageEncoder | undefined;
  /** A high surrogate at the end of the last fragment, whose other half comes with the next one; or "". */
  surrogate: string;
}

/**
 * Each method throws before anything changes, if the message makes no sense, or if the application itself has closed or
 * failed the connection. A frame after the peer has ended the connection is dropped: each method returns whether the
 * frame was taken. Whole messages wait while a fragmented one is being sent.
 */
export class Sender {
  readonly #machine: Machine;
  #fragmented: FragmentedMessage | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** As `Endpoint.fragmenting`. */
  get fragmenting(): boolean {
    return this.#fragmented !== undefined;
  }

  /** As `Endpoint.begin`. */
  begin(): void {
    this.#fragmented = { form: undefined, path: undefined, surrogate: "" };
  }

  /** As `Endpoint.cancel`. */
  cancel(): boolean {
    if (this.#fragmented === undefined || this.#fragmented.form !== undefined) return false;
    this.#ended();
    return true;
  }

  /** Whether the frame of a message can go out now. */
  #free(): boolean {
    return this.#machine.state === "open" && this.#fragmented === undefined;
  }

  /** The way of a message: past an extension, if that may not encode it. */
  #path(compress: boolean): MessageEncoder {
    return compress ? this.#machine.messages : this.#machine.encoder;
  }

  /** As `Endpoint.sendText`. */
  text(text: string | Bytes, options?: SendOptions): boolean {
    const compress = compressAs("text", options);
    const known = typeof text === "string" ? text : bytesOf(text);
    if (!this.#free()) return this.#later(Opcode.TEXT, known, compress);
    if (typeof known === "string") this.#path(compress).text(FIN | Opcode.TEXT, known);
    else this.#path(compress).utf8(FIN | Opcode.TEXT, known);
    return this.#machine.state === "open";
  }

  /** As `Endpoint.sendBinary`. */
  binary(payload: Bytes, options?: SendOptions): boolean {
    const compress = compressAs("binary", options);
    const bytes = bytesOf(payload);
    if (!this.#free()) return this.#later(Opcode.BINARY, bytes, compress);
    this.#path(compress).bytes(FIN | Opcode.BINARY, bytes);
    return this.#machine.state === "open";
  }

  /** As `Endpoint.sendPrepared`. */
  prepared(message: PreparedMessage, options?: SendOptions): boolean {
    const compress = compressAs(undefined, options);
    if (!(message instanceof PreparedMessage)) throw new TypeError("not a PreparedMessage");
    const { opcode, payload, serverFrame } = message;
    const allowed = compress && message.compress;
    if (this.#free()) this.#path(allowed).prepared(message);
    else if (this.#goesOn()) this.#machine.outbox.wait({ opcode, payload, serverFrame, compress: allowed });
    return this.#machine.state === "open";
  }

  /** As `Endpoint.sendFragment`. */
  fragment(part: string | Bytes, final: boolean, options?: SendOptions): boolean {
    const { type, compress } = readSendOptions(options);
    const known = messageOf(part, type);
    // Left out, it would begin a message that never ends.
    if (typeof final !== "boolean") throw new TypeError("final must be true or false");
    const form = typeof known === "string" ? "text" : type === "text" ? "utf8" : "binary";
    if (!this.#goesOn()) return false;
    const begun = this.#fragmented;
    const first = begun?.form === undefined;
    if (!first && begun.form !== form) {
      throw new TypeError(`this message is ${begun.form}; all of its fragments must be`);
    }
    const opcode = !first ? Opcode.CONTINUATION : form === "binary" ? Opcode.BINARY : Opcode.TEXT;
    const path = begun?.path ?? this.#path(compress);
    const surrogate = putFragment(path, final ? FIN | opcode : opcode, known, form, begun?.surrogate ?? "");
    if (final) this.#ended();
    else if (begun === undefined) this.#fragmented = { form, path, surrogate };
    else {
      begun.form = form;
      begun.path = path;
      begun.surrogate = surrogate;
    }
    return this.#machine.state === "open";
  }

  /** The last fragment was sent: the messages that wait follow. */
  #ended(): void {
    this.#fragmented = undefined;
    const machine = this.#machine;
    const waiting = machine.outbox.takeWaiting();
    if (waiting === undefined) return;
    try {
      for (const message of waiting)
        if (machine.state === "open") this.#path(message.compress).prepared(message);
    } catch (error) {
      // The application was told that the message was sent, and this call is for another.
      machine.onTrap(error);
    }
  }

  /** Keeps a copy of a message until the fragmented one has ended. */
  #later(opcode: FramedMessage["opcode"], message: string | Uint8Array, compress: boolean): boolean {
    if (!this.#goesOn()) return false;
    const machine = this.#machine;
    const string = typeof message === "string";
    const copy = framedMessage(opcode, string ? machine.options.host.textBytes(message) : message, compress);
    try {
      if (!string && opcode === Opcode.TEXT) assertUtf8(machine.workspace.linear, copy.payload);
      machine.outbox.wait(copy);
    } catch (error) {
      if (!(error instanceof KernelTrap)) throw error;
      machine.onTrap(error.cause);
    }
    return machine.state === "open";
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
}

/** Sends a fragment on its way. @returns the surrogate that is held back */
function putFragment(
  path: MessageEncoder,
  first: number,
  part: string | Uint8Array,
  form: Form,
  surrogate: string,
): string {
  if (typeof part === "string") return putText(path, first, surrogate + part);
  if (form === "utf8") path.utf8(first, part);
  else path.bytes(first, part);
  return "";
}

/** Sends text, but for a high surrogate at the end of a part that is not the last. @returns that surrogate, or "" */
function putText(path: MessageEncoder, first: number, text: string): string {
  const last = text.charCodeAt(text.length - 1);
  const cut = (first & FIN) === 0 && last >= 0xd800 && last <= 0xdbff;
  path.text(first, cut ? text.slice(0, -1) : text);
  return cut ? text.slice(-1) : "";
}
