// Reads frames as they stand on the wire, for proxies and inspectors: no messages, no rules, no answers.
import * as layout from "../../kernel/generated/layout.js";
import type { LinearMemory } from "../../memory/linear-memory.js";
import { sharedWorkspace } from "../../memory/workspace.js";
import { type Bytes, bytesOf } from "../arguments.js";
import { MAX_HEADER_BYTES } from "../opcode.js";
import { flag, type Readers, readOptions } from "../option-readers.js";
import { type FrameFields, fieldsOf, hasTopBit, neededBytes } from "./frame-fields.js";

/** Options of a {@link FrameReader}. */
export interface FrameReaderOptions {
  /** Unmask payloads. Default false: they are reported as they came. */
  readonly unmask?: boolean | undefined;
}

/** The header of a frame. Its payload follows, unless that is empty. */
export interface FrameHeaderEvent extends FrameFields {
  /** Tells this event from the others. */
  readonly type: "header";
  /** Bytes of the stream before this frame. */
  readonly offset: number;
  /** The header as it came, in memory that the receiver owns. */
  readonly headerBytes: Uint8Array;
}

/** A part of a frame's payload, of at least one byte. */
export interface FramePayloadEvent {
  /** Tells this event from the others. */
  readonly type: "payload";
  /**
   * A view of the chunk, to be used before the chunk's memory is used again. With `unmask`, a masked payload is a copy
   * that the receiver owns.
   */
  readonly payload: Uint8Array;
  /** Bytes of the frame's payload that are still to come; 0 if the frame ends here. It is rounded from 2^53 on. */
  readonly remaining: number;
}

/** The bytes are no frames: the top bit of a 64-bit length is set. No events follow. */
export interface FrameErrorEvent {
  /** Tells this event from the others. */
  readonly type: "error";
  /** The code of the same failure of a connection. */
  readonly code: "LENGTH_TOP_BIT";
  /** Bytes of the stream before this frame. */
  readonly offset: number;
  /** A copy of the bytes from the beginning of the frame to the end of the chunk, which were not read. */
  readonly bytes: Uint8Array;
}

/** An event of a {@link FrameReader}. */
export type FrameReaderEvent = FrameHeaderEvent | FramePayloadEvent | FrameErrorEvent;

const READERS: Readers<FrameReaderOptions> = { unmask: flag };

/**
 * Reads the frames of one direction of a connection as they come (section 5.2), for proxies and inspectors. It checks
 * nothing: reserved bits and opcodes, masks, long control frames and lengths in a longer form than necessary are
 * reported as they are. It holds no more than 13 bytes of a header that is not complete.
 *
 * ```ts
 * const reader = new FrameReader({ unmask: true });
 * for (const event of reader.receive(chunk)) {
 *   if (event.type === "header") console.log(event.opcode, event.payloadLength);
 *   if (event.type === "payload") console.log(event.payload);
 * }
 * ```
 */
export class FrameReader {
  /** The memory in which payloads are unmasked; undefined if they are not. */
  readonly #linear: LinearMemory | undefined;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  /** Bytes of the header that is not complete. */
  #filled = 0;
  /** Payload bytes that are still to come. */
  #remaining = 0;
  /** The key, rotated to the next payload byte; undefined if the payload stays as it came. */
  #key: number | undefined;
  #offset = 0;
  #failed = false;

  /** @throws TypeError for options that make no sense */
  constructor(options: FrameReaderOptions = {}) {
    if (readOptions(options, READERS).unmask === true) this.#linear = sharedWorkspace().linear;
  }

  /** Whether the bytes so far end with a frame, so that another frame could be put behind them. */
  get betweenFrames(): boolean {
    return this.#filled === 0 && this.#remaining === 0 && !this.#failed;
  }

  /** A copy of the bytes of a header that is not complete, which no event has reported. */
  get incompleteHeader(): Uint8Array {
    return this.#header.slice(0, this.#filled);
  }

  /**
   * Takes the bytes of one read from the network, of any length and cut anywhere. It never throws for what the peer
   * sent.
   * @returns the events of these bytes; none after an error
   * @throws TypeError if the chunk is not bytes
   */
  receive(chunk: Bytes): FrameReaderEvent[] {
    const bytes = bytesOf(chunk, "a chunk must be bytes");
    const events: FrameReaderEvent[] = [];
    const { length } = bytes;
    let at = 0;
    while (at < length && !this.#failed) {
      if (this.#remaining > 0) {
        const count = Math.min(length - at, this.#remaining);
        events.push(this.#part(bytes.subarray(at, at + count)));
        at += count;
      } else {
        at = this.#fill(bytes, at, length);
        const event = this.#headerEvent(bytes, at, length);
        if (event !== undefined) events.push(event);
      }
    }
    return events;
  }

  /** Takes bytes of a header. @returns where the bytes behind them begin */
  #fill(bytes: Uint8Array, start: number, end: number): number {
    const header = this.#header;
    let at = start;
    for (let needed = neededBytes(header, this.#filled); this.#filled < needed && at < end; ) {
      header[this.#filled++] = bytes[at++] ?? 0;
      if (hasTopBit(header, this.#filled)) return at;
      if (this.#filled === needed) needed = neededBytes(header, this.#filled);
    }
    return at;
  }

  /** @returns the event of the header, or of the error in it; undefined if it is not complete */
  #headerEvent(bytes: Uint8Array, at: number, end: number): FrameReaderEvent | undefined {
    const filled = this.#filled;
    const offset = this.#offset;
    if (hasTopBit(this.#header, filled)) {
      this.#failed = true;
      const unread = new Uint8Array(filled + end - at);
      unread.set(this.#header.subarray(0, filled));
      unread.set(bytes.subarray(at, end), filled);
      this.#filled = 0;
      return { type: "error", code: "LENGTH_TOP_BIT", offset, bytes: unread };
    }
    if (filled < neededBytes(this.#header, filled)) return undefined;
    const headerBytes = this.#header.slice(0, filled);
    const fields = fieldsOf(headerBytes);
    this.#filled = 0;
    this.#remaining = Number(fields.payloadLength);
    this.#offset += filled + this.#remaining;
    const { maskingKey } = fields;
    this.#key = maskingKey === undefined || this.#linear === undefined ? undefined : littleEndian(maskingKey);
    return { type: "header", ...fields, offset, headerBytes };
  }

  #part(bytes: Uint8Array): FramePayloadEvent {
    this.#remaining -= bytes.length;
    const { length } = bytes;
    const payload =
      this.#linear === undefined || this.#key === undefined
        ? bytes
        : this.#unmasked(bytes, length, this.#linear, this.#key);
    return { type: "payload", payload, remaining: this.#remaining };
  }

  /**
   * A copy that is unmasked in the kernel's scratch window. For 1,000 bytes and more that is at least as fast as a loop
   * over a `Uint32Array`, for 64 KiB three times.
   */
  #unmasked(bytes: Uint8Array, length: number, linear: LinearMemory, key: number): Uint8Array {
    const { memory } = linear;
    const unmasked = new Uint8Array(length);
    let rotated = key;
    for (let at = 0; at < length; at += layout.SCRATCH_WINDOW_LENGTH) {
      const count = Math.min(length - at, layout.SCRATCH_WINDOW_LENGTH);
      linear.copyIn(layout.SCRATCH_WINDOW_PTR, bytes, count, at);
      rotated = linear.mask(layout.SCRATCH_WINDOW_PTR, count, rotated);
      unmasked.set(memory.subarray(layout.SCRATCH_WINDOW_PTR, layout.SCRATCH_WINDOW_PTR + count), at);
    }
    this.#key = rotated;
    return unmasked;
  }
}

function littleEndian([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return a | (b << 8) | (c << 16) | (d << 24);
}
