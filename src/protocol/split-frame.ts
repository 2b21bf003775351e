// Splits frames that are longer than `maxFrameBytes` (section 5.4).
import { headerLength, writeHeader } from "./frame-header.js";
import { FIN, Opcode } from "./opcode.js";

/** One of the frames that a longer one is split into. */
interface Split {
  /** FIN, reserved bits and opcode. */
  readonly first: number;
  readonly payload: Uint8Array;
}

/** Frames of servers that were split, by the frame as it was. */
const splitFrames = new WeakMap<Uint8Array, Map<number, Uint8Array>>();

/**
 * The frames of at most `most` payload bytes that a longer one is split into. The first has the opcode and the reserved
 * bits, and the last has FIN if the frame had it.
 */
export function* splits(first: number, payload: Uint8Array, most: number): Generator<Split, void> {
  const { length } = payload;
  for (let at = 0; at < length; at += most) {
    const begins = at === 0 ? first & ~FIN : Opcode.CONTINUATION;
    const ends = at + most >= length ? first & FIN : 0;
    yield { first: begins | ends, payload: payload.subarray(at, at + most) };
  }
}

/** The frames that a server's frame is split into, in one piece. They are made once for each limit, and kept. */
export function splitFrame(
  first: number,
  payload: Uint8Array,
  serverFrame: Uint8Array,
  most: number,
): Uint8Array {
  const known = splitFrames.get(serverFrame) ?? new Map<number, Uint8Array>();
  splitFrames.set(serverFrame, known);
  const frames = known.get(most) ?? joined(first, payload, most);
  known.set(most, frames);
  return frames;
}

function joined(first: number, payload: Uint8Array, most: number): Uint8Array {
  const parts = [...splits(first, payload, most)];
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + headerLength(part.payload.length) + part.payload.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    const { length } = part.payload;
    writeHeader(bytes, at, part.first, length, undefined);
    bytes.set(part.payload, at + headerLength(length));
    at += headerLength(length) + length;
  }
  return bytes;
}
