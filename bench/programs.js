// The processes of a benchmark: servers on one processor, clients on another, each started by hand and stopped by its pid.
import { execFile, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { file, START_TIMEOUT_MS, subjectOf } from "./subjects.js";

const COMMAND_TIMEOUT_MS = 60_000;

/** Whether processes are kept to one processor each: steadier, where there are two and `taskset` is there. */
let pinning = availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;

export function stopPinning() {
  pinning = false;
}

export function isPinning() {
  return pinning;
}

/**
 * @param {string[]} command
 * @param {number | string} cpu - one, or several as `taskset` takes them
 */
function pinned(command, cpu) {
  return pinning ? ["taskset", "-c", String(cpu), ...command] : command;
}

/** A process that prints lines and takes commands: a server, or a client that holds connections. */
export class Program {
  /** @type {import("node:child_process").ChildProcessWithoutNullStreams} */
  #child;
  #name;
  /** @type {string[]} */
  #lines = [];
  /** @type {(() => void) | undefined} */
  #wake;
  #errors = "";
  #gone = false;

  /**
   * @param {string} name
   * @param {string[]} command
   * @param {number | string} cpu
   * @param {Record<string, string>} [env]
   */
  constructor(name, command, cpu, env = {}) {
    this.#name = name;
    const [program = "", ...args] = pinned(command, cpu);
    this.#child = spawn(program, args, { env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", ...env } });
    programs.add(this);
    this.#child.stderr.on("data", (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-2000);
    });
    this.#child.stdin.on("error", () => {});
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake?.();
    });
    for (const event of ["error", "close"]) {
      this.#child.on(event, () => {
        this.#gone = true;
        this.#wake?.();
      });
    }
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /** The next line of its output. */
  async line(timeoutMs = COMMAND_TIMEOUT_MS) {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#gone) throw new Error(`${this.#name} ended: ${this.#errors.trim() || "without a word"}`);
      const left = end - performance.now();
      if (left <= 0) throw new Error(`${this.#name} said nothing for ${timeoutMs} ms`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
  }

  /**
   * Gives a command and waits for the answer.
   * @param {string} line
   */
  async command(line) {
    this.#child.stdin.write(`${line}\n`);
    return this.line();
  }

  async stop() {
    programs.delete(this);
    if (this.#gone) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await ended;
    clearTimeout(timer);
  }
}

/** @type {Set<Program>} */
const programs = new Set();

/** Stops what is still running. */
export async function stopAll() {
  await Promise.all([...programs].map((program) => program.stop()));
}

const SERVER_CPU = 0;
const CLIENT_CPU = 1;

/**
 * @param {string} name - a subject's
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ program: Program; port: number }>}
 */
export async function startServer(name, env = {}) {
  const subject = subjectOf(name);
  if (subject?.command === undefined) throw new Error(`${name} is not installed`);
  const program = new Program(name, subject.command, SERVER_CPU, { ...subject.env, ...env });
  const port = Number(/^listening (\d+)$/.exec(await program.line(START_TIMEOUT_MS))?.[1]);
  return { program, port };
}

/**
 * Starts one of the clients here, on the server's processor's neighbour.
 * @param {string} name
 * @param {(string | number)[]} args
 */
export function startClient(name, args) {
  return new Program(name, [process.execPath, file(`clients/${name}.js`), ...args.map(String)], CLIENT_CPU);
}

/**
 * Runs one of the clients to its end and reads the JSON that it prints.
 * @param {string} name
 * @param {(string | number)[]} args
 */
export function runClient(name, args) {
  return runJson([process.execPath, file(`clients/${name}.js`), ...args.map(String)]);
}

/**
 * Runs one of the programs that measure a start, and reads the number that it prints.
 * @param {string} node - the binary
 * @param {readonly string[]} args - the program's name, and its arguments
 * @returns {Promise<number>}
 */
export function runStart(node, [name, ...args]) {
  return runJson([node, file(`starts/${name}.js`), ...args]);
}

/**
 * The CPU time of a process so far, which Linux counts in hundredths of a second.
 * @param {number} pid
 */
export function cpuMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** @param {string[]} command */
async function runJson(command) {
  const [program = "", ...args] = pinned(command, CLIENT_CPU);
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: COMMAND_TIMEOUT_MS });
    return JSON.parse(stdout);
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new Error(stderr || String(error));
  }
}
