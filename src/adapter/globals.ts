// The host's timers and queues, as they were when this was loaded. Test runners put others in the place of the global ones, in which
// time stands still until the test moves it: a connection must not stop with it.

export const { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout } = globalThis;
