// The parameters of permessage-deflate that both sides have agreed on: RFC 7692 section 7.1.

/** The exponents of the smallest and of the largest window. */
export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;

/** What both sides have agreed on. Windows are exponents, from 8 to 15. */
export interface DeflateParameters {
  /** Whether no message of the server refers to the ones before. */
  readonly serverNoContextTakeover: boolean;
  /** Whether no message of the client refers to the ones before. */
  readonly clientNoContextTakeover: boolean;
  /** How far back the server's messages refer at most: 2 to this power, in bytes. */
  readonly serverMaxWindowBits: number;
  /** How far back the client's messages refer at most. */
  readonly clientMaxWindowBits: number;
}
