// Waiting for an abort signal, with one listener for all that wait for the same one: Node takes the eleventh for a leak, and warns.

interface Waiting {
  readonly callbacks: Set<() => void>;
  /** Knows its signal by itself: workerd calls listeners without one for `this`. */
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

/** Waits no longer. Nothing stays on the signal when the last has gone. */
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
