// What the parts of inflate tell each other.

/** The state: what comes next. */
export const MODE_BLOCK: u32 = 0;
export const MODE_STORED_LENGTH: u32 = 1;
export const MODE_STORED: u32 = 2;
export const MODE_COUNTS: u32 = 3;
export const MODE_PRECODE: u32 = 4;
export const MODE_LENGTHS: u32 = 5;
export const MODE_CODES: u32 = 6;
export const MODE_MATCH: u32 = 7;

/** Besides INFLATE_…: the header or the block came to its end. */
export const PART_ENDED: u32 = 4;
