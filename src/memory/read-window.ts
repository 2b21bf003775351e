// The read window and the record table: which parts of them are still needed, and the text whose handler is running.
import * as layout from "../kernel/generated/layout.js";
import type { LinearMemory } from "./linear-memory.js";

/** `decode` may put header bytes of the previous call in front of the window. */
const WINDOW_START = layout.READ_WINDOW_PTR - layout.READ_HEADROOM;

const RECORD_WORDS = layout.RECORD_LENGTH >>> 2;
const RECORDS_WORD = layout.RECORDS_PTR >>> 2;

/** The longest incomplete header, which may be left over from the previous read. */
const MAX_SPILLED_BYTES = 13;

/** The ends of the memory that a walk and the walks around it need. */
interface Bounds {
  readonly recordsEnd: number;
  readonly bytesEnd: number;
  readonly overwrittenEnd: number;
  /** The ends of the walk inside of which this one runs. */
  readonly outer: Bounds | undefined;
}

/** The copies that {@link ReadWindow.suspend} made. */
export interface SuspendedWalks {
  readonly records: Uint8Array;
  readonly window: Uint8Array;
}

/** The rest of a walk that stopped: its records, and the bytes that they describe. */
export interface WalkRest {
  readonly records: Uint32Array;
  /** The address at which the bytes stood. */
  readonly ptr: number;
  readonly bytes: Uint8Array;
  /** The number of records that were walked since. */
  walked: number;
}

/** The records of a rest that are put back at a time, and the bytes, unless one record has more. */
const RECORDS_AT_A_TIME = 64;
const BYTES_AT_A_TIME = 16 * 1024;

/**
 * One read is decoded at a time, but handlers run while its records are walked, and may feed the decoder of another
 * connection on the same memory. The window knows how much of it the walks still need, so that no byte is overwritten
 * before it was handled.
 */
export class ReadWindow {
  readonly #linear: LinearMemory;
  #view: Uint8Array;

  /** The ends of the used parts of the record table and of the window; 0 if no records are being walked. */
  #recordsEnd = 0;
  #bytesEnd = 0;
  /** The end of the bytes that were read into the window during the walk, see {@link salvage}. */
  #overwrittenEnd = 0;
  #outer: Bounds | undefined;

  #text: string | undefined;
  #textPtr = 0;
  #textLength = 0;
  #gathered: Uint8Array | undefined;
  #gatheredLasts = false;

  constructor(linear: LinearMemory) {
    this.#linear = linear;
    this.#view = viewOf(linear.memory);
  }

  /** The window, for transports to read into. Another view after a trap. */
  get view(): Uint8Array {
    return this.#view;
  }

  /** Whether records are being walked. */
  get inUse(): boolean {
    return this.#bytesEnd !== 0;
  }

  /** Copies `chunk[start, start + length)` into the beginning of the window. */
  fill(chunk: Uint8Array, length: number, start: number): void {
    this.#linear.copyIn(layout.READ_WINDOW_PTR, chunk, length, start);
  }

  /** Decodes the bytes between two addresses of the window. @throws KernelTrap */
  decode(
    start: number,
    end: number,
    flags: number,
    maxMessageBytes: number,
    maxCompressedBytes: number,
    maxFragments: number,
  ): number {
    this.#forgetText();
    const result = this.#linear.decode(start, end, flags, maxMessageBytes, maxCompressedBytes, maxFragments);
    this.#keepRecords(result >>> layout.DECODED_COUNT_SHIFT);
    return result;
  }

  // ---- Walks ----

  /** Begins a walk over the bytes before `end`, perhaps inside of another walk. {@link endWalk} must follow. */
  beginWalk(end: number): void {
    if (this.#bytesEnd !== 0) {
      this.#outer = {
        recordsEnd: this.#recordsEnd,
        bytesEnd: this.#bytesEnd,
        overwrittenEnd: this.#overwrittenEnd,
        outer: this.#outer,
      };
    }
    this.#bytesEnd = Math.max(this.#bytesEnd, end);
    this.#overwrittenEnd = 0;
  }

  /** Declares that the walks need this many records of the table. */
  #keepRecords(count: number): void {
    const end = layout.RECORDS_PTR + count * layout.RECORD_LENGTH;
    if (end > this.#recordsEnd) this.#recordsEnd = end;
  }

  /** Ends the innermost walk. */
  endWalk(): void {
    const outer = this.#outer;
    this.#forgetText();
    this.#recordsEnd = outer === undefined ? 0 : outer.recordsEnd;
    this.#bytesEnd = outer === undefined ? 0 : outer.bytesEnd;
    this.#overwrittenEnd = outer === undefined ? 0 : Math.max(outer.overwrittenEnd, this.#overwrittenEnd);
    if (outer !== undefined) this.#outer = outer.outer;
  }

  /**
   * Copies the bytes that the walks still need from the memory that decoding another connection's chunk will use. The
   * rest stays where it is, so that decoding inside of a handler costs no more than the chunk is long.
   */
  suspend(chunkLength: number): SuspendedWalks {
    const { memory } = this.#linear;
    const bytes = Math.min(chunkLength, layout.READ_WINDOW_LENGTH);
    const windowReach = layout.READ_WINDOW_PTR + bytes + layout.PADDING;
    const recordsReach = layout.RECORDS_PTR + mostRecords(bytes) * layout.RECORD_LENGTH;
    return {
      records: memory.slice(layout.RECORDS_PTR, Math.min(this.#recordsEnd, recordsReach)),
      window: memory.slice(WINDOW_START, Math.min(this.#bytesEnd, windowReach)),
    };
  }

  /**
   * Puts back the bytes that {@link suspend} copied.
   * @param before - the memory it was taken from: after a trap the suspended handler may still have a borrowed view of
   * it
   */
  resume(suspended: SuspendedWalks, before: Uint8Array): void {
    const { memory } = this.#linear;
    memory.set(suspended.records, layout.RECORDS_PTR);
    memory.set(suspended.window, WINDOW_START);
    if (before !== memory) before.set(suspended.window, WINDOW_START);
  }

  /**
   * Copies the records from `first` on out of `count`, and the bytes up to `end`, for a walk that goes on another time.
   * @param start - where the bytes begin that were not decoded yet
   */
  takeRest(first: number, count: number, start: number, end: number): WalkRest {
    const { memory, words } = this.#linear;
    const at = RECORDS_WORD + first * RECORD_WORDS;
    const records = words.slice(at, RECORDS_WORD + count * RECORD_WORDS);
    const ptr = records[1] ?? start;
    clearPlaces(records);
    // Not slice(): a Buffer's gives a view.
    return { records, ptr, bytes: new Uint8Array(memory.subarray(ptr, end)), walked: 0 };
  }

  /**
   * Puts back the next records and their bytes of a rest, and with the last of them the bytes that were not decoded
   * yet. Not all at once: a walk that stops behind each record would copy the same bytes again and again.
   * @returns the number of records
   */
  putRest({ records, ptr, bytes, walked }: WalkRest): number {
    const { memory, words } = this.#linear;
    const total = records.length / RECORD_WORDS;
    const from = walked === total ? 0 : addressOf(records, walked) - ptr;
    let next = walked;
    let to = from;
    while (next < total && next - walked < RECORDS_AT_A_TIME && to - from < BYTES_AT_A_TIME) {
      next++;
      to = next === total ? bytes.length : addressOf(records, next) - ptr;
    }
    words.set(records.subarray(walked * RECORD_WORDS, next * RECORD_WORDS), RECORDS_WORD);
    memory.set(next === total ? bytes.subarray(from) : bytes.subarray(from, to), ptr + from);
    this.#keepRecords(next - walked);
    return next - walked;
  }

  /**
   * Copies bytes that the system has read into the beginning of the window while records were being walked, because a
   * handler runs an event loop of its own. {@link overwritten} tells the walk whether its next bytes were replaced.
   */
  salvage(length: number): Uint8Array {
    this.#overwrittenEnd = Math.max(this.#overwrittenEnd, layout.READ_WINDOW_PTR + length);
    this.#forgetText();
    return this.#view.slice(0, length);
  }

  /** Whether a read during this walk has replaced the byte at an address. */
  overwritten(ptr: number): boolean {
    return ptr < this.#overwrittenEnd;
  }

  // ---- The text that is being handled ----

  /** Notes the string that a handler is given, and where its UTF-8 stands until the next call of {@link decode}. */
  noteText(text: string, ptr: number, length: number): void {
    this.#text = text;
    this.#textPtr = ptr;
    this.#textLength = length;
    this.#gathered = undefined;
  }

  /**
   * Notes the string of a message that was gathered, and its UTF-8.
   * @param lasts - whether nothing else will ever use this memory; otherwise it is valid until the next call of
   * {@link decode}
   */
  noteGathered(text: string, bytes: Uint8Array, lasts: boolean): void {
    this.#text = text;
    this.#gathered = bytes;
    this.#gatheredLasts = lasts;
  }

  #forgetText(): void {
    this.#text = undefined;
    this.#gathered = undefined;
  }

  /** Whether the UTF-8 of this string is known: if the application sends the string on, it need not be encoded again. */
  holdsText(text: string): boolean {
    return text === this.#text;
  }

  /** The UTF-8 of a message that was gathered; undefined if it stands in the window, at {@link textPtr}. */
  get gathered(): Uint8Array | undefined {
    return this.#gathered;
  }

  /** As of {@link noteGathered}. */
  get gatheredLasts(): boolean {
    return this.#gatheredLasts;
  }

  get textPtr(): number {
    return this.#textPtr;
  }

  get textLength(): number {
    return this.#textLength;
  }

  /** After a trap: copies the records and bytes that the walks still need to the new memory. */
  moveFrom(before: Uint8Array): void {
    const { memory } = this.#linear;
    memory.set(before.subarray(layout.RECORDS_PTR, this.#recordsEnd), layout.RECORDS_PTR);
    memory.set(before.subarray(WINDOW_START, this.#bytesEnd), WINDOW_START);
    this.#view = viewOf(memory);
  }
}

function viewOf(memory: Uint8Array): Uint8Array {
  return memory.subarray(layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH);
}

/** The most records that a kernel writes for `bytes` of input. */
function mostRecords(bytes: number): number {
  // Two bytes are a frame. The rest of an earlier one may come first, and a violation last.
  return Math.min(((bytes + MAX_SPILLED_BYTES) >>> 1) + 2, layout.MAX_RECORDS);
}

function addressOf(records: Uint32Array, index: number): number {
  return records[index * RECORD_WORDS + 1] ?? 0;
}

/** Clears the places of payloads that were copied together for a walk that is over. */
function clearPlaces(records: Uint32Array): void {
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    const info = records[at] ?? 0;
    if ((info & (layout.RECORD_END | layout.RECORD_VIOLATION)) === layout.RECORD_END) records[at + 3] = 0;
  }
}
