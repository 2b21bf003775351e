// A message that is framed once for any number of connections.
import { portableHost } from "../host/host.js";
import { sharedWorkspace } from "../memory/workspace.js";
import { type Bytes, messageOf } from "./arguments.js";
import { headerLength, writeHeader } from "./frame-header.js";
import { FIN, Opcode } from "./opcode.js";
import { readSendOptions, type SendOptions } from "./send-options.js";
import { assertUtf8 } from "./text.js";

/** A message in memory of its own. */
export interface FramedMessage {
  /** Whether it is text or bytes. */
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  readonly payload: Uint8Array;
  /** Header and payload in one frame, as a server sends them. */
  readonly serverFrame: Uint8Array;
  /** Whether an extension may encode it. */
  readonly compress: boolean;
}

/** Marks a prepared message of any copy of this package. The number is the version of its shape. */
const BRAND: unique symbol = Symbol.for("wsimd.PreparedMessage.1");

/**
 * A message framed once, to be sent on any number of connections. Servers share its bytes. A program may load two
 * copies of this package: each takes the prepared messages of the other.
 * @example
 * ```js
 * import { Connection, PreparedMessage } from "wsimd";
 *
 * const news = new PreparedMessage("the same for all");
 * for (const connection of [new Connection({ role: "server" }), new Connection({ role: "server" })]) {
 *   connection.sendPrepared(news);
 * }
 * ```
 */
export class PreparedMessage {
  /** Whether a value is a prepared message. */
  static [Symbol.hasInstance](value: unknown): value is PreparedMessage {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }

  /** Whether it is text or bytes. */
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  /** The payload, copied from the caller's. */
  readonly payload: Uint8Array;
  /** Header and payload, as a server sends them without compression. */
  readonly serverFrame: Uint8Array;
  /** Whether it may be compressed: once for all connections that have agreed on the same. */
  readonly compress: boolean;

  /**
   * @param options - the type of bytes, if they are text: `{ type: "text" }`; and whether it may be compressed
   * @throws TypeError if the message is neither a string nor bytes, not of that type, or text that is not UTF-8
   * @throws RangeError if the environment variable `WSIMD_KERNEL` names no kernel
   */
  constructor(message: string | Bytes, options?: SendOptions) {
    const { type, compress } = readSendOptions(options);
    const known = messageOf(message, type);
    const string = typeof known === "string";
    const opcode = string || type === "text" ? Opcode.TEXT : Opcode.BINARY;
    const copy = framedMessage(opcode, string ? portableHost.textBytes(known) : known, compress);
    this.opcode = opcode;
    this.payload = copy.payload;
    this.serverFrame = copy.serverFrame;
    this.compress = compress;
    // The copy is checked, since another thread may still write to the original.
    if (!string && type === "text") assertUtf8(sharedWorkspace().linear, this.payload);
  }
}

/** Copies and frames a message. */
export function framedMessage(
  opcode: FramedMessage["opcode"],
  payload: Uint8Array,
  compress: boolean,
): FramedMessage {
  // The length is read once, since another thread may grow shared memory.
  const { length } = payload;
  const serverFrame = framed(FIN | opcode, payload, length);
  return { opcode, payload: serverFrame.subarray(headerLength(length)), serverFrame, compress };
}

/** A frame that is not masked, header and payload, in memory of its own. */
export function framed(first: number, payload: Uint8Array, length: number): Uint8Array {
  const start = headerLength(length);
  const frame = new Uint8Array(start + length);
  writeHeader(frame, 0, first, length, undefined);
  frame.set(payload.subarray(0, length), start);
  return frame;
}
