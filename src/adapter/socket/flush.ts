// What is sent in a turn of the event loop leaves at its end.

/** Something whose output waits for the end of the turn. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/** Flushes at the end of this turn of the event loop, together with whatever else waits for that. */
export function flushLater(flushable: Flushable, defer: (callback: () => void) => void): void {
  if (waiting.push(flushable) === 1) defer(flushAll);
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const each of all) each.flush();
}
