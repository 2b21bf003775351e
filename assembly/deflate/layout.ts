// The numbers that the deflate kernel shares with the TypeScript above it: its part of linear memory, the state of
// inflate, flags and results. The codec's part is in ../layout.ts. The file holds plain numbers only; the build copies
// it to src/kernel/generated/deflate-layout.ts without their types. All addresses and sizes are in bytes.

/** Where this kernel's pages begin: behind the last byte that the codec uses. Its static data comes first. */
export const DEFLATE_PTR: usize = 0x1f0000;
/** Static data ends below this address; the build checks it. */
export const DEFLATE_STATIC_END: usize = 0x1f0100;

// ---- Inflate: the state of the message that is being read -----------------------------------------------------------

/**
 * What a message that stops between two calls must keep, with its window: INFLATE_STATE_LENGTH bytes. The decoding
 * tables are not part of it; `restoreInflate` makes them again.
 */
export const INFLATE_STATE: usize = 0x1f0100;
export const INFLATE_STATE_LENGTH: usize = 448;
/** u64: bits that were read and not used, the next one lowest. */
export const IN_BITS: usize = 0;
/** u32: how many they are, 0 to 63. */
export const IN_COUNT: usize = 8;
/** u32: what comes next, MODE_… of inflate.ts. */
export const IN_MODE: usize = 12;
/** u32: bytes of a match or of a stored block that are still to come. */
export const IN_LENGTH: usize = 16;
/** u32: the distance of the match. */
export const IN_DISTANCE: usize = 20;
/** u32: code lengths that were read so far. */
export const IN_INDEX: usize = 24;
/** u32: the numbers of code lengths: HLIT + 257, HDIST + 1, HCLEN + 4. */
export const IN_LITERALS: usize = 28;
export const IN_DISTANCES: usize = 32;
export const IN_PRECODES: usize = 36;
/** u32: whether the block's codes are the fixed ones. */
export const IN_FIXED: usize = 40;
/** u32: whether the block has BFINAL. */
export const IN_FINAL: usize = 44;
/** u32: how many bits index each table of the block. */
export const IN_LITERAL_BITS: usize = 48;
export const IN_DISTANCE_BITS: usize = 52;
export const IN_PRECODE_BITS: usize = 56;
/** u8[19]: the lengths of the precode. */
export const IN_PRECODE_LENGTHS: usize = 64;
/** u8[320]: the lengths of both other codes, and room for vectors. */
export const IN_LENGTHS: usize = 96;

/** u32, set by each call of `inflate`: the address behind the last byte consumed. */
export const INFLATE_CONSUMED: usize = 0x1f02c0;
/** u32, set by each call of `inflate`: the address behind the last byte written. */
export const INFLATE_PRODUCED: usize = 0x1f02c4;

// ---- Inflate: tables ------------------------------------------------------------------------------------------------

/** The four bytes that a sender takes off the end of a message, and zeros. */
export const TAIL: usize = 0x1f0300;
/** While a table is built: u32[16] counts and u32[16] offsets by length, u16[320] symbols, u16[320] the same sorted. */
export const LENGTH_COUNTS: usize = 0x1f0340;
export const USED_SYMBOLS: usize = 0x1f0400;
export const SORTED_SYMBOLS: usize = 0x1f0700;
/** u32[128] */
export const PRECODE_TABLE: usize = 0x1f0a00;
/** u32[512] */
export const FIXED_LITERAL_TABLE: usize = 0x1f0c00;
/** u32[32] for each window from 8 to 15 bits: distances beyond a window are invalid. */
export const FIXED_DISTANCE_TABLES: usize = 0x1f1400;
/** As above: entries of distances without their code. */
export const DISTANCE_TEMPLATES: usize = 0x1f1800;
/** The bytes of one of these tables. */
export const DISTANCE_STRIDE: usize = 128;
/** u32[288] */
export const LITERAL_TEMPLATES: usize = 0x1f1c00;
/** v128[16]: byte i is i modulo the index of the vector. u8[16]: the bytes of whole periods. */
export const PATTERNS: usize = 0x1f2100;
/** u32, at most 1332 of them: those that a code of 286 symbols, 15 bits and an index of 10 bits can need. */
export const LITERAL_TABLE: usize = 0x1f2400;
/** u32, at most 402 of them: 30 symbols, 15 bits, an index of 8. */
export const DISTANCE_TABLE: usize = 0x1f3c00;
export const INFLATE_TABLES_END: usize = 0x1f4400;

// ---- Deflate: tables ------------------------------------------------------------------------------------------------

/** u32[259]: the symbol of a length less 257 | extra bits << 8 | the symbol's first length << 16. */
export const LENGTH_SYMBOLS: usize = 0x1f4400;
/** u32[288] and u32[32]: code, its first bit lowest | length << 16. */
export const FIXED_LITERAL_CODES: usize = 0x1f4840;
export const FIXED_DISTANCE_CODES: usize = 0x1f4cc0;
export const LITERAL_CODES: usize = 0x1f4d40;
export const DISTANCE_CODES: usize = 0x1f51c0;
/** u32[288], and directly behind it u32[32]: how often symbols occur in the block. */
export const LITERAL_COUNTS: usize = 0x1f5240;
export const DISTANCE_COUNTS: usize = 0x1f56c0;
/** u32[32] */
export const PRECODE_COUNTS: usize = 0x1f5740;
export const PRECODE_CODES: usize = 0x1f57c0;
/** u8[320], and room for vectors: the lengths of the block's codes. */
export const CODE_LENGTHS: usize = 0x1f5840;
/** u8[32] */
export const PRECODE_LENGTHS: usize = 0x1f59c0;
/** u16[320]: the lengths as runs. */
export const LENGTH_RUNS: usize = 0x1f5a00;
/** Three times u32[320]: symbols on their way to a code. */
export const CODE_NODES: usize = 0x1f5d00;
/** u32[64] and u32[16]: numbers of symbols by frequency and by length. */
export const CODE_BUCKETS: usize = 0x1f6c00;
export const CODE_DEPTHS: usize = 0x1f6f00;
/** u32[32] each: extra bits << 16 of length symbols from 256 on, and of distance symbols. */
export const LENGTH_EXTRAS: usize = 0x1f7000;
export const DISTANCE_EXTRAS: usize = 0x1f7080;

/** u16[2]: the length of a stored block, and its complement. */
export const STORED_LENGTHS: usize = 0x1f7100;

/** Buckets of u32, which is two places in the stream: 2^hashBits of them, at most 2^13. */
export const PLACES: usize = 0x1f8000;
export const MAX_HASH_BITS: u32 = 13;
/** u64 for each match of the block: the literals before it | length << 32 | distance << 48. */
export const MATCHES: usize = 0x200000;

// ---- Windows --------------------------------------------------------------------------------------------------------

/** Bytes behind the end of an area that may be read, and of `inflate`'s output that may be overwritten. */
export const DEFLATE_PADDING: usize = 64;
/** What inflate writes, one message behind the other, with the window of the message before it. */
export const INFLATE_AREA: usize = 0x220000;
export const INFLATE_AREA_END: usize = 0x248000;
/** What deflate reads, in the same way. */
export const DEFLATE_AREA: usize = 0x248400;
export const DEFLATE_AREA_END: usize = 0x270400;
/** What deflate writes. */
export const DEFLATE_OUT: usize = 0x270800;
export const DEFLATE_OUT_END: usize = 0x280c00;

// ---- Calling the functions ------------------------------------------------------------------------------------------

/** The most bytes that one call of `deflate` takes. They are one block, which can be stored. */
export const DEFLATE_MOST_BYTES: usize = 65000;
/** Behind the output of `deflate` stand as many bytes, 00 00 FF FF, which a fragment before the last ends with. */
export const TAIL_LENGTH: usize = 4;

/** flags of `deflate`: the table of places is that of the bytes before. */
export const DEFLATE_CONTINUE: u32 = 1;
/** flags of `deflate`: fixed codes, and the first match that is found. */
export const DEFLATE_FAST: u32 = 2;

/** result of `inflate`: all input was consumed. */
export const INFLATE_NEEDS_INPUT: u32 = 0;
/** result of `inflate`: there is more output than room. */
export const INFLATE_OUTPUT_FULL: u32 = 1;
/** result of `inflate`: the input is not valid. */
export const INFLATE_BAD_DATA: u32 = 2;
/** result of `inflate`: the message has ended where it may end. */
export const INFLATE_DONE: u32 = 3;
