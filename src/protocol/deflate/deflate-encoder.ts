// Deflates the messages that one connection sends: RFC 7692 section 7.2.1.
import * as layout from "../../kernel/generated/deflate-layout.js";
import type { PayloadEncoder } from "../extensions/extension.js";
import type { AreaOwner, DeflateMemory } from "./deflate-memory.js";
import { WindowBytes } from "./window-bytes.js";
import type { DroppableWindow, WindowStore } from "./window-store.js";

/** What a connection's messages are deflated with. */
export interface DeflateChoices {
  readonly windowBits: number;
  /** Whether messages may refer to the ones before. */
  readonly takeover: boolean;
  readonly threshold: number;
  readonly fast: boolean;
  /** Whether a whole message that would not become shorter goes out as it is. */
  readonly shorterOnly: boolean;
}

/** The size of the table of places when nothing of it is kept: one place for each byte, within these bounds. */
const MIN_HASH_BITS = 8;
const MAX_HASH_BITS = layout.MAX_HASH_BITS;

/** The bytes of a bucket. */
const BUCKET_BYTES = 4;

/**
 * The size of the table that is kept with a window. A bucket holds two places, so half as many as the window has bytes
 * would find every place; smaller ones lose a few percent of the gain.
 */
function keptHashBits(windowBits: number): number {
  return windowBits < 12 ? windowBits - 1 : windowBits - 2;
}

function hashBitsFor(length: number): number {
  const bits = 32 - Math.clz32(Math.max(length - 1, 1));
  return Math.min(Math.max(bits, MIN_HASH_BITS), MAX_HASH_BITS);
}

/**
 * Window and table of places stand in linear memory, until another connection sends a compressed message. Then both are
 * copied out, if there is room for them. A sender may begin anew at any message without telling the peer, so losing
 * them costs nothing but bytes.
 */
export class DeflateEncoder implements PayloadEncoder, AreaOwner, DroppableWindow {
  readonly #memory: DeflateMemory;
  readonly #choices: DeflateChoices;
  readonly #windows: WindowStore;
  /** The copies of the window and the table, while the connection is not the owner of the area. */
  readonly #window: WindowBytes;
  #table: Uint8Array | undefined;

  /** Whether parts of a message were encoded that has not ended. */
  #begun = false;
  /** The size of the table. */
  #hashBits = 0;
  /** In the area: where matches may refer to at most, and where the next bytes go. */
  #history: number = layout.DEFLATE_AREA;
  #in: number = layout.DEFLATE_AREA;
  /** The number of bytes so far, from 1 on, modulo 2^16. */
  #place = 1;
  /** Whether the next bytes begin anew: there is no window, and nothing in the table. */
  #fresh = true;

  constructor(memory: DeflateMemory, choices: DeflateChoices, windows: WindowStore) {
    this.#memory = memory;
    this.#choices = choices;
    this.#windows = windows;
    this.#window = new WindowBytes(2 ** choices.windowBits);
  }

  wants(length: number, final: boolean): boolean {
    return !final || length >= this.#choices.threshold;
  }

  encode(payload: Uint8Array, final: boolean): Uint8Array | undefined {
    this.#enter(payload.length, final);
    const whole = !this.#begun && final;
    this.#begun = !final;
    let encoded: Uint8Array;
    try {
      encoded = this.#parts(payload, final);
    } catch (error) {
      this.#forget();
      throw error;
    }
    if (whole && this.#choices.shorterOnly && encoded.length >= payload.length) {
      this.#takeBack(payload.length);
      return undefined;
    }
    return encoded;
  }

  sentPrepared(payloads: Uint8Array): void {
    if (!this.#choices.takeover) return;
    const { deflating, bytes } = this.#memory;
    const { length } = payloads;
    // The peer's window moves on by the payloads, so this one must as well.
    if (length >= 2 ** this.#choices.windowBits) this.#forget();
    else if (deflating.belongsTo(this, bytes)) {
      this.#makeRoom(length);
      bytes.set(payloads, this.#in);
      this.#advance(length);
    } else if (this.#window.length > 0) {
      this.#window.append(payloads);
      this.#place = (this.#place + length) & 0xffff;
    }
  }

  stop(): void {
    this.#forget();
  }

  // ---- The area ----

  /** Takes the area for the next bytes. */
  #enter(length: number, final: boolean): void {
    const { deflating, bytes } = this.#memory;
    const owner = deflating.belongsTo(this, bytes);
    const goesOn = this.#begun || this.#choices.takeover;
    if (owner && goesOn) return;
    deflating.enter(this, bytes);
    this.#history = layout.DEFLATE_AREA;
    this.#in = this.#history;
    if (goesOn && this.#table !== undefined) this.#restore(this.#table);
    else this.#fresh = true;
    if (this.#fresh) this.#hashBits = this.#newHashBits(length, final);
  }

  #newHashBits(length: number, final: boolean): number {
    const { takeover, windowBits } = this.#choices;
    if (takeover) return keptHashBits(windowBits);
    return final ? hashBitsFor(length) : keptHashBits(windowBits);
  }

  /** Puts back window and table. */
  #restore(table: Uint8Array): void {
    const { bytes } = this.#memory;
    this.#in = this.#window.put(bytes, this.#history);
    bytes.set(table, layout.PLACES);
    this.#fresh = false;
  }

  /** As {@link AreaOwner.leave}. */
  leave(memory: Uint8Array): void {
    if (!this.#keep(memory)) this.#forget();
  }

  /** Copies window and table out of the area. @returns false if nothing is to be kept, or can be */
  #keep(memory: Uint8Array): boolean {
    if (!this.#choices.takeover || this.#fresh || memory !== this.#memory.bytes) return false;
    const tableBytes = BUCKET_BYTES << this.#hashBits;
    const length = Math.min(this.#in - this.#history, 2 ** this.#choices.windowBits);
    if (!this.#windows.keep(this, this.#window.capacityFor(length) + tableBytes)) return false;
    this.#window.take(memory, this.#history, this.#in);
    this.#table ??= new Uint8Array(tableBytes);
    this.#table.set(memory.subarray(layout.PLACES, layout.PLACES + tableBytes));
    return true;
  }

  /** As {@link DroppableWindow.drop}. */
  drop(): void {
    this.#window.clear();
    this.#table = undefined;
  }

  /** Begins anew with the next bytes. */
  #forget(): void {
    this.#memory.deflating.abandon(this);
    this.#windows.forget(this);
    this.drop();
    this.#fresh = true;
  }

  /** Moves the window to the front of the area, if there is not so much room behind it. */
  #makeRoom(bytes: number): void {
    if (this.#in + bytes <= layout.DEFLATE_AREA_END) return;
    const kept = Math.min(this.#in - this.#history, 2 ** this.#choices.windowBits);
    this.#memory.bytes.copyWithin(layout.DEFLATE_AREA, this.#in - kept, this.#in);
    this.#history = layout.DEFLATE_AREA;
    this.#in = this.#history + kept;
  }

  #advance(bytes: number): void {
    this.#in += bytes;
    this.#place = (this.#place + bytes) & 0xffff;
  }

  /** A message goes out as it is, so the peer's window does not get it. */
  #takeBack(bytes: number): void {
    // Of a long one, the bytes before it may be gone.
    if (bytes > layout.DEFLATE_MOST_BYTES || this.#in - bytes <= this.#history) this.#forget();
    else this.#advance(-bytes);
  }

  // ---- Encoding ----

  /** Encodes a part in as many calls as it needs. */
  #parts(payload: Uint8Array, final: boolean): Uint8Array {
    if (payload.length <= layout.DEFLATE_MOST_BYTES) return this.#call(payload, final);
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let at = 0; at < payload.length; at += layout.DEFLATE_MOST_BYTES) {
      const end = Math.min(at + layout.DEFLATE_MOST_BYTES, payload.length);
      const part = this.#call(payload.subarray(at, end), final && end === payload.length).slice();
      parts.push(part);
      total += part.length;
    }
    const whole = new Uint8Array(total);
    let to = 0;
    for (const part of parts) {
      whole.set(part, to);
      to += part.length;
    }
    return whole;
  }

  /** @param last - whether the message ends with these bytes, so that 00 00 FF FF is left out */
  #call(bytes: Uint8Array, last: boolean): Uint8Array {
    const memory = this.#memory;
    const { windowBits, fast } = this.#choices;
    const flags = (this.#fresh ? 0 : layout.DEFLATE_CONTINUE) | (fast ? layout.DEFLATE_FAST : 0);
    if (this.#fresh) this.#place = 1;
    this.#fresh = false;
    this.#makeRoom(bytes.length);
    const start = this.#in;
    memory.bytes.set(bytes, start);
    const end = memory.deflate(
      start,
      start + bytes.length,
      this.#history,
      this.#place,
      2 ** windowBits,
      this.#hashBits,
      flags,
    );
    this.#advance(bytes.length);
    return memory.bytes.subarray(layout.DEFLATE_OUT, last ? end : end + layout.TAIL_LENGTH);
  }
}
