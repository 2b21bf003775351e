// The next turn of Deno's event loop, in which input is looked for.

import { Turns } from "../adapter/turn.js";
import { setTimeout } from "../host/globals.js";
import { setImmediate } from "../node/globals.js";

/** Input is looked for at least this often, in milliseconds. */
const MOST_MS = 5;

const now = performance.now.bind(performance);
/** When input was last looked for in this thread. */
let since = 0;

/** By an immediate, and now and then by a timer: while there are immediates, Deno looks for input more rarely than once in a turn. */
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
