import * as layout from "../kernel/generated/layout.js";
import { KernelTrap, type Workspace } from "../kernel/workspace.js";
import { type FailureCode, violationCode } from "./errors.js";
import type { EndpointSink } from "./events.js";
import type { Host } from "./host.js";
import type { Limits } from "./limits.js";
import { MessageBuffer } from "./message-buffer.js";
import { MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";

/** Where a {@link Decoder} pushes the messages that it finds. */
export type MessageSink = Pick<EndpointSink, "onText" | "onBinary" | "onPiece" | "onPong">;

/** Where it pushes what the protocol has to act on. Payloads are owned by the sink. */
export interface ProtocolSink {
  onPing(payload: Uint8Array): void;
  /** A Close frame, its payload as it came; `offset` is the payload's. */
  onCloseFrame(payload: Uint8Array, offset: number): void;
  /** The bytes break a rule. The decoder takes no more of them. */
  onViolation(code: FailureCode, offset: number): void;
  /** The kernel trapped: a bug of ours. The decoder takes no more bytes. */
  onTrap(error: unknown): void;
}

/** How a {@link Decoder} hands out messages. */
export interface DecoderOptions {
  readonly limits: Limits;
  /** Whether frames come from a server, unmasked; else from a client, masked. */
  readonly fromServer: boolean;
  /** Hand out messages in the pieces in which they arrive, instead of whole. */
  readonly pieces: boolean;
  /** Hand out payloads as views of linear memory, valid until the handler returns, where that saves a copy. */
  readonly borrow: boolean;
  /** Hand out text as bytes. */
  readonly utf8: boolean;
}

/** The longest string that V8 makes; text of more bytes might not fit one. */
const MAX_TEXT_BYTES = 0x1fffffe8;

const STATE_WORD = layout.STATE_PTR >>> 2;
const STATE_WORDS = layout.STATE_LENGTH >>> 2;
const CONSUMED_WORD = (layout.STATE_PTR + layout.STATE_CONSUMED) >>> 2;
const RECORD_WORDS = layout.RECORD_LENGTH >>> 2;
const RECORDS_WORD = layout.RECORDS_PTR >>> 2;

/**
 * Frames to messages: a push decoder over a kernel. It copies what one read from the network gave into the kernel's read window,
 * has it decoded in one call and walks the records. State between reads lives here, not in linear memory; a connection
 * between two messages holds none.
 */
export class Decoder {
  readonly #workspace: Workspace;
  readonly #host: Host;
  readonly #messages: MessageSink;
  readonly #protocol: ProtocolSink;
  readonly #limits: Limits;
  readonly #flags: number;
  readonly #pieces: boolean;
  readonly #borrow: boolean;
  /** The opcode of messages that are handed out as strings, if there is any. */
  readonly #stringOpcode: number | undefined;

  /** The kernel's state, when the bytes so far end inside of a frame or a message. */
  #state: Uint32Array | undefined;
  #pending = false;
  #stopped = false;
  #walking = false;
  /** Bytes received before those in the read window. */
  #offset = 0;
  #message: MessageBuffer | undefined;
  #control: MessageBuffer | undefined;

  constructor(
    workspace: Workspace,
    host: Host,
    messages: MessageSink,
    protocol: ProtocolSink,
    options: DecoderOptions,
  ) {
    this.#workspace = workspace;
    this.#host = host;
    this.#messages = messages;
    this.#protocol = protocol;
    this.#limits = options.limits;
    this.#flags = options.fromServer ? layout.DECODE_FROM_SERVER : 0;
    this.#pieces = options.pieces;
    this.#borrow = options.borrow;
    this.#stringOpcode = options.utf8 ? undefined : Opcode.TEXT;
  }

  /** Whether it is calling a sink right now. */
  get walking(): boolean {
    return this.#walking;
  }

  /** Bytes received so far, but for those of the read that is being handled. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes no more bytes, and reports nothing more of those it has. */
  stop(): void {
    this.#stopped = true;
    this.#state = undefined;
    this.#message?.release();
    this.#message = undefined;
    this.#control = undefined;
  }

  /** Decodes a chunk of any length. The chunk may be used again when this returns. */
  push(chunk: Uint8Array): void {
    const workspace = this.#workspace;
    const { memory } = workspace;
    const suspended = workspace.reading ? workspace.suspendReading(chunk.length) : undefined;
    try {
      for (let at = 0; at < chunk.length && !this.#stopped; ) {
        const length = Math.min(chunk.length - at, layout.READ_WINDOW_LENGTH);
        const whole = length === chunk.length;
        workspace.memory.set(whole ? chunk : chunk.subarray(at, at + length), layout.READ_WINDOW_PTR);
        this.#decodeWindow(length);
        at += length;
      }
    } finally {
      if (suspended !== undefined) {
        workspace.resumeReading(suspended);
        // After a trap the interrupted handler may still have a borrowed view of the old memory.
        if (memory !== workspace.memory)
          memory.set(suspended.window, layout.READ_WINDOW_PTR - layout.READ_HEADROOM);
      }
    }
  }

  /** Decodes `length` bytes that already stand at the beginning of the read window. */
  pushWindow(length: number): void {
    this.#decodeWindow(length);
  }

  #decodeWindow(length: number): void {
    const workspace = this.#workspace;
    const end = layout.READ_WINDOW_PTR + length;
    let start = layout.READ_WINDOW_PTR;
    // Those of the walks that this one interrupts.
    const { recordsEnd, windowEnd } = workspace;
    workspace.windowEnd = Math.max(windowEnd, end);
    this.#walking = true;
    try {
      for (;;) {
        const result = this.#decode(start, end);
        start = workspace.words[CONSUMED_WORD] ?? 0;
        this.#walk(result >>> layout.DECODED_COUNT_SHIFT);
        if (this.#stopped || (result & layout.DECODED_MORE) === 0) break;
      }
    } catch (error) {
      this.stop();
      if (!(error instanceof KernelTrap)) throw error;
      this.#protocol.onTrap(error.cause);
    } finally {
      this.#walking = false;
      workspace.receivedText = undefined;
      workspace.windowEnd = windowEnd;
      workspace.recordsEnd = recordsEnd;
    }
    this.#offset += length;
  }

  #decode(start: number, end: number): number {
    const { words } = this.#workspace;
    let flags = this.#flags;
    if (this.#pending && this.#state !== undefined) {
      words.set(this.#state, STATE_WORD);
      flags |= layout.DECODE_RESUME;
    }
    const { maxMessageBytes, maxFragments } = this.#limits;
    const result = this.#workspace.decode(start, end, flags, maxMessageBytes, maxFragments);
    this.#pending = (result & (layout.DECODED_PENDING | layout.DECODED_MORE)) !== 0;
    if (this.#pending) this.#saveState(words);
    return result;
  }

  #saveState(words: Uint32Array): void {
    this.#state ??= new Uint32Array(STATE_WORDS);
    const state = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) state[i] = words[STATE_WORD + i] ?? 0;
  }

  #walk(count: number): void {
    const workspace = this.#workspace;
    const recordsEnd = layout.RECORDS_PTR + count * layout.RECORD_LENGTH;
    workspace.recordsEnd = Math.max(workspace.recordsEnd, recordsEnd);
    for (let i = 0, at = RECORDS_WORD; i < count && !this.#stopped; i++, at += RECORD_WORDS) {
      // Not hoisted: a handler may cause the kernel to be replaced.
      const words = workspace.words;
      const info = words[at] ?? 0;
      const ptr = words[at + 1] ?? 0;
      const length = words[at + 2] ?? 0;
      const detail = words[at + 3] ?? 0;
      if ((info & layout.RECORD_VIOLATION) !== 0) this.#violation(ptr, detail);
      else if ((info & layout.RECORD_OPCODE) < Opcode.CLOSE) this.#data(info, ptr, length, detail);
      else this.#controlFrame(info, ptr, length);
    }
  }

  #violation(ptr: number, detail: number): void {
    const offset = this.#offset + ptr - layout.READ_WINDOW_PTR;
    this.stop();
    this.#protocol.onViolation(violationCode(detail), offset);
  }

  #data(info: number, ptr: number, length: number, promised: number): void {
    if (this.#pieces) this.#piece(info, ptr, length);
    else if ((info & layout.RECORD_END) === 0 || this.#message !== undefined)
      this.#gather(info, ptr, length, promised);
    else if ((info & layout.RECORD_OPCODE) === this.#stringOpcode)
      this.#messages.onText(this.#text(info, ptr, length));
    else this.#bytes(info, this.#payload(ptr, length));
  }

  #bytes(info: number, payload: Uint8Array): void {
    if ((info & layout.RECORD_OPCODE) === Opcode.TEXT) this.#messages.onText(payload);
    else this.#messages.onBinary(payload);
  }

  #text(info: number, ptr: number, length: number): string {
    const workspace = this.#workspace;
    const ascii = (info & layout.RECORD_ASCII) !== 0;
    const text = this.#host.decodeText(workspace.memory, ptr, ptr + length, ascii, workspace);
    workspace.receivedText = text;
    workspace.receivedPtr = ptr;
    workspace.receivedLength = length;
    return text;
  }

  #payload(ptr: number, length: number): Uint8Array {
    const { memory } = this.#workspace;
    return this.#borrow
      ? this.#host.view(memory, ptr, ptr + length)
      : this.#host.copy(memory, ptr, ptr + length);
  }

  #piece(info: number, ptr: number, length: number): void {
    const type = (info & layout.RECORD_OPCODE) === Opcode.TEXT ? "text" : "binary";
    this.#messages.onPiece(this.#payload(ptr, length), type, (info & layout.RECORD_END) !== 0);
  }

  #gather(info: number, ptr: number, length: number, promised: number): void {
    this.#message ??= new MessageBuffer(this.#workspace, this.#host);
    const message = this.#message;
    const text = (info & layout.RECORD_OPCODE) === this.#stringOpcode;
    let whole: string | Uint8Array;
    try {
      // As V8 would, but before the bytes are there.
      if (text && message.length + length > MAX_TEXT_BYTES) throw new RangeError();
      const ascii = (info & layout.RECORD_ASCII) !== 0;
      message.append(this.#workspace.memory, ptr, length, ascii, promised);
      if ((info & layout.RECORD_END) === 0) return;
      whole = text ? message.takeText() : message.takeBytes();
    } catch (error) {
      // A message that this host can't hold is over a limit like any other.
      if (!(error instanceof RangeError)) throw error;
      this.stop();
      this.#protocol.onViolation("MESSAGE_TOO_LONG", this.#offset + ptr - layout.READ_WINDOW_PTR);
      return;
    }
    this.#message = undefined;
    if (typeof whole === "string") this.#messages.onText(whole);
    else this.#bytes(info, whole);
  }

  #controlFrame(info: number, ptr: number, length: number): void {
    let payload: Uint8Array;
    if ((info & layout.RECORD_END) !== 0 && this.#control === undefined) {
      payload = this.#host.copy(this.#workspace.memory, ptr, ptr + length);
    } else {
      this.#control ??= new MessageBuffer(this.#workspace, this.#host);
      this.#control.append(this.#workspace.memory, ptr, length, false, MAX_CONTROL_PAYLOAD_BYTES);
      if ((info & layout.RECORD_END) === 0) return;
      payload = this.#control.takeBytes();
      this.#control = undefined;
    }
    const opcode = info & layout.RECORD_OPCODE;
    if (opcode === Opcode.PING) this.#protocol.onPing(payload);
    else if (opcode === Opcode.PONG) this.#messages.onPong(payload);
    else {
      const offset = this.#offset + ptr + length - payload.length - layout.READ_WINDOW_PTR;
      this.stop();
      this.#protocol.onCloseFrame(payload, offset);
    }
  }
}
