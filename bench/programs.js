// The processes of a benchmark: servers on one processor, clients on another, each started by hand and stopped by its pid.
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const START_TIMEOUT_MS = 10_000;
const COMMAND_TIMEOUT_MS = 60_000;
const NODE = [process.execPath, "--expose-gc"];

/**
 * A server to measure.
 * @typedef {object} Subject
 * @property {string} name - short, without spaces
 * @property {string} label - for people
 * @property {string[] | undefined} command - undefined if it is not installed
 * @property {Record<string, string>} [env]
 * @property {readonly import("./cells.js").Cell["kind"][]} [kinds] - the only payloads that it is for
 */

/** @param {string} path - from here */
function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** @type {Subject[]} */
export const SUBJECTS = [
  { name: "wsimd", label: "wsimd", command: [...NODE, file("servers/wsimd.js")] },
  {
    name: "wsimd-borrow",
    label: "wsimd, borrowed payloads",
    command: [...NODE, file("servers/wsimd.js")],
    env: { BENCH_BORROW: "1" },
  },
  {
    name: "wsimd-utf8",
    label: "wsimd, text as bytes",
    command: [...NODE, file("servers/wsimd.js")],
    env: { BENCH_UTF8: "1" },
    kinds: ["text", "mixed"],
  },
  {
    name: "wsimd-data",
    label: "wsimd, 'data' events",
    command: [...NODE, file("servers/wsimd.js")],
    env: { WSIMD_INTERNALS: "off" },
  },
  {
    name: "wsimd-js",
    label: "wsimd, JavaScript kernel",
    command: [...NODE, file("servers/wsimd.js")],
    env: { WSIMD_KERNEL: "js" },
  },
  { name: "ws", label: "ws + bufferutil", command: [...NODE, file("servers/ws.js")] },
  {
    name: "ws-js",
    label: "ws, JavaScript only",
    command: [...NODE, file("servers/ws.js")],
    env: { WS_NO_BUFFER_UTIL: "1" },
  },
  { name: "faye", label: "faye-websocket", command: [...NODE, file("servers/faye.js")] },
  { name: "wsimd-bun", label: "wsimd on Bun", command: bunCommand("wsimd-bun") },
  { name: "bun", label: "Bun.serve", command: bunCommand("bun") },
  { name: "wsimd-deno", label: "wsimd on Deno", command: denoCommand("wsimd-deno") },
  { name: "deno", label: "Deno.upgradeWebSocket", command: denoCommand("deno") },
  { name: "net", label: "bare net.Socket", command: [...NODE, file("servers/net.js")] },
  { name: "floor", label: "no protocol", command: [...NODE, file("servers/floor.js")] },
];

/**
 * wsimd with some of its parts switched off, for the ablation, and once more as it is, for the noise floor. They are measured
 * where a section names them.
 * @type {Subject[]}
 */
export const VARIANTS = [
  variant("wsimd-again", "wsimd, once more", {}),
  variant("wsimd-scalar", "scalar kernel", { WSIMD_KERNEL: "scalar" }),
  variant("wsimd-flush", "one write a message", { BENCH_FLUSH: "1" }),
  variant("wsimd-data-flush", "public streams, one write a message", {
    WSIMD_INTERNALS: "off",
    BENCH_FLUSH: "1",
  }),
  variant("wsimd-none", "all three off", {
    WSIMD_KERNEL: "js",
    WSIMD_INTERNALS: "off",
    BENCH_FLUSH: "1",
  }),
];

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} env
 * @returns {Subject}
 */
function variant(name, label, env) {
  return { name, label, command: [...NODE, file("servers/wsimd.js")], env };
}

/** @param {string} name */
function subjectOf(name) {
  return [...SUBJECTS, ...VARIANTS].find((each) => each.name === name);
}

/**
 * The subject's name for people.
 * @param {string} name
 */
export function labelOf(name) {
  return subjectOf(name)?.label ?? name;
}

/**
 * Those of the subjects that can run here, in the order of the lists above.
 * @param {readonly string[]} names
 */
export function installed(names) {
  return [...SUBJECTS, ...VARIANTS]
    .filter(({ name, command }) => command !== undefined && names.includes(name))
    .map(({ name }) => name);
}

/** @param {string} server */
function bunCommand(server) {
  const binary = platformBinary("@oven", "bun", "bin/bun");
  return binary === undefined ? undefined : [binary, "--expose-gc", file(`servers/${server}.js`)];
}

/** @param {string} server */
function denoCommand(server) {
  const binary = platformBinary("@deno", "", "deno");
  if (binary === undefined) return undefined;
  const args = ["run", "-A", "--quiet", "--no-lock", "--no-config", "--no-remote", "--v8-flags=--expose-gc"];
  return [binary, ...args, file(`servers/${server}.js`)];
}

/**
 * The binary in the package for this platform: the wrapper packages fetch or link it with install scripts, which don't run.
 * @param {string} scope
 * @param {string} prefix
 * @param {string} path
 */
function platformBinary(scope, prefix, path) {
  const folder = file(`node_modules/${scope}`);
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).sort()) {
    const binary = `${folder}/${name}/${path}`;
    if (!name.startsWith(prefix) || !existsSync(binary)) continue;
    if (spawnSync(binary, ["--version"], { timeout: START_TIMEOUT_MS }).status === 0) return binary;
  }
  return undefined;
}

/**
 * The subject's version.
 * @param {string} name
 */
export function version(name) {
  const command = subjectOf(name)?.command;
  if (command?.[0] === undefined) return "not installed";
  const { stdout } = spawnSync(command[0], ["--version"], { encoding: "utf8", timeout: START_TIMEOUT_MS });
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown";
}

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
 * @param {number} cpu
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
   * @param {number} cpu
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
 * Runs `wsimd bench`.
 * @param {(string | number)[]} args
 */
export function runLoad(args) {
  return runJson([process.execPath, file("../dist/cli/main.js"), "bench", ...args.map(String), "--json"]);
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
