// Node's global timers and queues, as they were when this module was loaded; src/host/globals.ts has the reason.
import { setImmediate as immediate } from "node:timers";

const { nextTick: atEndOfTurn } = process;

export const setImmediate = immediate;

/**
 * Jest may have replaced it before this module is loaded, by a fake that never calls back; fake timers carry a mark.
 */
export const nextTick: <Args extends unknown[]>(callback: (...args: Args) => void, ...args: Args) => void =
  "clock" in atEndOfTurn
    ? (callback, ...args) => void Promise.resolve().then(() => callback(...args))
    : atEndOfTurn;
