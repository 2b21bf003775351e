// Inflates the messages that one connection receives: RFC 7692 section 7.2.2.
import * as layout from "../../kernel/generated/deflate-layout.js";
import { BAD_DATA, type PayloadDecoder } from "../extensions/extension.js";
import type { AreaOwner, DeflateMemory } from "./deflate-memory.js";
import { WindowBytes } from "./window-bytes.js";
import type { WindowStore } from "./window-store.js";

/** The most bytes that one call inflates, whatever it is asked for. */
const MOST_AT_ONCE = 64 * 1024;

/**
 * The state of the message and the window stand in linear memory, until another connection receives a compressed
 * message. Then both are copied out, as far as they will be needed again.
 */
export class DeflateDecoder implements PayloadDecoder, AreaOwner {
  readonly #memory: DeflateMemory;
  readonly #windowBits: number;
  /** Whether messages may refer to the ones before. */
  readonly #takeover: boolean;
  readonly #windows: WindowStore;
  /** The copy of the window, while the connection is not the owner of the area. */
  readonly #window: WindowBytes;
  #state: Uint8Array | undefined;

  /** The part that is being decoded. */
  #ptr = 0;
  #end = 0;
  #final = false;
  #done = true;
  /** Whether bytes of a message have come that has not ended. */
  #begun = false;
  /** Whether the part is bad from here on. What came before it is handed on first. */
  #bad = false;

  /** In the area: where matches may refer to at most, and where output goes on. */
  #history: number = layout.INFLATE_AREA;
  #out: number = layout.INFLATE_AREA;
  #start: number = layout.INFLATE_AREA;

  constructor(memory: DeflateMemory, windowBits: number, takeover: boolean, windows: WindowStore) {
    this.#memory = memory;
    this.#windowBits = windowBits;
    this.#takeover = takeover;
    this.#windows = windows;
    this.#window = new WindowBytes(2 ** windowBits);
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  get start(): number {
    return this.#start;
  }

  get done(): boolean {
    return this.#done;
  }

  push(ptr: number, length: number, final: boolean): void {
    this.#ptr = ptr;
    this.#end = ptr + length;
    this.#final = final;
    this.#done = false;
  }

  pull(most: number): number {
    if (this.#bad) return BAD_DATA;
    if (!this.#begun) {
      // An empty payload is no block, and 00 00 FF FF alone is not the end of one; but it is an empty message.
      if (this.#ptr === this.#end) return this.#ended(0);
      this.#begin();
    } else this.#goOn();
    const room = Math.min(most, MOST_AT_ONCE);
    this.#makeRoom(room);
    const start = this.#out;
    this.#start = start;
    const status = this.#memory.inflate(
      this.#ptr,
      this.#end,
      start,
      start + room,
      this.#history,
      this.#windowBits,
      this.#final,
    );
    this.#ptr = this.#memory.consumed;
    this.#out = this.#memory.produced;
    const count = this.#out - start;
    if (status === layout.INFLATE_BAD_DATA) {
      this.#bad = true;
      return count > 0 ? count : BAD_DATA;
    }
    return status === layout.INFLATE_OUTPUT_FULL ? count : this.#ended(count);
  }

  /** The part was decoded. */
  #ended(count: number): number {
    this.#done = true;
    if (this.#final) this.#begun = false;
    return count;
  }

  /** Begins a message. */
  #begin(): void {
    const memory = this.#memory;
    if (!memory.inflating.belongsTo(this, memory.bytes)) this.#putWindow();
    else if (!this.#takeover) {
      this.#out = layout.INFLATE_AREA;
      this.#history = this.#out;
    }
    memory.resetInflate();
    this.#begun = true;
  }

  /** Puts back a message that another connection has interrupted. */
  #goOn(): void {
    const memory = this.#memory;
    if (memory.inflating.belongsTo(this, memory.bytes)) return;
    this.#putWindow();
    if (this.#state === undefined) throw new Error("the state of a message is missing");
    memory.bytes.set(this.#state, layout.INFLATE_STATE);
    memory.restoreInflate(this.#windowBits);
  }

  #putWindow(): void {
    const memory = this.#memory;
    memory.inflating.enter(this, memory.bytes);
    this.#history = layout.INFLATE_AREA;
    this.#out = this.#window.put(memory.bytes, this.#history);
  }

  /** Moves the window to the front of the area, if there is not so much room behind it. */
  #makeRoom(bytes: number): void {
    if (this.#out + bytes <= layout.INFLATE_AREA_END) return;
    const kept = Math.min(this.#out - this.#history, 2 ** this.#windowBits);
    this.#memory.bytes.copyWithin(layout.INFLATE_AREA, this.#out - kept, this.#out);
    this.#history = layout.INFLATE_AREA;
    this.#out = this.#history + kept;
  }

  /** As {@link AreaOwner.leave}. */
  leave(memory: Uint8Array): void {
    if (this.#begun) this.#keepState(memory);
    else this.#state = undefined;
    if (!this.#begun && !this.#takeover) {
      this.#clear();
      return;
    }
    const before = this.#window.capacity;
    this.#window.take(memory, this.#history, this.#out);
    this.#windows.receive(this.#window.capacity - before);
  }

  #keepState(memory: Uint8Array): void {
    const { INFLATE_STATE, INFLATE_STATE_LENGTH } = layout;
    this.#state ??= new Uint8Array(INFLATE_STATE_LENGTH);
    this.#state.set(memory.subarray(INFLATE_STATE, INFLATE_STATE + INFLATE_STATE_LENGTH));
  }

  #clear(): void {
    this.#windows.receive(-this.#window.capacity);
    this.#window.clear();
  }

  stop(): void {
    this.#memory.inflating.abandon(this);
    this.#state = undefined;
    this.#begun = false;
    this.#clear();
  }
}
