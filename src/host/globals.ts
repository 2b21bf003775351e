// The host's timers and queues, as they were when this was loaded. Test runners put others in the place of the global ones, in which
// time stands still until the test moves it: a connection must not stop with it.

/** Jest may have replaced the global ones before this is loaded, but not those of Node's module. */
const timers = globalThis.process?.getBuiltinModule?.("node:timers") ?? globalThis;

export const { clearInterval, clearTimeout, setInterval, setTimeout } = timers;
export const { queueMicrotask } = globalThis;
