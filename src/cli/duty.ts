// What a process that serves is told, and how it says that it listens.
import { untilSignal } from "./listening.js";

/** The duty of a process that serves. */
export interface Duty {
  /** Resolves when it has to stop. */
  readonly stop: Promise<unknown>;
  /** Whether other processes listen on the same port, each for itself. */
  readonly reusePort: boolean;
  listening(url: string): void;
}

/** That of a process that serves alone: until a signal. */
export function alone(): Duty {
  return { stop: untilSignal(), reusePort: false, listening: (url) => console.log(`listening on ${url}`) };
}
