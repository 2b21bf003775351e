// Passes outgoing messages to an extension, which may encode them before they are framed.
import type { Host } from "../../host/host.js";
import { KernelTrap } from "../../memory/linear-memory.js";
import type { Workspace } from "../../memory/workspace.js";
import { BY_REFERENCE_BYTES } from "../encoder.js";
import { FIN, OPCODE_BITS, Opcode, RSV1 } from "../opcode.js";
import { type FramedMessage, framed } from "../prepared-message.js";
import { assertUtf8 } from "../text.js";
import type { PayloadEncoder, PayloadExtension } from "./extension.js";
import type { CountingEncoder, FrameEncoder, PreparedEncoding, SentMessages } from "./message-path.js";

/** Each message is encoded once for all connections with the same extension; undefined if it goes out as it is. */
const prepared = new WeakMap<FramedMessage, Map<PayloadExtension, PreparedEncoding | undefined>>();

/**
 * Stands in front of a {@link FrameEncoder} for messages. Control frames go to that directly: no extension transforms
 * them.
 */
export class ExtensionEncoder implements CountingEncoder {
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #extension: PayloadExtension;
  readonly #frames: FrameEncoder;
  readonly #onTrap: (error: unknown) => void;
  /** As {@link CountingEncoder.count}. */
  readonly count = { payloadBytes: 0, wireBytes: 0 };
  #encoder: PayloadEncoder | undefined;
  /** Encodes the fragments of the message that is being sent, if they are to be encoded. */
  #current: PayloadEncoder | undefined;
  /** The unfinished character at the end of the last fragment of UTF-8. */
  #carry = 0;

  constructor(
    workspace: Workspace,
    host: Host,
    extension: PayloadExtension,
    frames: FrameEncoder,
    onTrap: (error: unknown) => void,
  ) {
    this.#workspace = workspace;
    this.#host = host;
    this.#extension = extension;
    this.#frames = frames;
    this.#onTrap = onTrap;
  }

  /** As {@link CountingEncoder.stop}. */
  stop(): void {
    this.#encoder?.stop();
    this.#encoder = undefined;
    this.#current = undefined;
  }

  /** As {@link FrameEncoder.text}. */
  text(first: number, text: string): void {
    const encoder = this.#encoderFor(first, text.length);
    if (encoder === undefined) {
      this.#frames.text(first, text);
      return;
    }
    const utf8 = this.#receivedBytes(text) ?? this.#host.textBytes(text);
    if (!this.#encode(encoder, first, utf8)) this.#frames.text(first, text);
  }

  /** The UTF-8 of a received text that is sent on. */
  #receivedBytes(text: string): Uint8Array | undefined {
    const { linear, readWindow } = this.#workspace;
    const { gathered, textPtr, textLength } = readWindow;
    if (!readWindow.holdsText(text)) return undefined;
    return gathered ?? linear.memory.subarray(textPtr, textPtr + textLength);
  }

  /** As {@link FrameEncoder.utf8}. */
  utf8(first: number, payload: Uint8Array): void {
    const encoder = this.#encoderFor(first, payload.length);
    if (encoder === undefined) {
      this.#frames.utf8(first, payload);
      return;
    }
    // The copy is checked, since another thread may write to the caller's memory meanwhile.
    const stable = this.#host.copy(payload, 0, payload.length);
    try {
      this.#carry = assertUtf8(this.#workspace.linear, stable, this.#carry, (first & FIN) !== 0);
    } catch (error) {
      if (!(error instanceof KernelTrap)) throw error;
      this.#onTrap(error.cause);
      return;
    }
    if (!this.#encode(encoder, first, stable)) this.#frames.bytes(first, stable);
  }

  /** As {@link FrameEncoder.bytes}. */
  bytes(first: number, payload: Uint8Array): void {
    const encoder = this.#encoderFor(first, payload.length);
    // Shared memory may change while it is read, more than once perhaps.
    const stable =
      encoder !== undefined && isShared(payload) ? this.#host.copy(payload, 0, payload.length) : payload;
    if (encoder === undefined || !this.#encode(encoder, first, stable)) this.#frames.bytes(first, stable);
  }

  /** As {@link FrameEncoder.prepared}. */
  prepared(message: FramedMessage): void {
    let encoder: PayloadEncoder;
    let encoding: PreparedEncoding | undefined;
    try {
      encoder = this.#made();
      encoding = this.#preparedEncoding(message);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (encoding === undefined) this.#frames.prepared(message);
    else {
      this.#frames.preparedFrame(FIN | RSV1 | message.opcode, encoding.payload, encoding.serverFrame);
      this.#counted(message.payload.length, encoding.payload.length);
      encoder.sentPrepared(message.payload, 1);
    }
  }

  /** As {@link CountingEncoder.encoding}. */
  encoding(message: FramedMessage): PreparedEncoding | undefined {
    try {
      return this.#preparedEncoding(message);
    } catch {
      // This connection may send nothing at all now, so it does not fail. Every message may go out as it is.
      return undefined;
    }
  }

  /** As {@link CountingEncoder.sent}. */
  sent({ payloads, messages, payloadBytes, wireBytes }: SentMessages): void {
    this.#counted(payloadBytes, wireBytes);
    try {
      this.#made().sentPrepared(payloads, messages);
    } catch (error) {
      this.#failed(error);
    }
  }

  #counted(payloadBytes: number, wireBytes: number): void {
    this.count.payloadBytes += payloadBytes;
    this.count.wireBytes += wireBytes;
  }

  /** The extension threw: a bug, which costs this connection and not the caller. */
  #failed(error: unknown): void {
    this.#onTrap(error instanceof KernelTrap ? error.cause : error);
  }

  #preparedEncoding(message: FramedMessage): PreparedEncoding | undefined {
    const known = prepared.get(message) ?? new Map<PayloadExtension, PreparedEncoding | undefined>();
    if (known.has(this.#extension)) return known.get(this.#extension);
    prepared.set(message, known);
    const encoded = this.#extension.prepare(message.payload, this.#workspace.linear);
    const encoding =
      encoded === undefined
        ? undefined
        : { payload: encoded, serverFrame: framed(FIN | RSV1 | message.opcode, encoded, encoded.length) };
    known.set(this.#extension, encoding);
    return encoding;
  }

  #made(): PayloadEncoder {
    this.#encoder ??= this.#extension.encoder(this.#workspace.linear);
    return this.#encoder;
  }

  /** The encoder for a frame; undefined if the message goes out as it is. */
  #encoderFor(first: number, length: number): PayloadEncoder | undefined {
    if ((first & OPCODE_BITS) !== Opcode.CONTINUATION) {
      const encoder = this.#made();
      this.#current = encoder.wants(length, (first & FIN) !== 0) ? encoder : undefined;
      this.#carry = 0;
    }
    return this.#current;
  }

  /**
   * Encodes and frames a part. An encoded part must be sent, because later parts may refer to it. If it can't be, the
   * connection fails.
   * @returns false if the part is a message that is to be sent as it is
   */
  #encode(encoder: PayloadEncoder, first: number, payload: Uint8Array): boolean {
    const begins = (first & OPCODE_BITS) !== Opcode.CONTINUATION;
    try {
      const encoded = encoder.encode(payload, (first & FIN) !== 0);
      if (encoded === undefined) return false;
      const { length } = encoded;
      // A long payload is not copied where it is framed, and this one's memory is used again.
      const owned = length < BY_REFERENCE_BYTES ? encoded : this.#host.copy(encoded, 0, length);
      this.#frames.bytes(begins ? first | RSV1 : first, owned);
      this.#counted(payload.length, length);
    } catch (error) {
      this.#failed(error);
    }
    return true;
  }
}

function isShared(payload: Uint8Array): boolean {
  return !(payload.buffer instanceof ArrayBuffer);
}
