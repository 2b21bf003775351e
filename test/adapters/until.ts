// Waiting for what will happen, without guessing how long it takes.

/** As they are now: a case may have them stand still. */
const { clearTimeout, setImmediate, setTimeout } = globalThis;

/** Longest that anything here takes on a machine that is busy. */
const PATIENCE_MS = 10_000;

const waiting = new Set<() => void>();

/** Has every pending wait check its condition again. Recorders and peers call this for each event. */
export function happened(): void {
  for (const look of [...waiting]) look();
}

/**
 * Resolves as soon as the condition holds. It is looked at after every event of a recorder or a peer.
 * @param what - for the message of the error, or a function that tells more
 * @throws Error if that takes longer than anything may
 */
export async function until(condition: () => boolean, what: string | (() => string)): Promise<void> {
  if (condition()) return;
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      let holds: boolean;
      try {
        holds = condition();
      } catch (error) {
        done();
        reject(error);
        return;
      }
      if (!holds) return;
      done();
      resolve();
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`waited in vain for ${typeof what === "string" ? what : what()}`));
    }, PATIENCE_MS);
    const done = (): void => {
      clearTimeout(timer);
      waiting.delete(look);
    };
    waiting.add(look);
  });
}

/** As {@link until}, for a condition that no event tells of: it is looked at once in each turn of the event loop. */
export async function eventually(condition: () => boolean, what: string | (() => string)): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > end)
      throw new Error(`waited in vain for ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Rejects if the promise takes longer than anything may. */
export async function soon<T>(promise: Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets a few turns of the event loop pass: enough for what must not happen, if it did, to be seen. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
