// A server in a child process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { commandOf } from "./runtimes.js";
import { openSockets } from "./sockets.js";

const FILE = fileURLToPath(new URL("server.js", import.meta.url));
const PATIENCE_MS = 120_000;

/**
 * @typedef {import("./server.js").Report & { sockets: number }} Report - with the TCP connections that its process has
 */

/** @type {Set<Child>} */
const running = new Set();

/** Kills what is left. */
export function killAll() {
  for (const child of running) child.kill();
}

export class Child {
  port = 0;
  #process;
  #lines;

  /**
   * @param {import("node:child_process").ChildProcessByStdio<import("node:stream").Writable,
   * import("node:stream").Readable, null>} process
   */
  constructor(process) {
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    running.add(this);
    process.once("exit", () => running.delete(this));
    // It may have ended when it is asked something, which shows as no answer.
    process.stdin.on("error", () => {});
  }

  /**
   * @param {import("./server.js").Task} task
   * @param {{ files?: number | undefined }} [bounds] - how many descriptors the process may have
   */
  static async start(task, { files } = {}) {
    const command = [...commandOf(task.runtime), FILE, JSON.stringify(task)];
    const [binary = "", ...args] =
      files === undefined ? command : ["sh", "-c", `ulimit -n ${files}; exec "$0" "$@"`, ...command];
    const env = { ...process.env, NODE_ENV: "production", DENO_NO_UPDATE_CHECK: "1" };
    const child = new Child(spawn(binary, args, { env, stdio: ["pipe", "pipe", "inherit"] }));
    const { port } = await child.#answer();
    child.port = port;
    return child;
  }

  get pid() {
    return this.#process.pid ?? 0;
  }

  /** @returns {Promise<Report>} */
  report() {
    return this.#ask("report");
  }

  /** Has it send all it can to every client. */
  push() {
    return this.#ask("push");
  }

  /**
   * Closes the server, and waits for its process to end.
   * @returns {Promise<string>} what went wrong with that, or ""
   */
  async close() {
    this.#process.stdin.end();
    const late = AbortSignal.timeout(15_000);
    try {
      const [code] = await once(this.#process, "exit", { signal: late });
      return code === 0 ? "" : `it ended with ${code}`;
    } catch {
      this.kill();
      return "something keeps it alive";
    }
  }

  kill() {
    this.#process.kill("SIGKILL");
  }

  /**
   * @param {string} command
   * @returns {Promise<Report>}
   */
  async #ask(command) {
    this.#process.stdin.write(`${command}\n`);
    return { ...(await this.#answer()), sockets: openSockets(this.pid) };
  }

  /** @returns {Promise<any>} */
  async #answer() {
    const late = setTimeout(() => this.kill(), PATIENCE_MS);
    const { done, value } = await this.#lines.next();
    clearTimeout(late);
    if (done) throw new Error(`the server ended, or did not answer within ${PATIENCE_MS} ms`);
    return JSON.parse(value);
  }
}
