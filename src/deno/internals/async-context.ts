// Asynchronous contexts of Deno, entered without an `AsyncResource`, which takes much longer.
import { AsyncLocalStorage } from "node:async_hooks";
import { captureContext as captureResource } from "../../adapter/async-context.js";
import type { AsyncContext } from "../../adapter/transport.js";

/** The current context of a thread. A context is a value that only Deno looks into. */
interface ContextSlot {
  getAsyncContext(): unknown;
  setAsyncContext(context: unknown): void;
}

/** Undefined before the first lookup, null on a Deno without it. */
let slot: ContextSlot | null | undefined;

/** Remembers the context of the caller. */
export function captureContext(): AsyncContext {
  if (slot === undefined) slot = findSlot() ?? null;
  return slot === null ? captureResource() : new CapturedContext(slot);
}

/** All reads of a connection are handled in its context, so entering costs each message. */
class CapturedContext implements AsyncContext {
  readonly #slot: ContextSlot;
  readonly #context: unknown;

  constructor(found: ContextSlot) {
    this.#slot = found;
    this.#context = found.getAsyncContext();
  }

  runInAsyncScope<This, Args extends unknown[]>(
    callback: (this: This, ...args: Args) => void,
    self?: This,
    ...args: Args
  ): void {
    const { getAsyncContext, setAsyncContext } = this.#slot;
    const before = getAsyncContext();
    setAsyncContext(this.#context);
    try {
      Reflect.apply(callback, self, args);
    } finally {
      setAsyncContext(before);
    }
  }
}

function findSlot(): ContextSlot | undefined {
  try {
    const deno: object = Reflect.get(globalThis, "Deno");
    const key: unknown = Reflect.get(deno, "internal");
    if (typeof key !== "symbol") return undefined;
    const core: unknown = Reflect.get(Object(Reflect.get(deno, key)), "core");
    return isContextSlot(core) && works(core) ? core : undefined;
  } catch {
    // Some part is missing, or is another one.
    return undefined;
  }
}

function isContextSlot(core: unknown): core is ContextSlot {
  if (typeof core !== "object" || core === null) return false;
  return ["getAsyncContext", "setAsyncContext"].every(
    (name) => typeof Reflect.get(core, name) === "function",
  );
}

/** Whether a context that was taken out of the slot is entered when it is put back. */
function works({ getAsyncContext, setAsyncContext }: ContextSlot): boolean {
  const storage = new AsyncLocalStorage<boolean>();
  const before = getAsyncContext();
  const inner = storage.run(true, getAsyncContext);
  try {
    setAsyncContext(inner);
    return storage.getStore() === true;
  } finally {
    setAsyncContext(before);
  }
}
