// The method that `await using` calls at the end of a block.
declare global {
  interface SymbolConstructor {
    /** Declared here for projects whose `lib` lacks it. It is the same where `lib` or `@types/node` has it. */
    readonly asyncDispose: unique symbol;
  }
}

/** What `await using` closes. */
export interface AsyncDisposal {
  /** As `close()`, and resolves when all has ended. A second call waits for the same end. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Gives the objects of a class that method. On hosts without `Symbol.asyncDispose` it has the name that compilers of
 * `await using` look for there.
 */
export function giveDisposal<Instance extends object>(
  prototype: Instance,
  dispose: (this: Instance) => Promise<void>,
): void {
  const name = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
  const descriptor = {
    __proto__: null,
    value: dispose,
    configurable: true,
    enumerable: false,
    writable: true,
  };
  Object.defineProperty(prototype, name, descriptor);
}
