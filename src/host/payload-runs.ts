// Memory for the payloads of one read. Short payloads that arrived together share one ArrayBuffer, with nothing else in
// it, so that they cost one allocation.
import * as layout from "../kernel/generated/layout.js";
import type { PayloadRuns, ReadRecords } from "./host.js";
import { copyInto, type ViewClass } from "./views.js";

/** The length of a shared run. It bounds the memory that one payload keeps alive. */
const RUN_BYTES = 64 * 1024;
/** Longer payloads get memory of their own. */
const MOST_BYTES = 32 * 1024;

/** The bits that decide whether a record is a whole payload: only RECORD_END of these may be set. */
const WHOLE_BITS = layout.RECORD_END | layout.RECORD_VIOLATION | layout.RECORD_COMPRESSED;

const RECORD_WORDS = layout.RECORD_LENGTH >>> 2;
const RECORDS_WORD = layout.RECORDS_PTR >>> 2;
/** The place of a payload is the number of its run and, in these lower bits, its offset there plus one. */
const OFFSET_BITS = 17;
const OFFSET_MASK = (1 << OFFSET_BITS) - 1;

/** The functions with which a runtime allocates payload memory. */
export interface RunMemory {
  /** The class of payloads. */
  readonly View: ViewClass;
  /** Shorter payloads get memory of their own. */
  readonly leastBytes: number;
  /**
   * New memory, with nothing else in its `buffer`. It is cleared: nothing is written between the payloads, and clearing
   * it brings it into the processor's cache in less time than the copies would take to do that.
   */
  allocate(bytes: number): Uint8Array;
}

/**
 * Copies the payloads of a read, all of them before the first is handed out, so that no application sees a run change.
 * Each begins at a multiple of 8.
 * @returns undefined if fewer than two payloads can share memory
 */
export function copyRuns(
  memory: RunMemory,
  read: ReadRecords,
  count: number,
  strings: number,
): PayloadRuns | undefined {
  const { words } = read;
  const end = RECORDS_WORD + count * RECORD_WORDS;
  let runs: Runs | undefined;
  for (let at = RECORDS_WORD; at < end; ) {
    const from = at;
    let bytes = 0;
    let payloads = 0;
    for (; at < end; at += RECORD_WORDS) {
      const room = roomFor(words, at, memory.leastBytes, strings);
      if (room === 0) continue;
      if (bytes + room > RUN_BYTES) break;
      // An interrupted walk has left its places here.
      words[at + 3] = 0;
      bytes += room;
      payloads++;
    }
    if (payloads < 2) continue;
    runs ??= new Runs(memory, strings);
    runs.fill(read, from, at, bytes);
  }
  return runs;
}

class Runs implements PayloadRuns {
  readonly #memory: RunMemory;
  readonly #strings: number;
  readonly #buffers: ArrayBufferLike[] = [];

  constructor(memory: RunMemory, strings: number) {
    this.#memory = memory;
    this.#strings = strings;
  }

  /** Copies the payloads of the records in `words[from, to)`. */
  fill({ words, memory }: ReadRecords, from: number, to: number, bytes: number): void {
    const { leastBytes } = this.#memory;
    const run = this.#memory.allocate(bytes);
    const first = (this.#buffers.length << OFFSET_BITS) + 1;
    let offset = 0;
    for (let at = from; at < to; at += RECORD_WORDS) {
      const room = roomFor(words, at, leastBytes, this.#strings);
      if (room === 0) continue;
      const ptr = words[at + 1] ?? 0;
      const length = words[at + 2] ?? 0;
      copyInto(run, memory, ptr, ptr + length, offset);
      words[at + 3] = first + offset;
      offset += room;
    }
    this.#buffers.push(run.buffer);
  }

  view(place: number, length: number): Uint8Array | undefined {
    const buffer = this.#buffers[place >>> OFFSET_BITS];
    // The application may have transferred it together with an earlier payload.
    if (buffer === undefined || buffer.byteLength === 0) return undefined;
    return new this.#memory.View(buffer, (place & OFFSET_MASK) - 1, length);
  }
}

/** The bytes that the payload of a record takes in a run; 0 if it is not copied there. */
function roomFor(words: Uint32Array, at: number, least: number, strings: number): number {
  const info = words[at] ?? 0;
  const opcode = info & layout.RECORD_OPCODE;
  const whole = (info & WHOLE_BITS) === layout.RECORD_END;
  if (!whole || opcode >= layout.CLOSE || opcode === strings) return 0;
  const length = words[at + 2] ?? 0;
  return length < least || length > MOST_BYTES ? 0 : (length + 7) & ~7;
}
