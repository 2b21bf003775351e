// The options of one message.

/** Options of `send`. */
export interface SendOptions {
  /** Whether the message is bytes; otherwise it is text. Default: whether the data are neither string nor number. */
  readonly binary?: boolean | undefined;
  /** Whether the message may be compressed, if compression was agreed on. Default true. */
  readonly compress?: boolean | undefined;
  /** Whether the message ends with this part. Default true. */
  readonly fin?: boolean | undefined;
  /** Whether the frame is masked. Default: what the role demands. */
  readonly mask?: boolean | undefined;
}

/** The options of a message as bits. */
export const BINARY = 1;
export const COMPRESS = 2;
export const FINAL = 4;
export const MASKED = 8;

/**
 * Reads options. One that is given counts even if it is undefined, and then as false.
 * @param defaults - the bits of a message without options
 */
export function readSendOptions(options: SendOptions, defaults: number): number {
  const { binary, compress, fin, mask } = options;
  let bits = defaults;
  if (binary !== undefined || Object.hasOwn(options, "binary")) bits = withBit(bits, BINARY, binary);
  if (compress !== undefined || Object.hasOwn(options, "compress")) bits = withBit(bits, COMPRESS, compress);
  if (fin !== undefined || Object.hasOwn(options, "fin")) bits = withBit(bits, FINAL, fin);
  if (mask !== undefined || Object.hasOwn(options, "mask")) bits = withBit(bits, MASKED, mask);
  return bits;
}

function withBit(bits: number, bit: number, on: boolean | undefined): number {
  return on ? bits | bit : bits & ~bit;
}
