// Views of memory, and copies by way of them, in the form that V8 compiles best: from a buffer directly, with a method that was looked up
// once. `target.set(bytes.subarray(…))` does the same in twice the time.

/** A class of views: Uint8Array or one that extends it. */
export interface ViewClass {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Uint8Array;
  new (length: number): Uint8Array;
}

/** Up to here a loop copies faster than a call. */
const LOOP_BYTES = 32;
/** From here on what a view costs makes no difference. */
const LONG_BYTES = 32 * 1024;
const { set } = Uint8Array.prototype;

/** Whose memory was viewed last, linear memory nearly always, and what takes a while to ask it for. */
let source: Uint8Array = new Uint8Array(0);
let sourceBuffer: ArrayBufferLike = source.buffer;
let sourceOffset = 0;

/** A view of `bytes[start, end)`. */
export function viewOf(View: ViewClass, bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes !== source) {
    source = bytes;
    sourceBuffer = bytes.buffer;
    sourceOffset = bytes.byteOffset;
  }
  return new View(sourceBuffer, sourceOffset + start, end - start);
}

/** Copies `bytes[start, end)` to `target[at]`. */
export function copyInto(target: Uint8Array, bytes: Uint8Array, start: number, end: number, at = 0): void {
  const length = end - start;
  if (length <= LOOP_BYTES) {
    for (let i = 0; i < length; i++) target[at + i] = bytes[start + i] ?? 0;
    return;
  }
  // Long ones may be the application's, which must not stay alive for having been looked at.
  const long = length >= LONG_BYTES;
  set.call(target, long ? bytes.subarray(start, end) : viewOf(Uint8Array, bytes, start, end), at);
}
