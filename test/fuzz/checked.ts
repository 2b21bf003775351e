// What the check of an input comes to.
import type { FailureCode } from "../../src/index.js";

/** Two that should agree and don't. */
export class Disagreement extends Error {}

export interface Checked {
  /** How the connection failed, if it did. */
  readonly failure: FailureCode | undefined;
  readonly events: number;
  /** `alike`, or why the other implementation differs; nothing if it was not asked. */
  readonly peer: string | undefined;
}
