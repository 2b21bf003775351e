// In the place of src/host/globals.ts, for tests that move the time themselves: the timers of now, not those of when it was loaded.

export const { queueMicrotask } = globalThis;

type Timers = typeof globalThis;

export const setInterval = (...args: Parameters<Timers["setInterval"]>) => globalThis.setInterval(...args);
export const clearInterval = (...args: Parameters<Timers["clearInterval"]>) =>
  globalThis.clearInterval(...args);
export const setTimeout = (...args: Parameters<Timers["setTimeout"]>) => globalThis.setTimeout(...args);
export const clearTimeout = (...args: Parameters<Timers["clearTimeout"]>) => globalThis.clearTimeout(...args);
