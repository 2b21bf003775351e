// The memory of other processes, as Linux counts it.
import { readFileSync } from "node:fs";
import type { Program } from "./program.js";

/** Bytes of memory that a process has, and the most that it ever had. */
export function memoryOf(program: Program): { now: number; peak: number } {
  const status = readFileSync(`/proc/${program.pid}/status`, "utf8");
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]);
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}
