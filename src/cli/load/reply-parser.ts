// Counts and checks the replies that a raw link reads.
import { constants, inflateRawSync } from "node:zlib";
import {
  FIN,
  LENGTH_16,
  MASK,
  MAX_CONTROL_PAYLOAD_BYTES,
  MAX_LENGTH_7,
  OPCODE_BITS,
  Opcode,
  RSV_BITS,
  RSV1,
} from "../../protocol/opcode.js";

/** A reply that is not the echo of the message. */
export class ReplyError extends Error {}

/** The expected replies: these payloads in turn, again and again. */
export interface ExpectedReplies {
  readonly opcode: number;
  readonly payloads: readonly Uint8Array[];
  /** Whether replies may be compressed, each by itself. */
  readonly compressed: boolean;
}

const LONGEST_HEADER = 10;
/** The end of a compressed message, which is not sent: RFC 7692 section 7.2.1. */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
/** No more than a control frame's payload. */
const NOTHING = new Uint8Array(0);

/**
 * Counts the messages in a server's stream by the headers of their frames and skips the payloads, so that counting is
 * cheap. The length of each message is compared with that of the message sent, unless it is compressed; with `check`,
 * its type and payload are as well. Chunks may be cut anywhere.
 */
export class ReplyParser {
  readonly #expected: ExpectedReplies;
  /** Which of the expected payloads is due. */
  #due: number;
  readonly #check: boolean;
  readonly #onControl: (opcode: number, payload: Uint8Array) => void;
  /** A header that was cut by the end of a chunk. */
  readonly #header = new Uint8Array(LONGEST_HEADER);
  #headerLength = 0;
  /** Bytes of the current frame's payload that have not come yet. */
  #remaining = 0;
  #inFrame = false;
  #opcode = 0;
  #final = false;
  /** Bytes of the current message that came. */
  #messageBytes = 0;
  #inMessage = false;
  #isCompressed = false;
  /** What came of a compressed message that is to be checked. */
  #pieces: Uint8Array[] = [];
  #control = NOTHING;
  #controlLength = 0;

  /**
   * @param due - which of the expected replies comes first
   * @param onControl - gets Ping, Pong and Close frames; the payload is owned by the caller
   */
  constructor(
    expected: ExpectedReplies,
    due: number,
    check: boolean,
    onControl: (opcode: number, payload: Uint8Array) => void,
  ) {
    this.#expected = expected;
    this.#due = due;
    this.#check = check;
    this.#onControl = onControl;
  }

  /**
   * Reads on.
   * @param length - the number of valid bytes in `chunk`
   * @returns the number of messages that ended
   * @throws ReplyError if one is not the expected reply
   */
  push(chunk: Uint8Array, length: number): number {
    let count = 0;
    let at = 0;
    while (at < length) {
      if (!this.#inFrame) {
        if (this.#headerLength === 0) {
          const whole = this.#readHeader(chunk, at, length);
          if (whole > 0) at += whole;
          else {
            this.#header.set(chunk.subarray(at, length));
            this.#headerLength = length - at;
            return count;
          }
        } else {
          this.#header[this.#headerLength++] = chunk[at++] ?? 0;
          if (this.#readHeader(this.#header, 0, this.#headerLength) === 0) continue;
          this.#headerLength = 0;
        }
      }
      const take = Math.min(this.#remaining, length - at);
      if (this.#opcode >= Opcode.CLOSE) {
        this.#control.set(chunk.subarray(at, at + take), this.#controlLength);
        this.#controlLength += take;
      } else {
        if (this.#check) this.#checkPiece(chunk.subarray(at, at + take));
        this.#messageBytes += take;
      }
      at += take;
      this.#remaining -= take;
      if (this.#remaining === 0) {
        this.#inFrame = false;
        if (this.#endFrame()) count++;
      }
    }
    return count;
  }

  /** @returns the length of the header that begins there; 0 if it goes on behind the end */
  #readHeader(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < 2) return 0;
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    let size = 2;
    let payloadLength = second;
    if (second > MAX_LENGTH_7) {
      if (second >= MASK) throw new ReplyError("the server sent a masked frame");
      size = second === LENGTH_16 ? 4 : LONGEST_HEADER;
      if (end - at < size) return 0;
      payloadLength = 0;
      for (let i = at + 2; i < at + size; i++) payloadLength = payloadLength * 256 + (bytes[i] ?? 0);
    }
    const opcode = first & OPCODE_BITS;
    const isFirst = opcode === Opcode.TEXT || opcode === Opcode.BINARY;
    const allowed = this.#expected.compressed && isFirst ? RSV1 : 0;
    if ((first & RSV_BITS & ~allowed) !== 0)
      throw new ReplyError("the server sent a frame with a reserved bit set");
    if (opcode >= Opcode.CLOSE) {
      if (opcode > Opcode.PONG || payloadLength > MAX_CONTROL_PAYLOAD_BYTES)
        throw new ReplyError("the server sent an invalid control frame");
      this.#control = new Uint8Array(payloadLength);
      this.#controlLength = 0;
    } else {
      if (opcode > Opcode.BINARY || (opcode === Opcode.CONTINUATION) !== this.#inMessage) {
        throw new ReplyError(`the server sent a frame with opcode ${opcode} where none may be`);
      }
      if (this.#check && opcode !== Opcode.CONTINUATION && opcode !== this.#expected.opcode) {
        throw new ReplyError(
          `the reply is ${opcode === Opcode.TEXT ? "text" : "binary"}, unlike the message`,
        );
      }
      if (isFirst) this.#isCompressed = (first & RSV1) !== 0;
      this.#inMessage = true;
      this.#final = first >= FIN;
      if (!this.#isCompressed) this.#checkLength(this.#messageBytes + payloadLength);
    }
    this.#opcode = opcode;
    this.#remaining = payloadLength;
    this.#inFrame = true;
    return size;
  }

  /** @returns whether a message ended with the frame */
  #endFrame(): boolean {
    if (this.#opcode >= Opcode.CLOSE) {
      this.#onControl(this.#opcode, this.#control);
      return false;
    }
    if (!this.#final) return false;
    if (this.#check && this.#isCompressed) this.#checkInflated();
    this.#inMessage = false;
    this.#messageBytes = 0;
    if (++this.#due === this.#expected.payloads.length) this.#due = 0;
    return true;
  }

  get #payload(): Uint8Array {
    return this.#expected.payloads[this.#due] ?? NOTHING;
  }

  /** @param length - of the message until the end of the frame */
  #checkLength(length: number): void {
    const expected = this.#payload.length;
    if (length > expected || (this.#final && length < expected)) {
      throw new ReplyError(`a message of ${length} bytes came instead of an echo of ${expected}`);
    }
  }

  #checkPiece(piece: Uint8Array): void {
    // The chunk's memory is read into again.
    if (this.#isCompressed) this.#pieces.push(Uint8Array.from(piece));
    else this.#compare(piece, this.#messageBytes);
  }

  #checkInflated(): void {
    const data = Buffer.concat([...this.#pieces, TAIL]);
    this.#pieces = [];
    let message: Uint8Array;
    try {
      message = inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      throw new ReplyError("a reply can't be inflated by itself");
    }
    this.#checkLength(message.length);
    this.#compare(message, 0);
  }

  /** @param start - where the piece belongs in the expected payload */
  #compare(piece: Uint8Array, start: number): void {
    const payload = this.#payload;
    if (Buffer.compare(piece, payload.subarray(start, start + piece.length)) === 0) return;
    let offset = 0;
    while (piece[offset] === payload[start + offset]) offset++;
    throw new ReplyError(`a reply differs from its message at byte ${start + offset}`);
  }
}
