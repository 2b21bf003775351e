// Waits for abort signals, with one listener for each signal: Node warns of a leak when a signal has eleven listeners.

interface Waiting {
  readonly callbacks: Set<() => void>;
  /** The listener keeps its signal: workerd does not pass the signal as `this`. */
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Has `callback` called once, when the signal is aborted, unless {@link offAbort} comes first. */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  const known = waiting.get(signal);
  if (known !== undefined) {
    known.callbacks.add(callback);
    return;
  }
  const callbacks = new Set([callback]);
  const listener = (): void => {
    forget(signal, listener);
    for (const each of callbacks) each();
  };
  waiting.set(signal, { callbacks, listener });
  signal.addEventListener("abort", listener);
}

/** Stops waiting. The listener is removed from the signal when its last callback is. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const known = waiting.get(signal);
  if (known === undefined) return;
  known.callbacks.delete(callback);
  if (known.callbacks.size === 0) forget(signal, known.listener);
}

function forget(signal: AbortSignal, listener: () => void): void {
  waiting.delete(signal);
  signal.removeEventListener("abort", listener);
}
