// Frames to messages: a push decoder over a kernel.
import * as layout from "../kernel/generated/layout.js";
import { KernelTrap } from "../memory/linear-memory.js";
import type { WalkRest } from "../memory/read-window.js";
import type { Workspace } from "../memory/workspace.js";
import type { ResolvedEndpointOptions } from "./endpoint-options.js";
import type { Violation } from "./errors.js";
import { kernelViolation } from "./exceeded-limit.js";
import { type CompressedBytes, ExtensionFault, type PieceReader } from "./extensions/message-path.js";
import { MessageBuffer } from "./message-buffer.js";
import { MessageReader, type MessageSink } from "./message-reader.js";
import { MAX_CONTROL_PAYLOAD_BYTES, Opcode } from "./opcode.js";

/** The sink of a {@link Decoder} for frames that the protocol acts on. Payloads are owned by the sink. */
export interface ProtocolSink {
  onPing(payload: Uint8Array): void;
  /** A Close frame, its payload as it came; `offset` is the payload's. */
  onCloseFrame(payload: Uint8Array, offset: number): void;
  /** The bytes break a rule. The decoder takes no more of them. */
  onViolation(violation: Violation, offset: number): void;
  /** The kernel trapped: a bug of this package. The decoder takes no more bytes. */
  onTrap(error: unknown): void;
}

/** The number of records that are walked between two looks at the clock. A power of two. */
const RECORDS_A_LOOK = 32;
/** The same with an extension: a short record may become a message as long as the limit allows. */
const EXTENDED_RECORDS_A_LOOK = 4;

/** Read when the module is loaded, since tests replace the clock's methods. */
const now = performance.now.bind(performance);

/**
 * The error of a walk whose bytes were overwritten: a handler ran an event loop of its own, in which another connection
 * was read.
 */
class OverwrittenWindow extends Error {
  override readonly name = "OverwrittenWindow";

  constructor() {
    super("a read came in while a handler was running an event loop of its own");
  }
}

/** Whether a walk goes on behind the record that is being handled. */
const GOES_ON = 0;
const HELD = 1;
const STOPPED = 2;

/** A walk that was interrupted: its turn was over, or its owner asked for it. */
interface InterruptedWalk {
  readonly rest: WalkRest;
  /** Whether {@link Kernel.decode} must be called again, for the bytes from `start` to `end`. */
  readonly more: boolean;
  readonly start: number;
  readonly end: number;
}

const STATE_WORD = layout.STATE_PTR >>> 2;
const STATE_WORDS = layout.STATE_LENGTH >>> 2;
const CONSUMED_WORD = (layout.STATE_PTR + layout.STATE_CONSUMED) >>> 2;
const RECORD_WORDS = layout.RECORD_LENGTH >>> 2;
const RECORDS_WORD = layout.RECORDS_PTR >>> 2;

/**
 * Copies the bytes of one read from the network into the kernel's read window, has them decoded in one call and walks
 * the records. State between reads lives here, not in linear memory; a connection between two messages holds none.
 */
export class Decoder {
  readonly #workspace: Workspace;
  readonly #options: ResolvedEndpointOptions;
  readonly #messages: MessageReader;
  /** Decodes compressed payloads in front of the message reader, if the endpoint has an extension. */
  readonly #extended: PieceReader | undefined;
  readonly #recordsALook: number;
  readonly #pongs: Pick<MessageSink, "onPong">;
  readonly #protocol: ProtocolSink;

  /** The kernel's state, when the bytes so far end inside of a frame or a message. */
  #state: Uint32Array | undefined;
  #pending = false;
  #brake = GOES_ON;
  #walking = false;
  /** Bytes received before those in the read window. */
  #offset = 0;
  #control: MessageBuffer | undefined;
  /** When the walk must be interrupted; 0 until there are so many records that this matters. */
  #turnEnd = 0;
  #interrupted: InterruptedWalk | undefined;

  constructor(
    workspace: Workspace,
    options: ResolvedEndpointOptions,
    messages: MessageSink,
    protocol: ProtocolSink,
  ) {
    this.#workspace = workspace;
    this.#options = options;
    this.#messages = new MessageReader(workspace, options, messages);
    this.#extended = options.extension?.reader(workspace, options.limits.maxMessageBytes, this.#messages);
    this.#recordsALook = this.#extended === undefined ? RECORDS_A_LOOK : EXTENDED_RECORDS_A_LOOK;
    this.#pongs = messages;
    this.#protocol = protocol;
  }

  /** Whether it is calling a sink right now. */
  get walking(): boolean {
    return this.#walking;
  }

  /** Whether a walk was interrupted: {@link resume} goes on with it, and nothing may be pushed before. */
  get interrupted(): boolean {
    return this.#interrupted !== undefined;
  }

  /** Bytes received so far, but for those of the read that is being handled. */
  get offset(): number {
    return this.#offset;
  }

  /** Of messages that were compressed. Undefined without an extension. */
  get compressed(): CompressedBytes | undefined {
    return this.#extended?.count;
  }

  /** Takes no more bytes, and reports nothing more of the bytes that it has. */
  stop(): void {
    this.#brake = STOPPED;
    this.#state = undefined;
    this.#messages.stop();
    this.#extended?.stop();
    this.#control = undefined;
    this.#interrupted = undefined;
  }

  /** Interrupts the walk behind the event that is being reported. Does nothing if there is no walk. */
  interrupt(): void {
    if (!this.#walking || this.#brake !== GOES_ON) return;
    this.#brake = HELD;
    this.#extended?.interrupt();
  }

  /**
   * Decodes a chunk of any length. The chunk may be used again when this returns.
   * @returns the number of bytes taken: all, unless the walk was interrupted
   */
  push(chunk: Uint8Array): number {
    const { linear, readWindow } = this.#workspace;
    const { memory } = linear;
    // Read once: a handler or another thread may change it.
    const total = chunk.length;
    const suspended = readWindow.inUse ? readWindow.suspend(total) : undefined;
    let at = 0;
    this.#release();
    try {
      while (at < total && this.#brake === GOES_ON && this.#interrupted === undefined) {
        const length = Math.min(total - at, layout.READ_WINDOW_LENGTH);
        readWindow.fill(chunk, length, at);
        this.pushWindow(length);
        at += length;
      }
    } finally {
      if (suspended !== undefined) readWindow.resume(suspended, memory);
    }
    return this.#brake === STOPPED ? total : at;
  }

  /** Decodes `length` bytes that already stand at the beginning of the read window. */
  pushWindow(length: number): void {
    this.#release();
    this.#run(undefined, true, layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + length);
  }

  /** Undoes {@link interrupt}. */
  #release(): void {
    if (this.#brake === HELD) this.#brake = GOES_ON;
  }

  /** Goes on with an interrupted walk. Does nothing if there is none. */
  resume(): void {
    const walk = this.#interrupted;
    if (walk === undefined) return;
    this.#interrupted = undefined;
    this.#release();
    const { linear, readWindow } = this.#workspace;
    const { memory } = linear;
    const suspended = readWindow.inUse ? readWindow.suspend(layout.READ_WINDOW_LENGTH) : undefined;
    try {
      this.#run(walk.rest, walk.more, walk.start, walk.end);
    } finally {
      if (suspended !== undefined) readWindow.resume(suspended, memory);
    }
  }

  /**
   * Decodes the bytes between two addresses of the read window and walks the records.
   * @param before - the records that come first, of a walk that was interrupted
   * @param bytes - whether there are bytes to decode
   */
  #run(before: WalkRest | undefined, bytes: boolean, from: number, end: number): void {
    const { linear, readWindow } = this.#workspace;
    let start = from;
    let more = bytes;
    readWindow.beginWalk(end);
    this.#walking = true;
    this.#turnEnd = 0;
    try {
      if (before !== undefined && !this.#walkRest(before, more)) {
        this.#interrupted = { rest: before, more, start, end };
        return;
      }
      while (more && this.#brake !== STOPPED) {
        if (readWindow.overwritten(start)) throw new OverwrittenWindow();
        const result = this.#decode(start, end);
        start = linear.words[CONSUMED_WORD] ?? 0;
        const count = result >>> layout.DECODED_COUNT_SHIFT;
        more = (result & layout.DECODED_MORE) !== 0;
        const walked = count === 0 ? 0 : this.#walk(count);
        if (walked < count || (more && this.#brake === HELD)) {
          // Copied aside, so that other connections can use the memory.
          const rest = readWindow.takeRest(walked, count, start, end);
          if (readWindow.overwritten(rest.ptr)) throw new OverwrittenWindow();
          this.#interrupted = { rest, more, start, end };
          return;
        }
      }
    } catch (error) {
      this.stop();
      if (error instanceof KernelTrap || error instanceof ExtensionFault) this.#protocol.onTrap(error.cause);
      else if (error instanceof OverwrittenWindow) this.#protocol.onTrap(error);
      else throw error;
    } finally {
      this.#walking = false;
      this.#messages.endRead();
      readWindow.endWalk();
    }
    this.#offset += end - layout.READ_WINDOW_PTR;
  }

  /**
   * Walks the records of an interrupted walk, and puts back the bytes behind them.
   * @param more - whether bytes are left to be decoded
   * @returns whether the walk goes on, or is over
   */
  #walkRest(rest: WalkRest, more: boolean): boolean {
    const { readWindow } = this.#workspace;
    const { turnMs } = this.#options;
    const first = rest.walked;
    if (turnMs !== Number.POSITIVE_INFINITY) this.#turnEnd = now() + turnMs;
    for (;;) {
      const count = readWindow.putRest(rest);
      const walked = count === 0 ? 0 : this.#walk(count);
      rest.walked += walked;
      if (this.#brake === STOPPED) return true;
      const over = rest.walked * RECORD_WORDS === rest.records.length;
      if (over) return this.#brake === GOES_ON || !more;
      if (walked < count || this.#brake === HELD) return false;
      const late = this.#turnEnd > 0 && rest.walked - first >= this.#recordsALook && now() >= this.#turnEnd;
      if (late) return false;
    }
  }

  #decode(start: number, end: number): number {
    const { linear, readWindow } = this.#workspace;
    const { words } = linear;
    const { decodeFlags, limits, maxEncodedBytes, maxCountedFragments } = this.#options;
    let flags = decodeFlags;
    if (this.#pending && this.#state !== undefined) {
      words.set(this.#state, STATE_WORD);
      flags |= layout.DECODE_RESUME;
    }
    const result = readWindow.decode(
      start,
      end,
      flags,
      limits.maxMessageBytes,
      maxEncodedBytes,
      maxCountedFragments,
    );
    this.#pending = (result & (layout.DECODED_PENDING | layout.DECODED_MORE)) !== 0;
    if (this.#pending) this.#saveState(words);
    return result;
  }

  #saveState(words: Uint32Array): void {
    this.#state ??= new Uint32Array(STATE_WORDS);
    const state = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) state[i] = words[STATE_WORD + i] ?? 0;
  }

  /** @returns the number of records that were walked: `count`, unless the walk is interrupted */
  #walk(count: number): number {
    const { linear, readWindow } = this.#workspace;
    const { turnMs } = this.#options;
    const look = this.#recordsALook;
    const timed = count > look && turnMs !== Number.POSITIVE_INFINITY;
    if (timed && this.#turnEnd === 0) this.#turnEnd = now() + turnMs;
    if (count > 1) this.#messages.copyRuns(count);
    let i = 0;
    for (let at = RECORDS_WORD; i < count && this.#brake === GOES_ON; i++, at += RECORD_WORDS) {
      if (timed && (i & (look - 1)) === look - 1 && now() >= this.#turnEnd) return i;
      // Not hoisted: a handler may cause the kernel to be replaced.
      const { memory, words } = linear;
      const info = words[at] ?? 0;
      const ptr = words[at + 1] ?? 0;
      const length = words[at + 2] ?? 0;
      const detail = words[at + 3] ?? 0;
      if (length > 0 && readWindow.overwritten(ptr)) throw new OverwrittenWindow();
      if ((info & layout.RECORD_VIOLATION) !== 0)
        this.#violation(ptr, kernelViolation(detail, memory[ptr], this.#state, this.#options.limits));
      else if ((info & layout.RECORD_OPCODE) < Opcode.CLOSE) {
        const failed =
          this.#extended === undefined
            ? this.#messages.data(info, ptr, length, detail)
            : this.#extended.data(info, ptr, length, detail);
        if (failed !== undefined) this.#violation(ptr, failed);
        else if (this.#extended?.unfinished === true) {
          if (readWindow.overwritten(ptr)) throw new OverwrittenWindow();
          return i;
        } else if (detail === 0 && (info & layout.RECORD_END) === 0) this.#messages.endFrame();
      } else this.#controlFrame(info, ptr, length);
    }
    return this.#brake === HELD ? i : count;
  }

  #violation(ptr: number, violation: Violation): void {
    const offset = this.#offset + ptr - layout.READ_WINDOW_PTR;
    this.stop();
    this.#protocol.onViolation(violation, offset);
  }

  #controlFrame(info: number, ptr: number, length: number): void {
    let payload: Uint8Array;
    if ((info & layout.RECORD_END) !== 0 && this.#control === undefined) {
      payload = this.#options.host.copy(this.#workspace.linear.memory, ptr, ptr + length);
    } else {
      this.#control ??= new MessageBuffer(this.#workspace, this.#options.host);
      this.#control.append(this.#workspace.linear.memory, ptr, length, false, MAX_CONTROL_PAYLOAD_BYTES);
      if ((info & layout.RECORD_END) === 0) return;
      payload = this.#control.takeBytes();
      this.#control = undefined;
    }
    const opcode = info & layout.RECORD_OPCODE;
    if (opcode === Opcode.PING) this.#protocol.onPing(payload);
    else if (opcode === Opcode.PONG) this.#pongs.onPong(payload);
    else {
      const offset = this.#offset + ptr + length - payload.length - layout.READ_WINDOW_PTR;
      this.stop();
      this.#protocol.onCloseFrame(payload, offset);
    }
  }
}
