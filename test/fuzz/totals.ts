// What all batches so far came to, as a line for the terminal and as tables at the end.
import process from "node:process";
import { type BatchReport, count } from "./batch.js";
import { KINDS } from "./generate.js";
import type { FuzzTarget } from "./target.js";

export class Totals {
  inputs = 0;
  findings = 0;
  readonly #target: FuzzTarget;
  readonly #start = performance.now();
  readonly #kinds = { grammar: 0, mutated: 0, raw: 0 };
  readonly #failures = new Map<string, number>();
  readonly #peer = new Map<string, number>();
  #bytes = 0;
  #events = 0;
  #slowestMs = 0;

  constructor(target: FuzzTarget) {
    this.#target = target;
  }

  add(report: BatchReport): void {
    for (const kind of KINDS) {
      this.inputs += report.inputs[kind];
      this.#kinds[kind] += report.inputs[kind];
    }
    for (const [name, number] of report.failures) count(this.#failures, name, number);
    for (const [name, number] of report.peer) count(this.#peer, name, number);
    this.#bytes += report.bytes;
    this.#events += report.events;
    this.#slowestMs = Math.max(this.#slowestMs, report.slowestMs);
  }

  line(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const rate = Math.round(this.inputs / seconds);
    return `${time(seconds)}  ${grouped(this.inputs)} inputs, ${grouped(rate)}/s, ${this.findings} findings`;
  }

  table(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const { user, system } = process.cpuUsage();
    const microseconds = user + system;
    return [
      "",
      ...rows([
        ["inputs", this.inputs],
        ...KINDS.map((kind): Row => [`  ${kind}`, this.#kinds[kind]]),
        ["bytes", this.#bytes],
        ["events", this.#events],
        ["inputs per second", Math.round(this.inputs / seconds)],
        ["processor time for each input, µs", Math.round(microseconds / this.inputs)],
        ["slowest input, ms", Math.round(this.#slowestMs)],
        ["findings", this.findings],
      ]),
      "",
      "connections that failed, by code",
      ...rows(sorted(this.#failures)),
      "",
      `compared with ${this.#target.peer}`,
      ...rows(sorted(this.#peer)),
      "",
    ].join("\n");
  }
}

type Row = [name: string, number: number];

function sorted(counts: ReadonlyMap<string, number>): Row[] {
  return [...counts].sort(([, a], [, b]) => b - a).map(([name, number]) => [`  ${name}`, number]);
}

function rows(all: readonly Row[]): string[] {
  const width = Math.max(0, ...all.map(([name]) => name.length));
  return all.map(([name, number]) => `${name.padEnd(width)}  ${grouped(number).padStart(13)}`);
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

function time(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
