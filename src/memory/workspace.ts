import * as layout from "../kernel/generated/layout.js";
import type { Kernel } from "../kernel/kernel.js";
import {
  COMPILED,
  type CompiledKernelName,
  type KernelChoice,
  kernelFromEnvironment,
  loadKernel,
  setModule,
} from "../kernel/load.js";
import { wasmKernel } from "../kernel/wasm.js";
import { BlockPool } from "./block-pool.js";

/** Looked up once: V8 would do it anew for each message, which takes as long as the copy of a short one. */
const { set } = Uint8Array.prototype;

const NOTHING = new Uint8Array(0);

/** A kernel trapped, for `cause`, and was replaced: a bug of ours, which costs the connection that it served and no other. */
export class KernelTrap extends Error {
  override readonly name = "KernelTrap";

  constructor(cause: unknown) {
    super("the kernel trapped", { cause });
  }
}

/**
 * A kernel with the views of its memory that the protocol layer works on, shared by all connections of a thread that
 * use the same kernel. It knows which part of the read window is still being handled and who builds frames in the write
 * window, so that connections which work while another one does not get in its way.
 */
export class Workspace {
  kernel: Kernel;
  /** Byte view of the whole memory. Replaced together with the kernel, like the other views. */
  memory: Uint8Array;
  /** The memory as 32-bit words. */
  words: Uint32Array;
  /** The part of the memory that bytes are read into. */
  readWindow: Uint8Array;
  /** The memory up to the end of the read window, of each write window and of the scratch window. */
  #bounds: readonly Uint8Array[];

  /**
   * While records are being walked: the end of what is in use of the record table and of the read window, by this walk or by
   * those that it interrupted.
   */
  recordsEnd = 0;
  windowEnd = 0;
  /** The end of what was read into the window while records were being walked, see {@link salvageWindow}. */
  overwrittenEnd = 0;

  /**
   * The message of text that was decoded last, while its bytes stand in the read window, at this address, of this length. Whoever
   * sends it on need not encode it again.
   */
  receivedText: string | undefined;
  receivedPtr = 0;
  receivedLength = 0;

  /** Who builds frames in a write window, where that begins, and how many of its bytes are taken. */
  writer: object | undefined;
  writePtr = layout.WRITE_WINDOW_PTR;
  written = 0;
  readonly #holders: (WindowHolder | undefined)[] = Array.from({ length: layout.WRITE_WINDOWS });

  /** Blocks for messages that come in pieces. */
  readonly blocks = new BlockPool();

  readonly #choice: KernelChoice;

  constructor(choice: KernelChoice) {
    this.#choice = choice;
    this.kernel = loadKernel(choice);
    this.memory = this.kernel.memory;
    this.words = new Uint32Array(this.memory.buffer);
    this.readWindow = readWindowOf(this.memory);
    this.#bounds = boundsOf(this.memory);
  }

  /** Whether records are being walked. */
  get reading(): boolean {
    return this.windowEnd !== 0;
  }

  /**
   * Copies what interrupted walks still need of the memory in which the chunk of another connection will be decoded. The
   * rest stays where it is, so that decoding in between costs no more than the chunk is long.
   */
  suspendReading(chunkLength: number): SuspendedReading {
    const { recordsEnd, windowEnd, memory } = this;
    const bytes = Math.min(chunkLength, layout.READ_WINDOW_LENGTH);
    const windowReach = layout.READ_WINDOW_PTR + bytes + layout.PADDING;
    const recordsReach = layout.RECORDS_PTR + mostRecords(bytes) * layout.RECORD_LENGTH;
    return {
      records: memory.slice(layout.RECORDS_PTR, Math.min(recordsEnd, recordsReach)),
      window: memory.slice(layout.READ_WINDOW_PTR - layout.READ_HEADROOM, Math.min(windowEnd, windowReach)),
    };
  }

  /**
   * Puts back what {@link suspendReading} took.
   * @param memory - what was taken from: after a trap the interrupted handler may still have a borrowed view of it
   */
  resumeReading(suspended: SuspendedReading, memory: Uint8Array): void {
    this.memory.set(suspended.records, layout.RECORDS_PTR);
    this.memory.set(suspended.window, layout.READ_WINDOW_PTR - layout.READ_HEADROOM);
    if (memory !== this.memory) memory.set(suspended.window, layout.READ_WINDOW_PTR - layout.READ_HEADROOM);
  }

  /**
   * Copies bytes that the system has read into the beginning of the read window while records were being walked, because a
   * handler runs an event loop of its own. The walk finds by {@link overwrittenEnd} whether it had reached what stood there.
   */
  salvageWindow(length: number): Uint8Array {
    this.overwrittenEnd = Math.max(this.overwrittenEnd, layout.READ_WINDOW_PTR + length);
    this.receivedText = undefined;
    return this.readWindow.slice(0, length);
  }

  /**
   * Copies `bytes[start, start + length)` to `ptr`, in the read window, the write window that is leased or the scratch window. It is
   * the one way for the bytes of others into this memory. What another thread adds to them meanwhile does not get beyond the window.
   * @param length - as it was read once: shared and resizable memory may change its length
   * @throws RangeError if so many bytes are not there any more
   */
  copyIn(ptr: number, bytes: Uint8Array, length: number, start = 0): void {
    const bound = this.#bounds[this.#windowAt(ptr)] ?? NOTHING;
    if (start === 0 && length === bytes.length) {
      try {
        set.call(bound, bytes, ptr);
        return;
      } catch {
        // They have become too many since, and none was copied.
      }
    }
    const part = bytes.subarray(start, start + length);
    if (part.length !== length) throw new RangeError("these bytes are not there any more");
    set.call(bound, part, ptr);
  }

  #windowAt(ptr: number): number {
    if (ptr < layout.WRITE_WINDOW_PTR) return 0;
    return ptr < layout.SCRATCH_WINDOW_PTR ? 1 + this.#leasedIndex() : 1 + layout.WRITE_WINDOWS;
  }

  /**
   * Leases a write window to one writer at a time.
   * @returns false if somebody else has one, or the operating system still holds them all
   */
  leaseWriteWindow(writer: object): boolean {
    const index = this.writer === undefined ? this.#freeWindow(-1) : -1;
    if (index < 0) return false;
    this.writer = writer;
    this.writePtr = layout.WRITE_WINDOW_PTR + index * layout.WRITE_WINDOW_STRIDE;
    this.written = 0;
    return true;
  }

  /** Whether there is a window besides the one that is leased. */
  get hasSpareWindow(): boolean {
    return this.#freeWindow(this.#leasedIndex()) >= 0;
  }

  /** The first window whose bytes nobody needs, but for one; -1 if there is none. */
  #freeWindow(except: number): number {
    const holders = this.#holders;
    for (let i = 0; i < holders.length; i++) {
      if (i !== except && (holders[i]?.bufferedAmount ?? 0) === 0) return i;
    }
    return -1;
  }

  /** No getter: V8 compiles none that is private. */
  #leasedIndex(): number {
    return (this.writePtr - layout.WRITE_WINDOW_PTR) / layout.WRITE_WINDOW_STRIDE;
  }

  /**
   * Ends the lease.
   * @param holder - who still needs the window's bytes; it is not leased again before that has none buffered
   */
  releaseWriteWindow(holder: WindowHolder | undefined): void {
    this.#holders[this.#leasedIndex()] = holder;
    this.writer = undefined;
    this.written = 0;
  }

  // ---- The kernel's functions, whose traps are KernelTraps here; undefined from one that it does not have ----

  decode(start: number, end: number, flags: number, maxMessageBytes: number, maxFragments: number): number {
    this.receivedText = undefined;
    try {
      return this.kernel.decode(start, end, flags, maxMessageBytes, maxFragments);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  mask(ptr: number, length: number, key: number): number {
    try {
      return this.kernel.mask(ptr, length, key);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  validateUtf8(ptr: number, length: number, carry: number): number {
    try {
      return this.kernel.validateUtf8(ptr, length, carry);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  utf8ToUtf16(ptr: number, length: number, out: number): number | undefined {
    try {
      return this.kernel.utf8ToUtf16?.(ptr, length, out);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  #trapped(error: unknown): KernelTrap {
    this.replaceKernel();
    return new KernelTrap(error);
  }

  /**
   * Takes a fresh instance of the kernel after a trap: whatever state the old one is in, nobody sees it again. Frames
   * that stand in the write window move along, and what interrupted walks have in front of them.
   */
  replaceKernel(): void {
    const old = this.memory;
    const pending = old.subarray(this.writePtr, this.writePtr + this.written);
    this.kernel = loadKernel(this.#choice);
    this.memory = this.kernel.memory;
    this.words = new Uint32Array(this.memory.buffer);
    this.readWindow = readWindowOf(this.memory);
    this.#bounds = boundsOf(this.memory);
    this.memory.set(pending, this.writePtr);
    this.memory.set(old.subarray(layout.RECORDS_PTR, this.recordsEnd), layout.RECORDS_PTR);
    const window = layout.READ_WINDOW_PTR - layout.READ_HEADROOM;
    this.memory.set(old.subarray(window, this.windowEnd), window);
    this.#holders.fill(undefined);
  }
}

/** A transport that may still be reading from a write window. */
export interface WindowHolder {
  readonly bufferedAmount: number;
}

/** The longest header, but for its last byte: what the last read may have left over. */
const MAX_SPILLED_BYTES = 13;

/** The most records that a kernel writes for `bytes` of input. */
function mostRecords(bytes: number): number {
  // Two bytes are a frame. The rest of an earlier one may come first, and a violation last.
  return Math.min(((bytes + MAX_SPILLED_BYTES) >>> 1) + 2, layout.MAX_RECORDS);
}

function readWindowOf(memory: Uint8Array): Uint8Array {
  return memory.subarray(layout.READ_WINDOW_PTR, layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH);
}

function boundsOf(memory: Uint8Array): Uint8Array[] {
  const ends = [layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH];
  for (let i = 0; i < layout.WRITE_WINDOWS; i++)
    ends.push(layout.WRITE_WINDOW_PTR + i * layout.WRITE_WINDOW_STRIDE + layout.WRITE_WINDOW_LENGTH);
  ends.push(layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH);
  return ends.map((end) => memory.subarray(0, end));
}

/** What {@link Workspace.suspendReading} copied. */
export interface SuspendedReading {
  readonly records: Uint8Array;
  readonly window: Uint8Array;
}

let defaultChoice: KernelChoice | undefined;
const workspaces = new Map<KernelChoice, Workspace>();

/**
 * The thread's workspace for a kernel, made at first use.
 * @param choice - by default what the environment variable `WSIMD_KERNEL` says, else the fastest that this host runs
 */
export function sharedWorkspace(choice?: KernelChoice): Workspace {
  if (choice === undefined) {
    defaultChoice ??= kernelFromEnvironment();
    choice = defaultChoice;
  }
  let workspace = workspaces.get(choice);
  if (workspace === undefined) {
    workspace = new Workspace(choice);
    workspaces.set(choice, workspace);
  }
  return workspace;
}

/** Which kernel a thread uses. */
export type KernelInUse = Pick<Kernel, "name" | "fallbackReason">;

/**
 * The kernel of this thread's connections, unless an option says otherwise, and the reason if it is not the fastest:
 * what the host said when it refused that. Loads the kernel, if no connection was there yet.
 * @throws RangeError if the environment variable `WSIMD_KERNEL` names none
 * @throws WebAssembly.CompileError, or what else the host says, if it refuses the one that the variable names
 */
export function kernelInUse(): KernelInUse {
  const { name, fallbackReason } = sharedWorkspace().kernel;
  return { name, fallbackReason };
}

/**
 * Makes the connections that come from now on use a binary that the application loaded, for hosts that compile none at
 * run time: `wsimd/simd.wasm` or `wsimd/scalar.wasm` of the same version. Those that are there keep theirs.
 * @param binary - a `WebAssembly.Module` or, where the host compiles them, bytes: a `BufferSource`. TypeScript has these
 * two types only with the library of the DOM, so none stands here
 * @throws RangeError if there is no such kernel
 * @throws TypeError if the binary is none of wsimd's
 * @throws WebAssembly.CompileError, or what else the host says, if it refuses it
 */
export function provideKernel(name: CompiledKernelName, binary: object): void {
  if (!COMPILED.includes(name)) {
    throw new RangeError(`kernel "${name}" has no binary`);
  }
  const module = isBytes(binary) ? new WebAssembly.Module(binary) : binary;
  wasmKernel(name, module);
  setModule(name, module);
  workspaces.clear();
}

function isBytes(binary: object): binary is BufferSource {
  return binary instanceof ArrayBuffer || ArrayBuffer.isView(binary);
}
