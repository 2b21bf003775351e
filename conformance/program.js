// Programs that are tested or that connect to what is: started as a group of processes, and stopped with all of it.
import { spawn } from "node:child_process";
import { ClientTarget } from "./target.js";

const START_MS = 20_000;
const STOP_MS = 2000;
const KEPT_ERROR_CHARACTERS = 300;

/** @type {Set<Program>} */
const running = new Set();

/** Stops what is still running. */
export async function stopPrograms() {
  await Promise.all([...running].map((program) => program.stop()));
}

export class Program {
  #child;
  #output = "";
  /** The end of what it wrote to standard error. */
  errors = "";
  gone = false;

  /**
   * @param {readonly string[]} command
   * @param {Record<string, string>} [env]
   */
  constructor([file = "", ...args], env = {}) {
    this.#child = spawn(file, args, { env: { ...process.env, ...env }, detached: true });
    running.add(this);
    this.#child.stdin.on("error", () => {});
    this.#child.stdout.on("data", (chunk) => {
      this.#output = (this.#output + chunk).slice(-1000);
    });
    this.#child.stderr.on("data", (chunk) => {
      this.errors = (this.errors + chunk).slice(-KEPT_ERROR_CHARACTERS);
    });
    /** Resolves when it has ended, or could not be started. */
    this.exit = new Promise((resolve) => {
      for (const event of ["error", "close"]) {
        this.#child.on(event, (/** @type {unknown} */ error) => {
          if (error instanceof Error) this.errors += error.message;
          this.gone = true;
          running.delete(this);
          resolve(undefined);
        });
      }
    });
  }

  /** The port in the line `listening PORT` that it prints. */
  async port() {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const found = /^listening (\d+)$/m.exec(this.#output);
      if (found?.[1] !== undefined) return Number(found[1]);
      if (this.gone || performance.now() > deadline) throw new Error(`does not start: ${this.errors}`);
      await Promise.race([this.exit, new Promise((resolve) => this.#child.stdout.once("data", resolve))]);
    }
  }

  async stop() {
    if (this.gone) return;
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), STOP_MS);
    await this.exit;
    clearTimeout(timer);
  }

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended already.
    }
  }
}

/**
 * A client that is a program, to be judged.
 * @param {readonly string[]} command - the URL becomes its last argument, or takes the place of `{url}`
 * @param {Record<string, string>} [env]
 */
export function clientTarget(command, env = {}) {
  const target = new ClientTarget((url) => {
    const filled = command.map((part) => part.replaceAll("{url}", url));
    return new Program(filled.some((part, i) => part !== command[i]) ? filled : [...command, url], env);
  });
  return { target, stop: () => target.stop() };
}
