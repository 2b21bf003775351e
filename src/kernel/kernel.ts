// The interface that the three builds of the kernel have in common.

/** Which of the three builds of the kernel a {@link Kernel} is. */
export type KernelName = "simd" | "scalar" | "js";

/** The result of {@link Kernel.validateUtf8} at a bad byte. */
export const BAD_UTF8 = -1;

/**
 * The pure functions under the codec, over one fixed memory whose map is `assembly/layout.ts`. All builds give
 * identical results for identical input. A kernel keeps nothing between calls except in its memory, so one kernel
 * serves every connection of its thread.
 *
 * Kernels do not check addresses and lengths. The caller must keep them within the windows.
 */
export interface Kernel {
  /** Which build it is. */
  readonly name: KernelName;
  /** Why a faster build does not run here, if the choice was `auto` and it chose a slower one. */
  readonly fallbackReason: string | undefined;
  /** The whole linear memory. It never grows or detaches. */
  readonly memory: Uint8Array;
  /**
   * The same as WebAssembly has it, for another module to work in; undefined in the JavaScript kernel.
   * @internal The declarations name no type of the host's: a program for Node without `dom` has no `WebAssembly`.
   */
  readonly wasmMemory: WebAssembly.Memory | undefined;

  /**
   * Decodes the bytes from `start` to `end` in the read window: checks headers and limits, unmasks payloads in place,
   * validates text, and writes a record for each frame, or the part of one that is there. It consumes every byte,
   * unless the record table is full or the bytes break a rule. See assembly/frames.ts.
   *
   * @param start - address of the first byte, in the read window
   * @param end - address behind the last byte
   * @param flags - `DECODE_…` bits; with `DECODE_RESUME` it goes on with the state in the memory
   * @param maxMessageBytes - limit for the payload length of one message, over all of its fragments
   * @param maxCompressedBytes - the same for a message whose first frame has RSV1, as it is on the wire
   * @param maxFragments - limit for the number of data frames in one message; UNLIMITED_FRAGMENTS for none
   * @returns `DECODED_…` bits and the number of records
   */
  decode(
    start: number,
    end: number,
    flags: number,
    maxMessageBytes: number,
    maxCompressedBytes: number,
    maxFragments: number,
  ): number;

  /**
   * XORs `length` bytes at `ptr` with the masking key, whose bytes are read as a little-endian number (section 5.3).
   * @returns the key, rotated to go on with the same payload at `ptr + length`, as a signed number
   */
  mask(ptr: number, length: number, key: number): number;

  /**
   * Validates `length` bytes of UTF-8 at `ptr` (section 8.1, RFC 3629).
   * @param carry - the result for the bytes before these; 0 at the start of a text
   * @returns the unfinished sequence at the end, 0 if there is none; BAD_UTF8 at a bad byte, whose address is then in
   * STATE_BAD_BYTE
   */
  validateUtf8(ptr: number, length: number, carry: number): number;

  /**
   * Transcodes UTF-8 that is valid and ends with a whole character to UTF-16, of which some hosts make strings faster.
   * The JavaScript kernel has no such function.
   * @param out - address with room for 2 bytes for each byte of input and for PADDING, which may be overwritten
   * @returns the number of UTF-16 units, little-endian, at `out`
   */
  utf8ToUtf16?(ptr: number, length: number, out: number): number;
}
