// What Node's sockets need of its globals, as it was when this was loaded: src/adapter/globals.ts says why.

export const { nextTick } = process;
export const { setImmediate } = globalThis;
