// `decode` in plain JavaScript. Same steps, same order of checks and same records as assembly/frames.ts.
import * as layout from "./generated/layout.js";
import { mask } from "./javascript-mask.js";
import { type Utf8Result, validate } from "./javascript-utf8.js";

const TEXT = 1;
const CLOSE = 8;
const FIRST_CONTROL = 8;
const MAX_PAYLOAD = Number.MAX_SAFE_INTEGER;

/** What `#header` found. */
const COMPLETE = 0;
const INCOMPLETE = 1;
const VIOLATED = 2;

/** The state of `layout.ts` in fields, and the walk over one read. One object serves all calls. */
export class JavascriptDecode {
  readonly #memory: Uint8Array;
  readonly #view: DataView;

  #expectMask = true;
  #maxMessageBytes = 0;
  #maxFragments = 0;

  #frame = 0;
  #key = 0;
  #messageOpcode = 0;
  #remaining = 0;
  #messageLength = 0;
  #fragments = 0;
  #utf8 = 0;

  #p = 0;
  #end = 0;
  #count = 0;
  #violated = false;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
  }

  decode(start: number, end: number, flags: number, maxMessageBytes: number, maxFragments: number): number {
    this.#expectMask = (flags & layout.DECODE_FROM_SERVER) === 0;
    this.#maxMessageBytes = maxMessageBytes;
    this.#maxFragments = maxFragments;
    this.#p = start;
    this.#end = end;
    this.#count = 0;
    this.#violated = false;
    if ((flags & layout.DECODE_RESUME) !== 0) this.#loadState();
    else this.#clearState();
    return this.#walk();
  }

  #walk(): number {
    while (this.#p < this.#end) {
      if (this.#count > layout.MAX_RECORDS - 2) return this.#finish(layout.DECODED_MORE, 0);
      if (this.#remaining === 0) {
        const found = this.#header();
        if (found === VIOLATED) return this.#finish(0, 0);
        if (found === INCOMPLETE) return this.#finish(0, this.#end - this.#p);
      }
      if (!this.#payload()) return this.#finish(0, 0);
    }
    return this.#finish(0, 0);
  }

  /** Saves what must be kept, and gives the result of `decode`. */
  #finish(more: number, spilled: number): number {
    const violated = this.#violated;
    const keep = !violated && (spilled > 0 || this.#remaining > 0 || this.#messageOpcode !== 0);
    if (keep || more !== 0) this.#saveState(spilled);
    const consumed = violated ? this.#p : this.#p + spilled;
    this.#view.setUint32(layout.STATE_PTR + layout.STATE_CONSUMED, consumed, true);
    return (this.#count << layout.DECODED_COUNT_SHIFT) | more | (keep ? layout.DECODED_PENDING : 0);
  }

  /** Reads a frame header at `#p` and goes behind it, checking each field as soon as its bytes are there. */
  #header(): number {
    const memory = this.#memory;
    const p = this.#p;
    const available = this.#end - p;
    const first = memory[p] ?? 0;
    const opcode = first & 0x0f;
    const broken = this.#firstByteViolation(first);
    if (broken !== 0) return this.#violate(p, broken);
    if (available < 2) return INCOMPLETE;

    const second = memory[p + 1] ?? 0;
    const masked = second >>> 7 === 1;
    // Section 5.1: "a server MUST close the connection upon receiving a frame that is not masked", and "a client MUST
    // close a connection if it detects a masked frame".
    if (masked !== this.#expectMask) {
      return this.#violate(p + 1, masked ? layout.VIOLATION_MASKED : layout.VIOLATION_NOT_MASKED);
    }
    let length = second & 0x7f;
    if (opcode >= FIRST_CONTROL) {
      if (length > 125) return this.#violate(p + 1, layout.VIOLATION_CONTROL_TOO_LONG);
      if (opcode === CLOSE && length === 1) return this.#violate(p + 1, layout.VIOLATION_CLOSE_LENGTH);
    }
    let at = p + 2;
    if (length > 125) {
      const wide = length === 127;
      at += wide ? 8 : 2;
      if (at > this.#end) return INCOMPLETE;
      const high = wide ? this.#view.getUint32(p + 2) : 0;
      length = wide ? high * 0x1_0000_0000 + this.#view.getUint32(p + 6) : this.#view.getUint16(p + 2);
      if (high >= 0x8000_0000) return this.#violate(p + 2, layout.VIOLATION_LENGTH_TOP_BIT);
      // Section 5.2: "the minimal number of bytes MUST be used to encode the length".
      if (length < (wide ? 0x10000 : 126)) return this.#violate(p + 2, layout.VIOLATION_LENGTH_NOT_MINIMAL);
      if (length > MAX_PAYLOAD) return this.#violate(p + 2, layout.VIOLATION_MESSAGE_TOO_LONG);
    }
    if (opcode < FIRST_CONTROL && this.#messageLength + length > this.#maxMessageBytes) {
      return this.#violate(at === p + 2 ? p + 1 : p + 2, layout.VIOLATION_MESSAGE_TOO_LONG);
    }
    if (masked) {
      if (at + 4 > this.#end) return INCOMPLETE;
      this.#key = this.#view.getUint32(at, true);
      at += 4;
    }
    this.#openFrame(first, length);
    this.#p = at;
    return COMPLETE;
  }

  #firstByteViolation(first: number): number {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) return layout.VIOLATION_RESERVED_BITS;
    if ((opcode & 7) > 2) return layout.VIOLATION_RESERVED_OPCODE;
    if (opcode >= FIRST_CONTROL) {
      // Section 5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
      return first < layout.FRAME_FIN ? layout.VIOLATION_CONTROL_FRAGMENTED : 0;
    }
    if (opcode === 0 && this.#messageOpcode === 0) return layout.VIOLATION_UNEXPECTED_CONTINUATION;
    if (opcode !== 0 && this.#messageOpcode !== 0) return layout.VIOLATION_EXPECTED_CONTINUATION;
    return this.#fragments + 1 > this.#maxFragments ? layout.VIOLATION_TOO_MANY_FRAGMENTS : 0;
  }

  #openFrame(first: number, length: number): void {
    const opcode = first & 0x0f;
    this.#frame = first;
    this.#remaining = length;
    if (opcode >= FIRST_CONTROL) return;
    if (opcode !== 0) this.#messageOpcode = opcode;
    this.#messageLength += length;
    this.#fragments++;
  }

  /** Unmasks, validates and records what is there of the frame's payload. @returns false after a violation */
  #payload(): boolean {
    const ptr = this.#p;
    const length = Math.min(this.#remaining, this.#end - ptr);
    if (this.#expectMask) this.#key = mask(this.#memory, ptr, length, this.#key);
    this.#p = ptr + length;
    this.#remaining -= length;
    const done = this.#remaining === 0;
    const opcode = this.#frame & 0x0f;
    if (opcode >= FIRST_CONTROL) {
      if (length > 0 || done)
        this.#record(opcode | (done ? layout.RECORD_END : 0), ptr, length, this.#remaining);
    } else if (!this.#data(ptr, length, done && this.#frame >= layout.FRAME_FIN)) {
      return false;
    }
    if (done) this.#closeFrame();
    return true;
  }

  #data(ptr: number, length: number, ends: boolean): boolean {
    let info = this.#messageOpcode;
    if (info === TEXT) {
      const carryIn = this.#utf8;
      const result = validate(this.#memory, ptr, ptr + length, carryIn);
      if (result.badByte >= 0) return this.#badText(ptr, length, result.badByte, carryIn);
      if (ends && result.carry !== 0) return this.#badText(ptr, length, ptr + length, carryIn);
      this.#utf8 = result.carry;
      if (result.ascii) info |= layout.RECORD_ASCII;
    }
    if (ends) info |= layout.RECORD_END;
    if (length > 0 || ends) this.#record(info, ptr, length, this.#remaining);
    return true;
  }

  /** Records the text before the bad byte, then the violation. */
  #badText(ptr: number, length: number, bad: number, carryIn: number): false {
    const valid: Utf8Result = validate(this.#memory, ptr, bad, carryIn);
    const info = TEXT | (valid.ascii ? layout.RECORD_ASCII : 0);
    if (bad > ptr) this.#record(info, ptr, bad - ptr, this.#remaining + ptr + length - bad);
    this.#violate(bad, layout.VIOLATION_INVALID_UTF8);
    return false;
  }

  #closeFrame(): void {
    const frame = this.#frame;
    this.#frame = 0;
    this.#key = 0;
    if ((frame & 0x0f) >= FIRST_CONTROL || frame < layout.FRAME_FIN) return;
    this.#messageOpcode = 0;
    this.#messageLength = 0;
    this.#fragments = 0;
    this.#utf8 = 0;
  }

  #violate(ptr: number, violation: number): number {
    this.#p = ptr;
    this.#violated = true;
    this.#record(layout.RECORD_VIOLATION, ptr, 0, violation);
    return VIOLATED;
  }

  #record(info: number, ptr: number, length: number, detail: number): void {
    const at = layout.RECORDS_PTR + this.#count++ * layout.RECORD_LENGTH;
    const view = this.#view;
    view.setUint32(at, info, true);
    view.setUint32(at + 4, ptr, true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, Math.min(detail, 0xffffffff), true);
  }

  #clearState(): void {
    this.#frame = 0;
    this.#key = 0;
    this.#messageOpcode = 0;
    this.#remaining = 0;
    this.#messageLength = 0;
    this.#fragments = 0;
    this.#utf8 = 0;
  }

  #loadState(): void {
    const view = this.#view;
    const state = layout.STATE_PTR;
    const spilled = view.getUint32(state + layout.STATE_SPILL_LENGTH, true);
    this.#frame = view.getUint32(state + layout.STATE_FRAME, true);
    this.#key = view.getUint32(state + layout.STATE_KEY, true);
    this.#messageOpcode = view.getUint32(state + layout.STATE_MESSAGE_OPCODE, true);
    this.#remaining = view.getFloat64(state + layout.STATE_REMAINING, true);
    this.#messageLength = view.getFloat64(state + layout.STATE_MESSAGE_LENGTH, true);
    this.#fragments = view.getUint32(state + layout.STATE_FRAGMENTS, true);
    this.#utf8 = view.getUint32(state + layout.STATE_UTF8, true);
    const spill = state + layout.STATE_SPILL;
    this.#p -= spilled;
    this.#memory.copyWithin(this.#p, spill, spill + spilled);
  }

  #saveState(spilled: number): void {
    const view = this.#view;
    const state = layout.STATE_PTR;
    view.setUint32(state + layout.STATE_SPILL_LENGTH, spilled, true);
    view.setUint32(state + layout.STATE_FRAME, this.#frame, true);
    view.setUint32(state + layout.STATE_KEY, this.#key, true);
    view.setUint32(state + layout.STATE_MESSAGE_OPCODE, this.#messageOpcode, true);
    view.setFloat64(state + layout.STATE_REMAINING, this.#remaining, true);
    view.setFloat64(state + layout.STATE_MESSAGE_LENGTH, this.#messageLength, true);
    view.setUint32(state + layout.STATE_FRAGMENTS, this.#fragments, true);
    view.setUint32(state + layout.STATE_UTF8, this.#utf8, true);
    this.#memory.copyWithin(state + layout.STATE_SPILL, this.#p, this.#p + spilled);
  }
}
