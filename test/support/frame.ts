// Frames after RFC 6455 section 5.2, written without a look at src: broken ones too.

export interface FrameOptions {
  readonly fin?: boolean;
  /** RSV1-3 as a number, RSV1 being 4. */
  readonly rsv?: number;
  readonly opcode: number;
  /** The masking key's four bytes, or none for an unmasked frame. */
  readonly mask?: readonly number[] | undefined;
  readonly payload?: Uint8Array | string;
  /** How many bits the payload length takes on the wire; by default the fewest. */
  readonly lengthForm?: 7 | 16 | 64;
  /** What the header says, if it is not the truth. */
  readonly length?: number | bigint;
}

export const KEY: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

export function frame(options: FrameOptions): Uint8Array {
  const { fin = true, rsv = 0, opcode, mask } = options;
  const payload = bytesOf(options.payload ?? "");
  const length = BigInt(options.length ?? payload.length);
  const form = options.lengthForm ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const header = [
    (fin ? 0x80 : 0) | (rsv << 4) | opcode,
    lengthByte(form, length) | (mask === undefined ? 0 : 0x80),
  ];
  for (let bits = form === 7 ? 0 : form; bits > 0; bits -= 8) {
    header.push(Number((length >> BigInt(bits - 8)) & 0xffn));
  }
  if (mask !== undefined) header.push(...mask);
  const whole = new Uint8Array(header.length + payload.length);
  whole.set(header);
  for (let i = 0; i < payload.length; i++) {
    whole[header.length + i] = (payload[i] ?? 0) ^ (mask?.[i % 4] ?? 0);
  }
  return whole;
}

function lengthByte(form: 7 | 16 | 64, length: bigint): number {
  if (form === 7) return Number(length);
  return form === 16 ? 126 : 127;
}

function bytesOf(payload: Uint8Array | string): Uint8Array {
  return typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
}

/** A frame read back: for looking at what the code under test sent. */
export interface ParsedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly mask: readonly number[] | undefined;
  readonly payload: Uint8Array;
}

/** Reads frames that are whole and well-formed. @throws Error if they are not */
export function parseFrames(bytes: Uint8Array): ParsedFrame[] {
  const frames: ParsedFrame[] = [];
  let at = 0;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new Error("a frame is cut");
    return value;
  };
  while (at < bytes.length) {
    const first = byte();
    const second = byte();
    let length = second & 0x7f;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    if (extended > 0) length = 0;
    for (let i = 0; i < extended; i++) length = length * 256 + byte();
    if (extended === 2 && length < 126) throw new Error("a 16-bit length that is not the shortest form");
    if (extended === 8 && length < 65_536) throw new Error("a 64-bit length that is not the shortest form");
    const mask = second >= 0x80 ? [byte(), byte(), byte(), byte()] : undefined;
    if (at + length > bytes.length) throw new Error("a payload is cut");
    const payload = bytes.slice(at, at + length).map((each, i) => each ^ (mask?.[i % 4] ?? 0));
    at += length;
    frames.push({ fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, mask, payload });
  }
  return frames;
}
