// A server in a child process.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("server.js", import.meta.url));
const PATIENCE_MS = 120_000;

/** @type {Set<Child>} */
const running = new Set();

/** Kills what is left. */
export function killAll() {
  for (const child of running) child.kill();
}

export class Child {
  port = 0;
  #process;

  /** @param {import("node:child_process").ChildProcess} process */
  constructor(process) {
    this.#process = process;
    running.add(this);
    process.once("exit", () => running.delete(this));
  }

  /**
   * @param {import("./server.js").Task} task
   * @param {{ files?: number }} [bounds] - how many descriptors the process may have
   */
  static async start(task, { files } = {}) {
    const json = JSON.stringify(task);
    const env = { ...process.env, NODE_ENV: "production" };
    const child = new Child(
      files === undefined
        ? fork(FILE, [json], { execArgv: ["--expose-gc"], env })
        : spawn(
            "sh",
            ["-c", `ulimit -n ${files}; exec "$0" --expose-gc "$1" "$2"`, process.execPath, FILE, json],
            {
              env,
              stdio: ["ignore", "inherit", "inherit", "ipc"],
            },
          ),
    );
    const { port } = await child.#answer();
    child.port = port;
    return child;
  }

  get pid() {
    return this.#process.pid ?? 0;
  }

  /** @returns {Promise<import("./server.js").Report>} */
  report() {
    this.#process.send("report");
    return this.#answer();
  }

  /** Has it send all it can to everybody. */
  push() {
    this.#process.send("push");
    return this.#answer();
  }

  /**
   * Closes the server, and waits for its process to end.
   * @returns {Promise<string>} what went wrong with that, or ""
   */
  async close() {
    this.#process.send("close");
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

  /** @returns {Promise<any>} */
  async #answer() {
    const ended = new AbortController();
    const onExit = () => ended.abort();
    this.#process.once("exit", onExit);
    try {
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const [message] = await once(this.#process, "message", { signal });
      return message;
    } catch (error) {
      throw new Error(ended.signal.aborted ? "the server ended" : "the server does not answer", {
        cause: error,
      });
    } finally {
      this.#process.off("exit", onExit);
    }
  }
}
