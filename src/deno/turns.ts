// The next turn of Deno's event loop, in which input is looked for.

import { Turns } from "../adapter/turn.js";
import { setTimeout } from "../host/globals.js";
import { setImmediate } from "../node/globals.js";

/** Input is looked for at least this often, in milliseconds. */
const MOST_MS = 5;

const now = performance.now.bind(performance);
let since = 0;

/**
 * While there are immediates, Deno looks for input only once in some 60 turns; it does at once when it waits for a timer. A timer takes
 * a millisecond, though, so most turns go without.
 */
function nextTurn(callback: () => void): void {
  if (now() - since < MOST_MS) {
    setImmediate(callback);
    return;
  }
  setTimeout(() => {
    since = now();
    callback();
  }, 0);
}

export const denoTurns = new Turns(nextTurn);
