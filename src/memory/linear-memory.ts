// The linear memory of a thread's kernel: the instance, the views of it, and the fresh instance that follows a trap.
import * as layout from "../kernel/generated/layout.js";
import type { Kernel } from "../kernel/kernel.js";
import { type KernelChoice, loadKernel } from "../kernel/load.js";

const { set } = Uint8Array.prototype;

const NOTHING = new Uint8Array(0);

/**
 * The kernel trapped, for `cause`, and was replaced. That is a bug of this package. It costs the connection whose call
 * trapped, and no other.
 */
export class KernelTrap extends Error {
  override readonly name = "KernelTrap";

  constructor(cause: unknown) {
    super("the kernel trapped", { cause });
  }
}

/**
 * A kernel instance and its memory. The functions of the kernel are called through it, so that a trap is always
 * answered in the same way: a fresh instance takes over, the bytes of other connections in the memory move along, and
 * the caller gets a {@link KernelTrap}.
 */
export class LinearMemory {
  readonly #choice: KernelChoice;
  readonly #moved: (before: Uint8Array) => void;
  #kernel: Kernel;
  #bytes: Uint8Array;
  #words: Uint32Array;
  /** The memory up to the end of the read window, of each write window and of the scratch window. */
  #bounds: readonly Uint8Array[];

  /**
   * @param moved - is called after a trap with the memory of the instance that trapped, to copy bytes that are still
   * needed
   */
  constructor(choice: KernelChoice, moved: (before: Uint8Array) => void) {
    this.#choice = choice;
    this.#moved = moved;
    this.#kernel = loadKernel(choice);
    this.#bytes = this.#kernel.memory;
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#bounds = boundsOf(this.#bytes);
  }

  /** The instance in use. Another one after a trap, and so are the views. */
  get kernel(): Kernel {
    return this.#kernel;
  }

  /** The whole memory. */
  get memory(): Uint8Array {
    return this.#bytes;
  }

  /** The memory as 32-bit words. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** Works with this instance from now on. */
  use(kernel: Kernel): void {
    this.#kernel = kernel;
    if (kernel.memory === this.#bytes) return;
    this.#bytes = kernel.memory;
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#bounds = boundsOf(this.#bytes);
  }

  /** Takes a fresh instance, since the state of the one that trapped is not to be trusted. */
  replace(): void {
    const before = this.#bytes;
    this.use(loadKernel(this.#choice));
    this.#moved(before);
  }

  /**
   * Copies `bytes[start, start + length)` to `ptr`, in the read window, a write window or the scratch window. It is the
   * only way by which bytes from outside enter this memory. If another thread grows their memory meanwhile, the copy
   * still ends within the window.
   * @param length - as it was read once: shared and resizable memory may change its length
   * @throws RangeError if there are fewer bytes by now
   */
  copyIn(ptr: number, bytes: Uint8Array, length: number, start = 0): void {
    const bound = this.#bounds[windowAt(ptr)] ?? NOTHING;
    if (start === 0 && length === bytes.length) {
      try {
        set.call(bound, bytes, ptr);
        return;
      } catch {
        // The bytes have become more than the window holds, and none was copied.
      }
    }
    const part = bytes.subarray(start, start + length);
    if (part.length !== length) throw new RangeError("these bytes are not there any more");
    set.call(bound, part, ptr);
  }

  // ---- The kernel's functions ----

  /** As {@link Kernel.decode}. @throws KernelTrap */
  decode(
    start: number,
    end: number,
    flags: number,
    maxMessageBytes: number,
    maxCompressedBytes: number,
    maxFragments: number,
  ): number {
    try {
      return this.#kernel.decode(start, end, flags, maxMessageBytes, maxCompressedBytes, maxFragments);
    } catch (error) {
      throw this.trapped(error);
    }
  }

  /** As {@link Kernel.mask}. @throws KernelTrap */
  mask(ptr: number, length: number, key: number): number {
    try {
      return this.#kernel.mask(ptr, length, key);
    } catch (error) {
      throw this.trapped(error);
    }
  }

  /** As {@link Kernel.validateUtf8}. @throws KernelTrap */
  validateUtf8(ptr: number, length: number, carry: number): number {
    try {
      return this.#kernel.validateUtf8(ptr, length, carry);
    } catch (error) {
      throw this.trapped(error);
    }
  }

  /** As {@link Kernel.utf8ToUtf16}; undefined if the kernel has none. @throws KernelTrap */
  utf8ToUtf16(ptr: number, length: number, out: number): number | undefined {
    try {
      return this.#kernel.utf8ToUtf16?.(ptr, length, out);
    } catch (error) {
      throw this.trapped(error);
    }
  }

  /**
   * A call of the kernel, or of another module in its memory, has thrown `error`: a fresh instance takes over.
   * @returns what is to be thrown in its place
   */
  trapped(error: unknown): KernelTrap {
    this.replace();
    return new KernelTrap(error);
  }
}

/** Which of the bounds holds for an address. */
function windowAt(ptr: number): number {
  if (ptr < layout.WRITE_WINDOW_PTR) return 0;
  if (ptr >= layout.SCRATCH_WINDOW_PTR) return 1 + layout.WRITE_WINDOWS;
  return 1 + (((ptr - layout.WRITE_WINDOW_PTR) / layout.WRITE_WINDOW_STRIDE) | 0);
}

function boundsOf(memory: Uint8Array): Uint8Array[] {
  const ends = [layout.READ_WINDOW_PTR + layout.READ_WINDOW_LENGTH];
  for (let i = 0; i < layout.WRITE_WINDOWS; i++)
    ends.push(layout.WRITE_WINDOW_PTR + i * layout.WRITE_WINDOW_STRIDE + layout.WRITE_WINDOW_LENGTH);
  ends.push(layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH);
  return ends.map((end) => memory.subarray(0, end));
}
