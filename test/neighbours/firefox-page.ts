// One page in Debian's Firefox, driven by WebDriver BiDi. Playwright drives only builds of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";

const START_MS = 30_000;
const POLL_MS = 50;
/** No requests to elsewhere. */
const PREFERENCES = [
  ["app.update.enabled", false],
  ["network.captive-portal-service.enabled", false],
  ["network.connectivity-service.enabled", false],
  ["network.proxy.type", 0],
  ["services.settings.server", "data:,"],
] as const;

/** A Firefox with one page. */
export class Firefox {
  /** What the page wrote to its console as errors, and what it threw. */
  readonly errors: string[] = [];
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #ids = 0;
  #page = "";

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#received(JSON.parse(data.toString())));
  }

  static async open(url: string): Promise<Firefox> {
    const profile = await mkdtemp(path.join(tmpdir(), "wsimd-firefox-"));
    const lines = PREFERENCES.map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
    await writeFile(path.join(profile, "user.js"), lines.join(""));
    const program = process.env.FIREFOX ?? "firefox-esr";
    const args = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", profile];
    const env = { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" };
    const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    const address = await listeningAddress(child);
    const socket = new WebSocket(`${address}/session`);
    await once(socket, "open");
    const firefox = new Firefox(child, profile, socket);
    await firefox.#command("session.new", { capabilities: {} });
    await firefox.#command("session.subscribe", { events: ["log.entryAdded"] });
    const tree = await firefox.#command("browsingContext.getTree", {});
    firefox.#page = text(tree, "contexts", "0", "context");
    await firefox.#command("browsingContext.navigate", { context: firefox.#page, url, wait: "complete" });
    return firefox;
  }

  /** The value of an expression, as a string. */
  async evaluate(expression: string): Promise<string> {
    const target = { context: this.#page };
    const answer = await this.#command("script.evaluate", { expression, target, awaitPromise: true });
    return text(answer, "result", "value");
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    await this.evaluate(`new Promise((resolve) => {
      const timer = setInterval(() => {
        if (!(${expression})) return;
        clearInterval(timer);
        resolve("yes");
      }, ${POLL_MS});
    })`);
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#socket.close();
    this.#process.kill();
    await ended;
    // Its child processes end after it, and write until then.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #command(method: string, params: object): Promise<unknown> {
    const id = ++this.#ids;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if (member(answer, "type") === "success") resolve(member(answer, "result"));
        else reject(new Error(`${method}: ${JSON.stringify(answer)}`));
      });
    });
  }

  #received(message: unknown): void {
    const id = member(message, "id");
    if (typeof id === "number") this.#waiting.get(id)?.(message);
    const entry = member(message, "params");
    if (member(entry, "level") === "error") this.errors.push(String(member(entry, "text")));
  }
}

/** The address that Firefox prints when it listens. */
function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`Firefox does not listen: ${output}`)), START_MS);
    child.once("error", reject);
    child.stderr?.on("data", (chunk) => {
      output += String(chunk);
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(output)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** The string at a path. */
function text(value: unknown, ...names: readonly string[]): string {
  const found = names.reduce(member, value);
  return typeof found === "string" ? found : "";
}
