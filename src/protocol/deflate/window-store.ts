// The windows of a thread's connections, outside of linear memory, under one budget.

/** A window that may be dropped at any time: that of messages which are sent. */
export interface DroppableWindow {
  /** The memory is needed for another connection. Is not called while the store is asked to keep this window. */
  drop(): void;
}

/**
 * Counts what all windows of a thread hold. Those of messages that are received can't be dropped, since the peer refers
 * to them. They count first; the rest of the budget is for those of messages that are sent, of which the least recently
 * used is dropped.
 */
export class WindowStore {
  #budget = 0;
  #received = 0;
  #sent = 0;
  /** The bytes of each droppable window, in the order of use, the least recent one first. */
  readonly #kept = new Map<DroppableWindow, number>();

  /** Bytes of all windows. */
  get bytes(): number {
    return this.#received + this.#sent;
  }

  /** The most bytes that all windows take, unless those of received messages alone are more. */
  get budget(): number {
    return this.#budget;
  }

  /** Raises the budget, if it is lower. */
  raise(budget: number): void {
    this.#budget = Math.max(this.#budget, budget);
  }

  /** Counts memory of a window of received messages; a negative number for what was given back. */
  receive(bytes: number): void {
    this.#received += bytes;
    this.#fit(0);
  }

  /**
   * Counts a window of sent messages, with `bytes` in all, as the most recently used one. Others are dropped for it.
   * @returns whether the budget has room for it; if not, it is not counted at all
   */
  keep(window: DroppableWindow, bytes: number): boolean {
    this.forget(window);
    if (this.#received + bytes > this.#budget) return false;
    this.#fit(bytes);
    this.#kept.set(window, bytes);
    this.#sent += bytes;
    return true;
  }

  /** The window is not used any more. */
  forget(window: DroppableWindow): void {
    const bytes = this.#kept.get(window);
    if (bytes === undefined) return;
    this.#kept.delete(window);
    this.#sent -= bytes;
  }

  /** Drops windows until so many more bytes fit. */
  #fit(bytes: number): void {
    if (this.bytes + bytes <= this.#budget) return;
    for (const window of this.#kept.keys()) {
      this.forget(window);
      window.drop();
      if (this.bytes + bytes <= this.#budget) return;
    }
  }
}

/** The windows of this thread. */
export const threadWindows: WindowStore = new WindowStore();
