// The end of a turn of the event loop, when frames that were gathered in it are written.
import { nextTick } from "../node/globals.js";

/** Something that has gathered output. */
export interface Gathering {
  /** Writes it. Never throws. */
  flush(): void;
}

let waiting: Gathering[] = [];
let listens = false;

/** Has output written at the end of this turn, or when the process exits before. One callback serves all. */
export function flushAtTurnEnd(gathering: Gathering): void {
  if (waiting.push(gathering) > 1) return;
  nextTick(flushAll);
  if (listens) return;
  listens = true;
  process.on("exit", flushAll);
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const each of all) each.flush();
}
