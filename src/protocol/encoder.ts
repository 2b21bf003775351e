// Builds the frames of messages (section 5.2), where possible without copying payloads again.
import * as layout from "../kernel/generated/layout.js";
import { KernelTrap } from "../memory/linear-memory.js";
import type { Workspace } from "../memory/workspace.js";
import type { ResolvedEndpointOptions } from "./endpoint-options.js";
import type { FrameEncoder } from "./extensions/message-path.js";
import { headerLength, writeHeader } from "./frame-header.js";
import type { MaskingKeySource } from "./masking-key.js";
import { FIN, MAX_CONTROL_PAYLOAD_BYTES, MAX_HEADER_BYTES } from "./opcode.js";
import type { Outbox } from "./outbox.js";
import type { FramedMessage } from "./prepared-message.js";
import { splitFrame, splits } from "./split-frame.js";
import { assertUtf8, assertUtf8At } from "./text.js";

/** From here on a server's payload goes out behind its header without being copied. */
export const BY_REFERENCE_BYTES = 32 * 1024;

/** 64 KiB for each page, and never more or less. */
const LINEAR_MEMORY_BYTES = layout.MEMORY_PAGES * 0x10000;

/** The most UTF-16 units whose UTF-8 is sure to fit the scratch window behind a header. */
const SHORT_TEXT_UNITS = Math.floor((layout.SCRATCH_WINDOW_LENGTH - MAX_HEADER_BYTES) / 3);

/** Looked up once, because each message uses it. */
const { copyWithin } = Uint8Array.prototype;

/**
 * The owner of an encoder, which is told when the kernel traps. The frame that was being masked or checked is not sent.
 */
export interface EncoderSink {
  onTrap(error: unknown): void;
}

/**
 * Frames messages. Frames are built in linear memory, in the write window when the outbox holds one. The kernel masks
 * them there in the client role.
 */
export class Encoder implements FrameEncoder {
  readonly #workspace: Workspace;
  readonly #options: ResolvedEndpointOptions;
  readonly #outbox: Outbox;
  /** Gives the keys of frames that are masked; undefined in the server role. It may change between two frames. */
  maskingKey: MaskingKeySource | undefined;
  readonly #sink: EncoderSink;
  /** The unfinished character at the end of the last fragment of UTF-8. */
  #carry = 0;

  constructor(workspace: Workspace, options: ResolvedEndpointOptions, outbox: Outbox, sink: EncoderSink) {
    this.#workspace = workspace;
    this.#options = options;
    this.#outbox = outbox;
    this.maskingKey = options.role === "client" ? options.maskingKey : undefined;
    this.#sink = sink;
  }

  /**
   * Puts a frame into the outbox, or several if it exceeds `maxFrameBytes`.
   * @param first - the frame's first byte: FIN and opcode
   * @param payload - of {@link BY_REFERENCE_BYTES} or more in the server role, it is not copied: it must not change
   * until the outbox was written
   */
  bytes(first: number, payload: Uint8Array): void {
    const length = payload.length;
    if (length <= MAX_CONTROL_PAYLOAD_BYTES) this.#complete(first, this.#place(payload, length), length);
    else if (this.#exceeds(length)) this.#split(first, this.#stable(payload));
    else this.#frame(first, payload);
  }

  /** Whether so many payload bytes are too many for one frame. No limit is lower than short messages are long. */
  #exceeds(length: number): boolean {
    return length > MAX_CONTROL_PAYLOAD_BYTES && length > this.#options.maxFrameBytes;
  }

  /** @returns false if the kernel trapped */
  #frame(first: number, payload: Uint8Array): boolean {
    const length = payload.length;
    if (length >= BY_REFERENCE_BYTES) return this.#large(first, this.#stable(payload));
    return this.#complete(first, this.#place(payload, length), length);
  }

  /**
   * Puts a message or fragment into the outbox in several frames (section 5.4).
   * @param payload - memory that nothing but the application's own thread changes
   */
  #split(first: number, payload: Uint8Array): void {
    let begun = false;
    try {
      for (const part of splits(first, payload, this.#options.maxFrameBytes)) {
        if (!this.#frame(part.first, part.payload)) return;
        begun = true;
      }
    } catch (error) {
      if (!begun) throw error;
      // A masking key or memory is missing, in the middle of a message.
      this.#sink.onTrap(error);
    }
  }

  /**
   * Puts a frame of text that is UTF-8 already into the outbox, in the way of {@link bytes}.
   * @throws TypeError if the message would not be UTF-8
   */
  utf8(first: number, payload: Uint8Array): void {
    const { linear } = this.#workspace;
    const final = (first & FIN) !== 0;
    const length = payload.length;
    let carry: number;
    // The copy is checked, since another thread may write to the caller's memory meanwhile.
    try {
      if (length >= BY_REFERENCE_BYTES || this.#exceeds(length)) {
        const stable = this.#stable(payload);
        carry = assertUtf8(linear, stable, this.#carry, final);
        this.bytes(first, stable);
      } else {
        const ptr = this.#place(payload, length);
        carry = assertUtf8At(linear, ptr + this.#headerLength(length), length, this.#carry, final);
        this.#complete(first, ptr, length);
      }
      this.#carry = carry;
    } catch (error) {
      this.#trapped(error);
    }
  }

  /** Copies a short payload to where its frame is built. @returns the frame's address */
  #place(payload: Uint8Array, length: number): number {
    const ptr = this.#outbox.reserve(length + MAX_HEADER_BYTES);
    this.#workspace.linear.copyIn(ptr + this.#headerLength(length), payload, length);
    return ptr;
  }

  /** Puts a frame of text into the outbox. */
  text(first: number, text: string): void {
    const { linear, readWindow } = this.#workspace;
    if (this.#exceeds(3 * text.length)) {
      this.bytes(first, this.#options.host.textBytes(text));
      return;
    }
    if (readWindow.holdsText(text)) {
      const { gathered } = readWindow;
      if (gathered === undefined) this.#forward(first, readWindow.textPtr, readWindow.textLength);
      else this.#forwardGathered(first, gathered, readWindow.gatheredLasts);
      return;
    }
    if (text.length > SHORT_TEXT_UNITS) {
      this.#large(first, this.#options.host.textBytes(text));
      return;
    }
    const { memory } = linear;
    const ptr = this.#outbox.reserve(3 * text.length + MAX_HEADER_BYTES);
    const guessed = ptr + this.#headerLength(text.length);
    const length = this.#options.host.encodeText(text, memory, guessed);
    const payloadPtr = ptr + this.#headerLength(length);
    // Text that is not ASCII may be longer in UTF-8 than its number of UTF-16 units, and need a longer header.
    if (payloadPtr !== guessed) memory.copyWithin(payloadPtr, guessed, guessed + length);
    this.#complete(first, ptr, length);
  }

  /** Puts a message that was framed before into the outbox. */
  prepared({ opcode, payload, serverFrame }: FramedMessage): void {
    this.preparedFrame(FIN | opcode, payload, serverFrame);
  }

  /** As {@link FrameEncoder.preparedFrame}. */
  preparedFrame(first: number, payload: Uint8Array, serverFrame: Uint8Array): void {
    const { maxFrameBytes } = this.#options;
    if (this.maskingKey !== undefined) this.bytes(first, payload);
    else if (payload.length <= maxFrameBytes) this.#outbox.append(serverFrame);
    else this.#outbox.append(splitFrame(first, payload, serverFrame, maxFrameBytes));
  }

  /** Frames text whose UTF-8 stands at `textPtr` in linear memory: received text that is sent on. */
  #forward(first: number, textPtr: number, length: number): void {
    const { memory } = this.#workspace.linear;
    if (length >= BY_REFERENCE_BYTES) {
      this.#large(first, this.#options.host.copy(memory, textPtr, textPtr + length));
      return;
    }
    const ptr = this.#outbox.reserve(length + MAX_HEADER_BYTES);
    copyWithin.call(memory, ptr + this.#headerLength(length), textPtr, textPtr + length);
    this.#complete(first, ptr, length);
  }

  /** As {@link #forward}, for text that stands elsewhere. @param lasts - whether nothing else will use its memory */
  #forwardGathered(first: number, text: Uint8Array, lasts: boolean): void {
    const byReference = text.length >= BY_REFERENCE_BYTES;
    this.bytes(first, byReference && !lasts ? this.#options.host.copy(text, 0, text.length) : text);
  }

  /**
   * Writes the header at `ptr`, masks the payload that stands behind its place, and commits the frame.
   * @returns false if the kernel trapped
   */
  #complete(first: number, ptr: number, length: number): boolean {
    const payloadPtr = ptr + this.#headerLength(length);
    const key = this.maskingKey?.();
    writeHeader(this.#workspace.linear.memory, ptr, first, length, key);
    if (key !== undefined && this.#mask(payloadPtr, length, key) === undefined) return false;
    this.#outbox.commit(ptr, payloadPtr + length - ptr);
    return true;
  }

  /**
   * @param payload - memory that nothing but the application's own thread changes
   * @returns false if the kernel trapped
   */
  #large(first: number, payload: Uint8Array): boolean {
    const key = this.maskingKey?.();
    const header = this.#options.host.allocate(this.#headerLength(payload.length));
    writeHeader(header, 0, first, payload.length, key);
    // This comes before any chunk is queued, because there may be no memory for the copy.
    const body = key === undefined ? payload : this.#masked(payload, key);
    if (body === undefined) return false;
    this.#outbox.append(header);
    this.#outbox.append(body);
    return true;
  }

  /** The payload itself, or a copy if its memory is not safe to hold on to. */
  #stable(payload: Uint8Array): Uint8Array {
    // A buffer that is exactly as long as linear memory is taken for a kernel's, so the payload is a borrowed view and
    // is copied. If the guess is wrong, the copy is unnecessary but harmless.
    const borrowed = payload.buffer.byteLength === LINEAR_MEMORY_BYTES;
    const stable = payload.buffer instanceof ArrayBuffer && Reflect.get(payload.buffer, "resizable") !== true;
    return stable && !borrowed ? payload : this.#options.host.copy(payload, 0, payload.length);
  }

  /** A masked copy, made through the scratch window; undefined if the kernel trapped. */
  #masked(payload: Uint8Array, key: number): Uint8Array | undefined {
    const { memory } = this.#workspace.linear;
    const masked = this.#options.host.allocate(payload.length);
    let rotated: number | undefined = key;
    for (let at = 0; at < payload.length; at += layout.SCRATCH_WINDOW_LENGTH) {
      const length = Math.min(payload.length - at, layout.SCRATCH_WINDOW_LENGTH);
      this.#workspace.linear.copyIn(layout.SCRATCH_WINDOW_PTR, payload, length, at);
      rotated = this.#mask(layout.SCRATCH_WINDOW_PTR, length, rotated);
      if (rotated === undefined) return undefined;
      masked.set(memory.subarray(layout.SCRATCH_WINDOW_PTR, layout.SCRATCH_WINDOW_PTR + length), at);
    }
    return masked;
  }

  /** @returns the rotated key, or undefined if the kernel trapped, which was reported to the sink */
  #mask(ptr: number, length: number, key: number): number | undefined {
    try {
      return this.#workspace.linear.mask(ptr, length, key);
    } catch (error) {
      this.#trapped(error);
      return undefined;
    }
  }

  #trapped(error: unknown): void {
    if (!(error instanceof KernelTrap)) throw error;
    this.#sink.onTrap(error.cause);
  }

  #headerLength(length: number): number {
    return headerLength(length) + (this.maskingKey === undefined ? 0 : 4);
  }
}
