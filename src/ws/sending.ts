// The frames that an application sends: what each is made of, and which of them wait.
import { Buffer } from "node:buffer";
import type { Workspace } from "../memory/workspace.js";
import { BY_REFERENCE_BYTES, Encoder, type EncoderSink } from "../protocol/encoder.js";
import type { ResolvedEndpointOptions } from "../protocol/endpoint-options.js";
import type { MessageEncoder, MessagePath } from "../protocol/extensions/message-path.js";
import type { MaskingKeySource } from "../protocol/masking-key.js";
import { FIN, OPCODE_BITS, Opcode } from "../protocol/opcode.js";
import type { Outbox } from "../protocol/outbox.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import type { Output } from "./output.js";
import { lengthOf, type Payload } from "./payload.js";
import { BINARY, COMPRESS, FINAL, MASKED } from "./send-options.js";
import { type Callback, type Outgoing, type QueueOwner, SendQueue } from "./send-queue.js";

/** The owner of a {@link Sending}. */
export interface SendingOwner extends EncoderSink {
  readonly outbox: Outbox;
  readonly output: Output;
  readonly gone: boolean;
  /** The Close frame was sent. */
  closeFrameSent(): void;
  unreadable(error: Error): void;
}

/** How the fragments of the message that is being sent go out. */
const NO_MESSAGE = 0;
const PLAIN_MESSAGE = 1;
const EXTENDED_MESSAGE = 2;

/** Builds frames in the outbox. The application's bytes go out as they are: text is not checked again. */
export class Sending implements QueueOwner {
  readonly #owner: SendingOwner;
  readonly #encoder: Encoder;
  /** An extension in front of the encoder. */
  readonly #extended: ReturnType<MessagePath["encoder"]> | undefined;
  /** The source of masking keys, used for frames that are masked. */
  readonly #keys: MaskingKeySource;
  /** Bytes from which on a message is passed to it. */
  readonly #compressFrom: number;
  /** Made when a frame has to wait. */
  #queue: SendQueue | undefined;
  #message = NO_MESSAGE;

  /** @param compressFrom - bytes from which on messages are passed to the extension */
  constructor(
    owner: SendingOwner,
    workspace: Workspace,
    codec: ResolvedEndpointOptions,
    compressFrom: number,
  ) {
    this.#owner = owner;
    this.#compressFrom = compressFrom;
    this.#keys = codec.maskingKey;
    this.#encoder = new Encoder(workspace, codec, owner.outbox, owner);
    this.#extended = codec.extension?.encoder(workspace, codec.host, this.#encoder, (error) =>
      owner.onTrap(error),
    );
  }

  /** Bytes of payloads that wait for a Blob, or to be compressed. */
  get queuedBytes(): number {
    return this.#queue?.bytes ?? 0;
  }

  /** As {@link QueueOwner.gone}. */
  get gone(): boolean {
    return this.#owner.gone;
  }

  /** As {@link QueueOwner.unreadable}. */
  unreadable(error: Error): void {
    this.#owner.unreadable(error);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#extended?.stop();
  }

  /**
   * Sends a message, or a part of one: the first part decides about opcode and compression.
   * @param bits - its options
   * @returns whether the transport keeps up
   */
  message(payload: Payload, bits: number, callback: Callback | undefined): boolean {
    let first: number = (bits & BINARY) === 0 ? Opcode.TEXT : Opcode.BINARY;
    let extended = (bits & COMPRESS) !== 0 && this.#extended !== undefined && this.#reaches(payload);
    if (this.#message !== NO_MESSAGE) {
      first = Opcode.CONTINUATION;
      extended = this.#message === EXTENDED_MESSAGE;
    }
    if ((bits & FINAL) !== 0) {
      first |= FIN;
      this.#message = NO_MESSAGE;
    } else this.#message = extended ? EXTENDED_MESSAGE : PLAIN_MESSAGE;
    return this.#frame(first, payload, extended, (bits & MASKED) !== 0, callback);
  }

  /**
   * Whether a message is long enough to be compressed. A string has one to three bytes of UTF-8 for each UTF-16 unit:
   * they are counted only if that leaves it open.
   */
  #reaches(payload: Payload): boolean {
    const from = this.#compressFrom;
    if (typeof payload === "string" && payload.length >= from) return true;
    if (typeof payload === "string" && 3 * payload.length < from) return false;
    return lengthOf(payload) >= from;
  }

  /** Sends a control frame. */
  control(opcode: number, payload: Payload, masked: boolean, callback: Callback | undefined): boolean {
    return this.#frame(FIN | opcode, payload, false, masked, callback);
  }

  /** Sends bytes as they are. */
  raw(list: readonly (string | Uint8Array)[], callback: Callback | undefined): void {
    const { outbox, output } = this.#owner;
    output.begin();
    for (const each of list) {
      const bytes = typeof each === "string" ? Buffer.from(each) : each;
      if (bytes.length > 0) outbox.append(bytes);
    }
    output.end(callback);
  }

  #frame(
    first: number,
    payload: Payload,
    compress: boolean,
    masked: boolean,
    callback: Callback | undefined,
  ): boolean {
    if (this.#queue?.busy !== true) {
      if (payload instanceof PreparedMessage)
        return this.#prepared(payload, first, compress, masked, callback);
      if (!compress && (typeof payload === "string" || payload instanceof Uint8Array))
        return this.#put(first, payload, compress, masked, callback);
    }
    this.#queue ??= new SendQueue(this);
    this.#queue.add({ first, payload, compress, masked, callback });
    return !this.#owner.output.full;
  }

  /** As {@link QueueOwner.reading}. */
  get reading(): boolean {
    return this.#owner.output.reading;
  }

  /** As {@link QueueOwner.sendBatch}. */
  sendBatch(): void {
    const { output } = this.#owner;
    output.beginRead();
    output.endRead();
  }

  /** Sends what has waited for the end of a read, or of a turn. */
  release(): void {
    this.#queue?.release();
  }

  /** As {@link QueueOwner.put}. */
  put({ first, payload, compress, masked, callback }: Outgoing): void {
    try {
      if (payload instanceof PreparedMessage) this.#prepared(payload, first, compress, masked, callback);
      else if (typeof payload === "string" || payload instanceof Uint8Array)
        this.#put(first, payload, compress, masked, callback);
    } catch (error) {
      // There is no memory, and `send` has returned.
      this.#owner.onTrap(error);
    }
  }

  #put(
    first: number,
    payload: string | Uint8Array,
    compress: boolean,
    masked: boolean,
    callback: Callback | undefined,
  ): boolean {
    const { output } = this.#owner;
    const path = this.#path(compress, masked);
    output.begin();
    try {
      if (typeof payload === "string") path.text(first, payload);
      else path.bytes(first, payload);
    } catch (error) {
      output.end();
      throw error;
    }
    const keepsUp = output.end(callback);
    if ((first & OPCODE_BITS) === Opcode.CLOSE) this.#owner.closeFrameSent();
    return keepsUp;
  }

  /**
   * A message that was framed before keeps its frame, unless it is a part of another message, or so short that a copy
   * next to other frames takes less time than a chunk of its own.
   */
  #prepared(
    message: PreparedMessage,
    first: number,
    compress: boolean,
    masked: boolean,
    callback: Callback | undefined,
  ): boolean {
    const opcode = first & OPCODE_BITS;
    const whole = (first & FIN) !== 0 && opcode !== Opcode.CONTINUATION;
    const ownFirst = opcode === Opcode.CONTINUATION ? first : (first & FIN) | message.opcode;
    const compressed = compress && message.compress && this.#extended !== undefined;
    if (!whole || (!compressed && message.payload.length < BY_REFERENCE_BYTES))
      return this.#put(ownFirst, message.payload, compressed, masked, callback);
    const { output } = this.#owner;
    const path = this.#path(compressed, masked);
    output.begin();
    path.prepared(message);
    return output.end(callback);
  }

  #path(compress: boolean, masked: boolean): MessageEncoder {
    this.#encoder.maskingKey = masked ? this.#keys : undefined;
    return compress && this.#extended !== undefined ? this.#extended : this.#encoder;
  }
}
