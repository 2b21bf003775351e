// The deflate kernel of a linear memory: the instance, and the connections whose state stands in its areas.
import { type DeflateKernel, deflateKernel } from "../../kernel/deflate.js";
import * as layout from "../../kernel/generated/deflate-layout.js";
import type { LinearMemory } from "../../memory/linear-memory.js";

/**
 * A connection whose state stands in an area. It stays there until another connection needs the area, so that one that
 * comes again at once copies nothing.
 */
export interface AreaOwner {
  /**
   * Another connection takes the area: what is still needed must be copied out.
   * @param memory - the memory that it stands in: not the one in use, if the kernel was replaced meanwhile
   */
  leave(memory: Uint8Array): void;
}

/** A part of linear memory that one connection uses at a time. */
export class Area {
  #owner: AreaOwner | undefined;
  #memory: Uint8Array = new Uint8Array(0);

  /** Whether the state of a connection stands here, in the memory in use. */
  belongsTo(owner: AreaOwner, memory: Uint8Array): boolean {
    return this.#owner === owner && this.#memory === memory;
  }

  /** Gives the area to a connection. The one before copies out what it needs. */
  enter(owner: AreaOwner, memory: Uint8Array): void {
    const before = this.#owner;
    this.#owner = undefined;
    before?.leave(this.#memory);
    this.#owner = owner;
    this.#memory = memory;
  }

  /** The connection needs the area no more, and nothing that stands in it. */
  abandon(owner: AreaOwner): void {
    if (this.#owner === owner) this.#owner = undefined;
  }
}

/** The functions of the deflate kernel in a linear memory, and the areas that they work in. */
export class DeflateMemory {
  readonly linear: LinearMemory;
  /** For messages that are received. */
  readonly inflating = new Area();
  /** For messages that are sent. */
  readonly deflating = new Area();
  /** The memory that the instance works in. */
  #bytes: Uint8Array;
  #deflate: DeflateKernel;

  /** @throws TypeError, or an error of the host, if the codec kernel has no deflate kernel */
  constructor(linear: LinearMemory) {
    this.linear = linear;
    this.#bytes = linear.memory;
    this.#deflate = deflateKernel(linear.kernel);
  }

  /**
   * The memory in use. After a trap the instance for it is made first, since a new instance writes its tables, and would
   * overwrite what a connection has put there.
   * @throws TypeError, or an error of the host, if the kernel that took over has no deflate kernel
   */
  get bytes(): Uint8Array {
    this.follow();
    return this.#bytes;
  }

  /**
   * Makes the instance for the memory in use, if the kernel was replaced.
   * @throws TypeError, or an error of the host, if the kernel that took over has no deflate kernel
   */
  follow(): void {
    const { kernel, memory } = this.linear;
    if (memory === this.#bytes) return;
    // Made first: if there is none for this kernel, no call may work in the memory of the one before.
    this.#deflate = deflateKernel(kernel);
    this.#bytes = memory;
  }

  /** Where `inflate` has stopped to read. */
  get consumed(): number {
    return this.linear.words[layout.INFLATE_CONSUMED >>> 2] ?? 0;
  }

  /** Where `inflate` has stopped to write. */
  get produced(): number {
    return this.linear.words[layout.INFLATE_PRODUCED >>> 2] ?? 0;
  }

  /** As {@link DeflateKernel.resetInflate}. @throws KernelTrap */
  resetInflate(): void {
    try {
      this.#deflate.resetInflate();
    } catch (error) {
      throw this.linear.trapped(error);
    }
  }

  /** As {@link DeflateKernel.restoreInflate}. @throws KernelTrap */
  restoreInflate(windowBits: number): void {
    try {
      this.#deflate.restoreInflate(windowBits);
    } catch (error) {
      throw this.linear.trapped(error);
    }
  }

  /** As {@link DeflateKernel.inflate}. @throws KernelTrap */
  inflate(
    ptr: number,
    end: number,
    out: number,
    outEnd: number,
    history: number,
    windowBits: number,
    last: boolean,
  ): number {
    try {
      return this.#deflate.inflate(ptr, end, out, outEnd, history, windowBits, last ? 1 : 0);
    } catch (error) {
      throw this.linear.trapped(error);
    }
  }

  /** As {@link DeflateKernel.deflate}. @throws KernelTrap */
  deflate(
    ptr: number,
    end: number,
    history: number,
    place: number,
    maxDistance: number,
    hashBits: number,
    flags: number,
  ): number {
    try {
      return this.#deflate.deflate(ptr, end, history, place, maxDistance, hashBits, flags);
    } catch (error) {
      throw this.linear.trapped(error);
    }
  }
}

const memories = new WeakMap<LinearMemory, DeflateMemory>();

/**
 * The deflate kernel of a linear memory, made at first use.
 * @throws TypeError, or an error of the host, if the codec kernel has no deflate kernel
 */
export function deflateMemoryOf(linear: LinearMemory): DeflateMemory {
  let memory = memories.get(linear);
  if (memory === undefined) {
    memory = new DeflateMemory(linear);
    memories.set(linear, memory);
  }
  return memory;
}
