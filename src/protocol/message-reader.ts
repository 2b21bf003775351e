// Makes messages from records of data frames, in the form that the options of an endpoint ask for.
import type { Host, PayloadRuns } from "../host/host.js";
import * as layout from "../kernel/generated/layout.js";
import type { Workspace } from "../memory/workspace.js";
import type { ResolvedEndpointOptions } from "./endpoint-options.js";
import type { Violation } from "./errors.js";
import type { EndpointSink } from "./events.js";
import type { DecodedReader } from "./extensions/message-path.js";
import { MessageBuffer } from "./message-buffer.js";
import { Opcode } from "./opcode.js";

/** Takes the messages that a {@link MessageReader} finds. */
export interface MessageSink extends Pick<EndpointSink, "onText" | "onBinary" | "onFragment" | "onPong"> {
  /**
   * A frame has ended that is not the last one of its message.
   * @param length - bytes of the message so far
   */
  onFrameEnd?(length: number): void;
}

/** The length of V8's longest string; longer text might not fit a string. */
const MAX_TEXT_BYTES = 0x1fffffe8;

/** Makes strings and payloads of data records, gathers messages that come in pieces, and calls the sink. */
export class MessageReader implements DecodedReader {
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #fragments: boolean;
  readonly #borrow: boolean;
  readonly #sink: MessageSink;
  /** The opcode of messages that are handed out as strings, or 0. */
  readonly #stringOpcode: number;
  #message: MessageBuffer | undefined;
  /** Payloads of the records that are being walked, if the host copied them at once. */
  #copied: PayloadRuns | undefined;

  constructor(workspace: Workspace, options: ResolvedEndpointOptions, sink: MessageSink) {
    this.#workspace = workspace;
    this.#host = options.host;
    this.#fragments = options.fragments;
    this.#borrow = options.borrow;
    this.#sink = sink;
    this.#stringOpcode = options.textType === "bytes" || options.fragments ? 0 : Opcode.TEXT;
  }

  /** Copies the payloads of so many records at once, if the host does. Payloads that are lent need no copy. */
  copyRuns(count: number): void {
    if (!this.#borrow)
      this.#copied = this.#host.copyRuns?.(this.#workspace.linear, count, this.#stringOpcode);
  }

  /** The walk over the records of a read is over. */
  endRead(): void {
    this.#copied = undefined;
  }

  /** A frame has ended, and its message goes on. */
  endFrame(): void {
    if (this.#message !== undefined) this.#sink.onFrameEnd?.(this.#message.length);
  }

  /** Drops the message that is not complete. */
  stop(): void {
    this.#message?.release();
    this.#message = undefined;
  }

  /**
   * Takes a record of a data frame.
   * @param detail - the number of bytes of the frame that are still to come; for the last record of a message, the
   * payload's place in the runs
   * @returns why the connection must fail, if it must
   */
  data(info: number, ptr: number, length: number, detail: number): Violation | undefined {
    const ends = (info & layout.RECORD_END) !== 0;
    const place = ends ? detail : 0;
    if (this.#fragments) this.#fragment(info, this.#payload(ptr, length, place), ends);
    else if (!ends || this.#message !== undefined)
      return this.#gather(info, this.#workspace.linear.memory, ptr, length, ends ? 0 : detail);
    else if ((info & layout.RECORD_OPCODE) === this.#stringOpcode)
      this.#sink.onText(this.#text(info, ptr, length));
    else this.#bytes(info, this.#payload(ptr, length, place));
    return undefined;
  }

  /**
   * Takes a piece of a message that an extension has decoded, which is copied in any case.
   * @param info - with RECORD_END, if the message ends with it
   * @returns as {@link data}
   */
  decoded(info: number, bytes: Uint8Array, start: number, length: number): Violation | undefined {
    const ends = (info & layout.RECORD_END) !== 0;
    const host = this.#host;
    const { linear } = this.#workspace;
    const end = start + length;
    if (this.#fragments) this.#fragment(info, host.copy(bytes, start, end), ends);
    else if (!ends || this.#message !== undefined) return this.#gather(info, bytes, start, length, 0);
    else if ((info & layout.RECORD_OPCODE) === this.#stringOpcode)
      this.#sink.onText(host.decodeText(bytes, start, end, false, linear));
    else this.#bytes(info, host.copy(bytes, start, end));
    return undefined;
  }

  #bytes(info: number, payload: Uint8Array): void {
    if ((info & layout.RECORD_OPCODE) === Opcode.TEXT) this.#sink.onText(payload);
    else this.#sink.onBinary(payload);
  }

  #text(info: number, ptr: number, length: number): string {
    const { linear, readWindow } = this.#workspace;
    const ascii = (info & layout.RECORD_ASCII) !== 0;
    const text = this.#host.decodeText(linear.memory, ptr, ptr + length, ascii, linear);
    readWindow.noteText(text, ptr, length);
    return text;
  }

  #payload(ptr: number, length: number, place: number): Uint8Array {
    const { memory } = this.#workspace.linear;
    const host = this.#host;
    if (this.#borrow) return host.view(memory, ptr, ptr + length);
    const copied = place > 0 ? this.#copied?.view(place, length) : undefined;
    return copied ?? host.copy(memory, ptr, ptr + length);
  }

  #fragment(info: number, payload: Uint8Array, final: boolean): void {
    const type = (info & layout.RECORD_OPCODE) === Opcode.TEXT ? "text" : "binary";
    this.#sink.onFragment(payload, type, final);
  }

  #gather(
    info: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    promised: number,
  ): Violation | undefined {
    this.#message ??= new MessageBuffer(this.#workspace, this.#host);
    const message = this.#message;
    const text = (info & layout.RECORD_OPCODE) === this.#stringOpcode;
    let whole: string | Uint8Array;
    try {
      // V8 would refuse the string as well, but only after all bytes have come.
      if (text && message.length + length > MAX_TEXT_BYTES) throw new RangeError();
      const ascii = (info & layout.RECORD_ASCII) !== 0;
      message.append(bytes, start, length, ascii, promised);
      if ((info & layout.RECORD_END) === 0) return undefined;
      whole = text ? message.takeText() : message.takeBytes();
    } catch (error) {
      // A message that this host can't hold exceeds a limit, too, and fails in the same way.
      if (error instanceof RangeError) return { code: "MESSAGE_TOO_LONG" };
      throw error;
    }
    this.#message = undefined;
    if (typeof whole === "string") this.#sink.onText(whole);
    else this.#bytes(info, whole);
    return undefined;
  }
}
