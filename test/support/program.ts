// Starts programs for tests, and reads their output.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const PATIENCE_MS = 15_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A descriptor of this process's that the program gets as its descriptor 3. */
  readonly fd?: number;
}

const running = new Set<Program>();

/** Runs `wsimd` with arguments, as it was built. */
export function wsimd(args: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(process.execPath, [mainFile(), ...args], options);
}

/** The path of `wsimd`. @throws Error if it has not been built */
export function mainFile(): string {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
  return MAIN;
}

/** Kills what a test left behind. */
export async function killPrograms(): Promise<void> {
  const left = [...running];
  for (const program of left) program.signal("SIGKILL");
  await Promise.all(left.map((program) => program.exit));
}

/** A child process whose output is kept, and waited for. */
export class Program {
  /** Resolves when it is over and all of its output is here. */
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #stdout: Readable;
  readonly stdin: Writable;
  readonly #output: Buffer[] = [];
  readonly #looks = new Set<() => void>();
  stderr = "";

  constructor(file: string, args: readonly string[], options: ProgramOptions = {}) {
    const env = { ...process.env, ...options.env };
    const inherited = options.fd === undefined ? [] : [options.fd];
    const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe", ...inherited] });
    const { stdin, stdout, stderr } = child;
    if (stdin === null || stdout === null || stderr === null) throw new Error(`${file} has no pipes`);
    this.#child = child;
    this.#stdout = stdout;
    this.stdin = stdin;
    running.add(this);
    stdout.on("data", (chunk: Buffer) => {
      this.#output.push(chunk);
      this.#look();
    });
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#look();
    });
    // It may end while it is still being written to.
    stdin.on("error", () => {});
    this.exit = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        running.delete(this);
        this.#look();
        resolve({ code, signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get output(): Buffer {
    return Buffer.concat(this.#output);
  }

  get stdout(): string {
    return this.output.toString();
  }

  /** The lines of its output, from the first if this is called at once. */
  lines(): AsyncIterableIterator<string> {
    return createInterface({ input: this.#stdout })[Symbol.asyncIterator]();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads no more of its output, like `head` when it has enough. */
  closeOutput(): void {
    this.#stdout.destroy();
  }

  /** Resolves as soon as standard output has what is looked for. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#sees(pattern, () => this.stdout);
  }

  /** Resolves as soon as standard error has what is looked for. */
  complains(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#sees(pattern, () => this.stderr);
  }

  async #sees(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    const [file, ...args] = this.#child.spawnargs;
    const failed = (why: string) =>
      new Error(`${file} ${args.join(" ")} ${why} ${pattern}:\n${this.stdout}${this.stderr}`);
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text());
        if (match === null && running.has(this)) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        if (match === null) reject(failed("ended without"));
        else resolve(match);
      };
      const timer = setTimeout(() => {
        this.#looks.delete(look);
        reject(failed("does not show"));
      }, PATIENCE_MS);
      this.#looks.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }
}
