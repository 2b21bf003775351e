// Waiting for an abort signal, with one listener for all that wait for the same one: Node takes the eleventh for a leak, and warns.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Has `callback` called once, when the signal is aborted, unless {@link offAbort} comes first. */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  const callbacks = waiting.get(signal);
  if (callbacks !== undefined) {
    callbacks.add(callback);
    return;
  }
  waiting.set(signal, new Set([callback]));
  signal.addEventListener("abort", aborted);
}

/** Waits no longer. Nothing stays on the signal when the last has gone. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const callbacks = waiting.get(signal);
  if (callbacks === undefined) return;
  callbacks.delete(callback);
  if (callbacks.size === 0) forget(signal);
}

function aborted(this: AbortSignal): void {
  const callbacks = waiting.get(this) ?? [];
  forget(this);
  for (const callback of callbacks) callback();
}

function forget(signal: AbortSignal): void {
  waiting.delete(signal);
  signal.removeEventListener("abort", aborted);
}
