// When output that was gathered is written: at the end of the turn of the event loop or of the read that has caused it,
// and in any case before the process exits.
import { nextTick } from "../node/globals.js";

/** Something that gathers output. */
export interface Gathering {
  /** Writes it. Never throws. */
  flush(): void;
}

/** A gathering whose output leaves at the end of a read. */
export interface ReadGathering extends Gathering {
  /** The one whose read goes on outside of this one's: a listener runs an event loop of its own. */
  outer: ReadGathering | undefined;
}

let waiting: Gathering[] = [];
let innermost: ReadGathering | undefined;
let listens = false;

/** Has output written at the end of this turn. One callback serves all. */
export function flushAtTurnEnd(gathering: Gathering): void {
  if (waiting.push(gathering) > 1) return;
  nextTick(flushAll);
  if (!listens) listen();
}

/** A read begins, at whose end the gathering writes its output by itself. {@link readEnds} must follow. */
export function readBegins(gathering: ReadGathering): void {
  gathering.outer = innermost;
  innermost = gathering;
  if (!listens) listen();
}

/** The read has ended that was begun last. */
export function readEnds(gathering: ReadGathering): void {
  innermost = gathering.outer;
  gathering.outer = undefined;
}

function listen(): void {
  listens = true;
  process.on("exit", () => {
    flushAll();
    for (let each = innermost; each !== undefined; each = each.outer) each.flush();
  });
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const each of all) each.flush();
}
