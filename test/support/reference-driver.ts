// Feeds a stream to a kernel in chunks, as the protocol layer does, and writes down all that can be seen from outside.
import * as layout from "../../src/kernel/generated/layout.js";
import type { Kernel } from "../../src/kernel/kernel.js";
import type { DecodeRules, ReferenceFrame, ReferenceViolation } from "./reference-decode.js";
import { hex, logLine, mostCompressed, violationLine } from "./reference-decode.js";

/** What is around the window's bytes, to notice stray writes. */
const CANARY = 0xa5;
/** What is in the state before a call that must not read it. */
const STATE_GARBAGE = 0x5a;
/** The spilled bytes come last, and only as many as there are. */
const SAVED_BYTES = layout.STATE_SPILL;

export interface DriverResult {
  /** Every record, result and state, for comparing kernels with each other. */
  readonly trace: string[];
  /** The same as the reference's log: pieces merged. */
  readonly log: string[];
}

/**
 * @param cuts - where chunks begin and end, from 0 to the stream's length
 * @param frames - of the reference, to check what the records say remains of each frame
 * @param align - added to the window's address
 */
export function drive(
  kernel: Kernel,
  stream: Uint8Array,
  cuts: readonly number[],
  rules: DecodeRules,
  frames: readonly ReferenceFrame[],
  align = 0,
): DriverResult {
  return new Driver(kernel, rules, frames).run(stream, cuts, layout.READ_WINDOW_PTR + align);
}

/** A message or a control frame, as far as records have told of it. */
interface OpenItem {
  readonly opcode: number;
  readonly compressed: boolean;
  readonly bytes: number[];
}

class Driver {
  readonly #kernel: Kernel;
  readonly #rules: DecodeRules;
  readonly #frames: readonly ReferenceFrame[];
  readonly #trace: string[] = [];
  readonly #log: string[] = [];
  readonly #view: DataView;
  #state: Uint8Array | undefined;
  #message: OpenItem | undefined;
  #control: OpenItem | undefined;
  #violation: ReferenceViolation | undefined;
  #frame = 0;

  constructor(kernel: Kernel, rules: DecodeRules, frames: readonly ReferenceFrame[]) {
    this.#kernel = kernel;
    this.#rules = rules;
    this.#frames = frames;
    this.#view = new DataView(kernel.memory.buffer);
  }

  run(stream: Uint8Array, cuts: readonly number[], start: number): DriverResult {
    for (let i = 1; i < cuts.length && this.#violation === undefined; i++) {
      const from = cuts[i - 1] ?? 0;
      this.#chunk(stream.subarray(from, cuts[i]), from, start);
    }
    for (const open of [this.#control, this.#message]) {
      if (open && open.bytes.length > 0) this.#log.push(logLine(open, open.bytes, false));
    }
    if (this.#violation !== undefined) this.#log.push(violationLine(this.#violation));
    return { trace: this.#trace, log: this.#log };
  }

  #chunk(chunk: Uint8Array, offset: number, start: number): void {
    const { memory } = this.#kernel;
    const end = start + chunk.length;
    const spilled = this.#state === undefined ? 0 : (this.#state[layout.STATE_SPILL_LENGTH] ?? 0);
    memory.fill(CANARY, start - layout.READ_HEADROOM, start);
    memory.set(chunk, start);
    memory.fill(CANARY, end, end + layout.PADDING);
    let from = start;
    for (let more = true; more; ) {
      const result = this.#decode(from, end);
      const count = result >>> layout.DECODED_COUNT_SHIFT;
      this.#trace.push(`result ${result} consumed ${this.#stateWord(layout.STATE_CONSUMED) - start}`);
      for (let i = 0; i < count; i++)
        this.#record(layout.RECORDS_PTR + i * layout.RECORD_LENGTH, offset - start);
      this.#keepState(result);
      more = (result & layout.DECODED_MORE) !== 0;
      if (more && count < layout.MAX_RECORDS - 1) throw new Error(`MORE with only ${count} records`);
      from = this.#stateWord(layout.STATE_CONSUMED);
      if (!more && this.#violation === undefined && from !== end)
        throw new Error("not all bytes were consumed");
    }
    const untouched = [
      memory.subarray(start - layout.READ_HEADROOM, start - spilled),
      memory.subarray(end, end + layout.PADDING),
    ];
    if (untouched.some((bytes) => bytes.some((byte) => byte !== CANARY)))
      throw new Error("wrote outside of its bytes");
    this.#trace.push(hex(memory.subarray(start - spilled, end)));
  }

  #decode(from: number, end: number): number {
    const { memory } = this.#kernel;
    const { fromServer, maxMessageBytes, maxFragments, rsv1, uncheckedText } = this.#rules;
    memory.fill(STATE_GARBAGE, layout.STATE_PTR, layout.STATE_PTR + layout.STATE_LENGTH);
    let flags = (fromServer ? layout.DECODE_FROM_SERVER : 0) | (rsv1 === true ? layout.DECODE_RSV1 : 0);
    if (uncheckedText === true) flags |= layout.DECODE_UNCHECKED_TEXT;
    if (this.#state !== undefined) {
      memory.set(this.#state, layout.STATE_PTR);
      flags |= layout.DECODE_RESUME;
    }
    const most = mostCompressed(this.#rules);
    return this.#kernel.decode(from, end, flags, maxMessageBytes, most, maxFragments);
  }

  #record(at: number, toStream: number): void {
    const [info = 0, ptr = 0, length = 0, detail = 0] = [0, 4, 8, 12].map((word) =>
      this.#view.getUint32(at + word, true),
    );
    const offset = ptr + toStream;
    this.#trace.push(`record ${info.toString(16)} ${offset} ${length} ${detail}`);
    if ((info & layout.RECORD_VIOLATION) !== 0) {
      this.#violation = { kind: detail, offset, actual: this.#exceeding(detail) };
      return;
    }
    this.#checkDetail(offset, length, detail);
    const opcode = info & layout.RECORD_OPCODE;
    const compressed = (info & layout.RECORD_COMPRESSED) !== 0;
    const bytes = this.#kernel.memory.slice(ptr, ptr + length);
    if (length === 0 && (info & layout.RECORD_END) === 0)
      throw new Error("an empty record that ends nothing");
    const open: OpenItem = (opcode >= 8 ? this.#control : this.#message) ?? { opcode, compressed, bytes: [] };
    if (open.opcode !== opcode) throw new Error(`a piece of ${opcode} in a message of ${open.opcode}`);
    if (open.compressed !== compressed)
      throw new Error(`RECORD_COMPRESSED changes within a message at ${offset}`);
    const text = opcode === 1 && !compressed && this.#rules.uncheckedText !== true;
    const ascii = text && !endsInCharacter(open.bytes) && bytes.every((byte) => byte < 0x80);
    if (ascii !== ((info & layout.RECORD_ASCII) !== 0))
      throw new Error(`ASCII should be ${ascii} at ${offset}`);
    for (const byte of bytes) open.bytes.push(byte);
    const ended = (info & layout.RECORD_END) !== 0;
    if (ended) this.#log.push(logLine(open, open.bytes, true));
    if (opcode >= 8) this.#control = ended ? undefined : open;
    else this.#message = ended ? undefined : open;
  }

  /** The payload bytes still to come of the frame that the record is part of. */
  #checkDetail(offset: number, length: number, detail: number): void {
    while ((this.#frames[this.#frame + 1]?.payload ?? Number.POSITIVE_INFINITY) <= offset) this.#frame++;
    const frame = this.#frames[this.#frame];
    const left = frame === undefined ? -1 : frame.payload + frame.length - offset - length;
    if (detail !== Math.min(left, 0xffffffff))
      throw new Error(`${detail} bytes to come at ${offset}, not ${left}`);
  }

  #keepState(result: number): void {
    this.#state = undefined;
    if ((result & (layout.DECODED_PENDING | layout.DECODED_MORE)) === 0) return;
    const spilled = this.#stateWord(layout.STATE_SPILL_LENGTH);
    this.#state = this.#kernel.memory.slice(layout.STATE_PTR, layout.STATE_PTR + SAVED_BYTES + spilled);
    this.#trace.push(`state ${hex(this.#state)}`);
  }

  /** The number that exceeds a limit, if the violation is of one. */
  #exceeding(violation: number): number | undefined {
    if (violation === layout.VIOLATION_TOO_MANY_FRAGMENTS) return this.#stateWord(layout.STATE_FRAGMENTS);
    if (violation !== layout.VIOLATION_MESSAGE_TOO_LONG) return undefined;
    return this.#view.getFloat64(layout.STATE_PTR + layout.STATE_MESSAGE_LENGTH, true);
  }

  #stateWord(word: number): number {
    return this.#view.getUint32(layout.STATE_PTR + word, true);
  }
}

/** Whether valid text ends with the beginning of a character. */
function endsInCharacter(bytes: readonly number[]): boolean {
  const last = bytes.slice(-3).reverse();
  const back = last.findIndex((byte) => byte >= 0xc0);
  const length = [0xc0, 0xe0, 0xf0].filter((first) => (last[back] ?? 0) >= first).length + 1;
  return back >= 0 && length > back + 1;
}
