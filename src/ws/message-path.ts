// Compression in connections: which messages are compressed, and with what.
import { Buffer } from "node:buffer";
import { deflateUnavailable, permessageDeflate } from "../protocol/deflate/index.js";
import { type DeflateParameters, MAX_WINDOW_BITS } from "../protocol/deflate/parameters.js";
import type { FrameEncoder, MessageEncoder, MessagePath } from "../protocol/extensions/message-path.js";
import { payloadPath } from "../protocol/extensions/payload-path.js";
import { OPCODE_BITS, Opcode } from "../protocol/opcode.js";
import type { FramedMessage } from "../protocol/prepared-message.js";
import type { PerMessageDeflateOptions, PerMessageDeflateParameters } from "./deflate-parameters.js";

/**
 * Bytes that the windows of all connections of the thread take. Those of received messages are kept in any case, since
 * the peer refers to them: up to 32 KiB for each connection. The rest is for those of sent messages, up to 64 KiB each.
 */
const MEMORY_BUDGET = 64 << 20;

/**
 * Whether the messages of connections can be compressed with these options. With the JavaScript kernel they can't, nor
 * with a dictionary of zlib's. Then the extension is neither offered nor accepted.
 */
export function compresses({ zlibDeflateOptions, zlibInflateOptions }: PerMessageDeflateOptions): boolean {
  const dictionary = zlibDeflateOptions?.dictionary ?? zlibInflateOptions?.dictionary;
  return dictionary === undefined && deflateUnavailable() === undefined;
}

/** The path of a connection's messages. Connections with the same arguments share it. */
export function deflatePath(
  role: "server" | "client",
  agreed: PerMessageDeflateParameters,
  threshold: number,
): MessagePath {
  const parameters: DeflateParameters = {
    serverNoContextTakeover: agreed.server_no_context_takeover === true,
    clientNoContextTakeover: agreed.client_no_context_takeover === true,
    serverMaxWindowBits: bitsOf(agreed.server_max_window_bits),
    clientMaxWindowBits: bitsOf(agreed.client_max_window_bits),
  };
  const settings = {
    threshold: 0,
    effort: "default",
    memoryBudget: MEMORY_BUDGET,
    shorterOnly: false,
  } as const;
  const path = payloadPath(permessageDeflate(role, parameters, settings));
  const forgets = role === "server" ? parameters.serverNoContextTakeover : parameters.clientNoContextTakeover;
  return forgets && threshold > 0 ? withThreshold(path, threshold) : path;
}

function bitsOf(bits: number | true | undefined): number {
  return typeof bits === "number" ? bits : MAX_WINDOW_BITS;
}

const limited = new WeakMap<MessagePath, Map<number, MessagePath>>();

/** The path on which shorter messages go out as they are. */
function withThreshold(path: MessagePath, threshold: number): MessagePath {
  const known = limited.get(path) ?? new Map<number, MessagePath>();
  limited.set(path, known);
  const made: MessagePath = known.get(threshold) ?? {
    maxEncodedBytes: (messageBytes) => path.maxEncodedBytes(messageBytes),
    reader: (workspace, maxMessageBytes, messages) => path.reader(workspace, maxMessageBytes, messages),
    encoder: (workspace, host, frames, onTrap) =>
      new ThresholdEncoder(path.encoder(workspace, host, frames, onTrap), frames, threshold),
  };
  known.set(threshold, made);
  return made;
}

type StoppableEncoder = MessageEncoder & { stop(): void };

/** Stands in front of compression. It counts the bytes of a message, or of the first fragment of one. */
class ThresholdEncoder implements StoppableEncoder {
  readonly #compressed: StoppableEncoder;
  readonly #frames: FrameEncoder;
  readonly #threshold: number;
  /** Where the fragments of the message go that is being sent. */
  #path: MessageEncoder;

  constructor(compressed: StoppableEncoder, frames: FrameEncoder, threshold: number) {
    this.#compressed = compressed;
    this.#frames = frames;
    this.#threshold = threshold;
    this.#path = frames;
  }

  text(first: number, text: string): void {
    if (begins(first)) this.#choose(this.#reaches(text));
    this.#path.text(first, text);
  }

  utf8(first: number, payload: Uint8Array): void {
    if (begins(first)) this.#choose(payload.length >= this.#threshold);
    this.#path.utf8(first, payload);
  }

  bytes(first: number, payload: Uint8Array): void {
    if (begins(first)) this.#choose(payload.length >= this.#threshold);
    this.#path.bytes(first, payload);
  }

  prepared(message: FramedMessage): void {
    this.#choose(message.payload.length >= this.#threshold);
    this.#path.prepared(message);
  }

  stop(): void {
    this.#compressed.stop();
  }

  #choose(compress: boolean): void {
    this.#path = compress ? this.#compressed : this.#frames;
  }

  /** The UTF-8 of a text has one to three bytes for each UTF-16 unit. It is counted only if that leaves it open. */
  #reaches(text: string): boolean {
    const { length } = text;
    if (length >= this.#threshold) return true;
    return 3 * length >= this.#threshold && Buffer.byteLength(text) >= this.#threshold;
  }
}

function begins(first: number): boolean {
  return (first & OPCODE_BITS) !== Opcode.CONTINUATION;
}
