// CPU time and memory of a process, from /proc.
import { readFileSync } from "node:fs";
import { CliError, errorCode } from "../command.js";

/** CPU time and memory that a process has used so far. */
export interface ProcessUsage {
  /** User and system time of all its threads, to 10 ms. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Linux counts in hundredths of a second wherever Node runs. */
const MS_PER_TICK = 10;

/** Fields 14 and 15 of /proc/PID/stat, counted from the third, which follows the name in brackets. */
const UTIME = 11;
const STIME = 12;

/** @throws CliError if there is no such process, or no /proc */
export function processUsage(pid: number): ProcessUsage {
  if (process.platform !== "linux") throw new CliError("--pid works on Linux only, for it reads /proc");
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name may have spaces and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return {
      cpuMs: (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK,
      rssBytes: Number(resident?.[1] ?? 0) * 1024,
    };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ESRCH") throw new CliError(`--pid ${pid}: there is no such process`);
    throw error;
  }
}
