// Passes data records to an extension: encoded payloads are decoded piece by piece, and get the checks that the kernel
// makes for others.
import * as layout from "../../kernel/generated/layout.js";
import { KernelTrap } from "../../memory/linear-memory.js";
import type { Workspace } from "../../memory/workspace.js";
import type { Violation } from "../errors.js";
import { messageTooLong } from "../exceeded-limit.js";
import { Opcode } from "../opcode.js";
import { checkUtf8 } from "../text.js";
import { BAD_DATA, type PayloadDecoder, type PayloadExtension } from "./extension.js";
import { type DecodedReader, ExtensionFault, type PieceReader } from "./message-path.js";

/** The most bytes that are decoded in one go, before they are checked and handed on. */
const PIECE_BYTES = 64 * 1024;

/**
 * Stands in front of a `MessageReader`. The message limit counts decoded bytes: decoding stops at the first byte beyond
 * it, and at the first byte of text that is not UTF-8.
 */
export class ExtensionReader implements PieceReader {
  readonly #workspace: Workspace;
  readonly #extension: PayloadExtension;
  readonly #maxMessageBytes: number;
  readonly #messages: DecodedReader;
  /** As {@link PieceReader.count}. */
  readonly count = { payloadBytes: 0, wireBytes: 0 };
  #decoder: PayloadDecoder | undefined;
  #stopped = false;
  #interrupted = false;
  #unfinished = false;
  /** Bytes of the encoded message so far, decoded. */
  #length = 0;
  /** The unfinished character at the end of its last piece. */
  #carry = 0;

  constructor(
    workspace: Workspace,
    maxMessageBytes: number,
    extension: PayloadExtension,
    messages: DecodedReader,
  ) {
    this.#workspace = workspace;
    this.#extension = extension;
    this.#maxMessageBytes = maxMessageBytes;
    this.#messages = messages;
  }

  /** As {@link PieceReader.interrupt}. */
  interrupt(): void {
    this.#interrupted = true;
  }

  /** As {@link PieceReader.unfinished}. */
  get unfinished(): boolean {
    return this.#unfinished;
  }

  /** As {@link PieceReader.stop}. */
  stop(): void {
    this.#stopped = true;
    this.#unfinished = false;
    this.#decoder?.stop();
    this.#decoder = undefined;
  }

  /** As `MessageReader.data`. @throws KernelTrap, ExtensionFault */
  data(info: number, ptr: number, length: number, detail: number): Violation | undefined {
    if ((info & layout.RECORD_COMPRESSED) === 0) return this.#messages.data(info, ptr, length, detail);
    const ends = (info & layout.RECORD_END) !== 0;
    const decoder = this.#decoderFor(ptr, length, ends);
    this.#interrupted = false;
    this.#unfinished = false;
    do {
      const left = this.#maxMessageBytes - this.#length;
      const count = this.#pull(decoder, Math.min(PIECE_BYTES, left + 1));
      if (count === BAD_DATA) return { code: "EXTENSION_DATA" };
      const failed = this.#piece(info, decoder, count, left);
      if (failed !== undefined) return failed;
    } while (!decoder.done && !this.#stops(ptr));
    this.#unfinished = !this.#stopped && !decoder.done;
    return undefined;
  }

  /** Whether the handler of a piece has ended or interrupted the connection, or had the record's bytes replaced. */
  #stops(ptr: number): boolean {
    return this.#stopped || this.#interrupted || this.#workspace.readWindow.overwritten(ptr);
  }

  #decoderFor(ptr: number, length: number, ends: boolean): PayloadDecoder {
    try {
      this.#decoder ??= this.#extension.decoder(this.#workspace.linear);
      // The bytes of an unfinished record stand again where the decoder has left them.
      if (!this.#unfinished) {
        this.#decoder.push(ptr, length, ends);
        this.count.wireBytes += length;
      }
      return this.#decoder;
    } catch (error) {
      throw faultOf(error);
    }
  }

  #pull(decoder: PayloadDecoder, most: number): number {
    try {
      return decoder.pull(most);
    } catch (error) {
      throw faultOf(error);
    }
  }

  /** Checks the decoded bytes and hands them on. @param left - bytes up to the message limit */
  #piece(info: number, decoder: PayloadDecoder, count: number, left: number): Violation | undefined {
    const { bytes, start } = decoder;
    const last = decoder.done && (info & layout.RECORD_END) !== 0;
    const within = Math.min(count, left);
    const part = info & ~layout.RECORD_END;
    if ((info & layout.RECORD_OPCODE) === Opcode.TEXT) {
      const carry = checkUtf8(this.#workspace.linear, bytes, start, within, this.#carry);
      const bad = carry < 0 ? -1 - carry : last && within === count && carry > 0 ? count : undefined;
      if (bad !== undefined) {
        if (bad > 0) this.#messages.decoded(part, bytes, start, bad);
        return { code: "INVALID_UTF8" };
      }
      this.#carry = carry;
    }
    if (count > left) {
      const limit = messageTooLong(this.#maxMessageBytes, this.#length + count);
      return { code: "MESSAGE_TOO_LONG", limit };
    }
    if (count === 0 && !last) return undefined;
    this.#length = last ? 0 : this.#length + count;
    this.count.payloadBytes += count;
    return this.#messages.decoded(last ? info : part, bytes, start, count);
  }
}

function faultOf(error: unknown): Error {
  return error instanceof KernelTrap ? error : new ExtensionFault(error);
}
