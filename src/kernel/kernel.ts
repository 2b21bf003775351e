/** Which of the three builds of the kernel a {@link Kernel} is. */
export type KernelName = "simd" | "scalar" | "js";

/** What {@link Kernel.validateUtf8} returns at a bad byte. */
export const BAD_UTF8 = -1;

/**
 * The pure functions under the codec, over one fixed memory whose map is `assembly/layout.ts`. All builds give
 * identical results for identical input. A kernel keeps nothing between calls but what its memory holds, so one serves
 * every connection of its thread.
 *
 * Its callers check every length: an address outside of the windows is a caller's bug, not a case the kernels handle.
 */
export interface Kernel {
  /** Which build it is. */
  readonly name: KernelName;
  /** Why this host did not run a faster one, when the fastest was to be chosen; undefined if this is it. */
  readonly fallbackReason: string | undefined;
  /** The whole linear memory. It never grows or detaches. */
  readonly memory: Uint8Array;

  /**
   * Walks the bytes from `start` to `end` in the read window: checks headers and limits, unmasks payloads in place,
   * validates text, and writes a record for each message, piece of a message or control frame it finds.
   * Consumes every byte, unless the record table fills up or the bytes break a rule.
   *
   * @param start - address of the first byte, in the read window
   * @param end - address behind the last byte
   * @param flags - `DECODE_…` bits; with `DECODE_RESUME` the state in the memory goes on
   * @param maxMessageBytes - limit for the payload length of one message, over all of its fragments
   * @param maxFragments - limit for the number of data frames in one message
   * @returns `DECODED_…` bits and the number of records
   */
  decode(start: number, end: number, flags: number, maxMessageBytes: number, maxFragments: number): number;

  /**
   * XORs `length` bytes at `ptr` with the masking key, as it stands on the wire read little-endian (section 5.3).
   * @returns the key, rotated to go on with the same payload at `ptr + length`, as a signed number
   */
  mask(ptr: number, length: number, key: number): number;

  /**
   * Validates `length` bytes of UTF-8 at `ptr` (section 8.1, RFC 3629).
   * @param carry - what the call for the bytes before returned, 0 at the start
   * @returns the unfinished sequence at the end: 0 if there is none, -1 at a bad byte, whose address is then
   * in the state
   */
  validateUtf8(ptr: number, length: number, carry: number): number;

  /**
   * Decodes UTF-8 that was validated and ends with a whole character, for hosts that make strings of UTF-16 faster than of
   * UTF-8. Plain JavaScript leaves it to the host.
   * @param out - address with room for 2 bytes for each byte of input, and for PADDING that may be overwritten
   * @returns the number of UTF-16 units, little-endian, at `out`
   */
  utf8ToUtf16?(ptr: number, length: number, out: number): number;
}
