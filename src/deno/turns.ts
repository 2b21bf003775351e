// Schedules work for the next turn of Deno's event loop, after input was polled.

import { Turns } from "../adapter/turn.js";
import { setTimeout } from "../host/globals.js";
import { setImmediate } from "../node/globals.js";

/** The longest time between two polls for input, in milliseconds. */
const MOST_MS = 5;

const now = performance.now.bind(performance);
/** The time of the last poll for input in this thread. */
let since = 0;

/**
 * Uses an immediate, and now and then a timer: while immediates are pending, Deno does not poll for input in each turn.
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
