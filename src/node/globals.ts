// What Node's sockets need of its globals, as it was when this was loaded: src/host/globals.ts says why.
import { setImmediate as immediate } from "node:timers";

const { nextTick: atEndOfTurn } = process;

export const setImmediate = immediate;

/** Jest may have replaced it before this is loaded, by one that calls nothing; fake timers mark what they replace. */
export const nextTick: (callback: () => void) => void =
  "clock" in atEndOfTurn ? (callback) => void Promise.resolve().then(callback) : atEndOfTurn;
