// The end of a turn of the event loop, when the output of the turn is written.

/** Something whose output waits for the end of the turn. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/** Flushes at the end of this turn of the event loop. One callback of the runtime serves all objects that wait. */
export function flushLater(flushable: Flushable, defer: (callback: () => void) => void): void {
  if (waiting.push(flushable) === 1) defer(flushAll);
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const each of all) each.flush();
}
