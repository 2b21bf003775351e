// A batch of inputs: the unit of work, the same on every machine.
import type { Kind } from "./generate.js";
import { TARGETS, type TargetName } from "./target.js";

export const BATCH_INPUTS = 1000;

/** What a batch came to. */
export interface BatchReport {
  readonly inputs: Readonly<Record<Kind, number>>;
  readonly bytes: number;
  readonly events: number;
  /** How often connections failed in which way. */
  readonly failures: ReadonlyMap<string, number>;
  /** How often the other implementation was alike, or differed for which reason. */
  readonly peer: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

/** An input that shows a fault. */
export interface Finding {
  readonly input: Uint8Array;
  readonly message: string;
}

/** The batches of a run have seeds that differ in more than the last bits. */
export function batchSeed(seed: number, batch: number): number {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(batch + 1, 0xc2b2ae35)) >>> 0;
}

/**
 * @param onInput - told of each input before it runs
 * @param onFinding - told of the first that fails, with which the batch ends: others are likely to show the same
 */
export function runBatch(
  target: TargetName,
  seed: number,
  batch: number,
  onInput: (input: Uint8Array) => void,
  onFinding: (finding: Finding) => void,
): BatchReport {
  const { check } = TARGETS[target];
  const generator = TARGETS[target].inputs(batchSeed(seed, batch));
  const inputs = { grammar: 0, mutated: 0, raw: 0 };
  const failures = new Map<string, number>();
  const peer = new Map<string, number>();
  let bytes = 0;
  let events = 0;
  let slowestMs = 0;
  for (let i = 0; i < BATCH_INPUTS; i++) {
    const input = generator.next();
    inputs[generator.kind]++;
    bytes += input.length;
    onInput(input);
    const start = performance.now();
    try {
      const checked = check(input);
      events += checked.events;
      if (checked.failure !== undefined) count(failures, checked.failure);
      if (checked.peer !== undefined) count(peer, checked.peer);
    } catch (error) {
      onFinding({ input, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      break;
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  return { inputs, bytes, events, failures, peer, slowestMs };
}

export function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
