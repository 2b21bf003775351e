// The host's timers and queues, as they were when this was loaded. Test runners replace the global ones by fakes, whose
// time stands still until the test advances it. Connections must go on meanwhile.

/** Jest may have replaced the global ones before this is loaded, but not those of Node's module. */
const timers = globalThis.process?.getBuiltinModule?.("node:timers") ?? globalThis;

export const { clearInterval, clearTimeout, setInterval, setTimeout } = timers;
export const { queueMicrotask } = globalThis;
