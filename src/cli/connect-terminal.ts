// `wsimd connect` at a terminal.
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import { EXIT_SIGINT, endedWell, type Frontend, type Session } from "./connect-session.js";
import { hexLine, visible } from "./visible.js";

/** The number of bytes of a binary message that are shown. */
const SHOWN_BYTES = 64;

/** `wsimd connect` in a terminal: a prompt, with received messages printed above it. */
export class ConnectTerminal implements Frontend {
  readonly interrupted: Promise<number>;
  readonly #url: URL;
  #prompt: Interface | undefined;
  #interrupt!: (exitCode: number) => void;

  constructor(url: URL) {
    this.#url = url;
    this.interrupted = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
  }

  received(message: string | Uint8Array): undefined {
    this.#print(`< ${typeof message === "string" ? visible(message) : hexLine(message, SHOWN_BYTES)}`);
  }

  tell(line: string): void {
    this.#print(line);
  }

  async run(session: Session): Promise<void> {
    const protocol = session.protocol === "" ? "" : `, subprotocol ${visible(session.protocol)}`;
    const compressed = session.compressed ? ", compressed" : "";
    this.#print(`connected to ${this.#url}${protocol}${compressed}; Ctrl-D closes`);
    const prompt = createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
    this.#prompt = prompt;
    // In a terminal's raw mode Ctrl-C is a key, not a signal.
    prompt.on("SIGINT", () => this.#interrupt(EXIT_SIGINT));
    session.closed.then((ending) => {
      const good = "closeEvent" in ending && endedWell(ending.closeEvent);
      if (good) this.#print(`closed with ${ending.closeEvent.code}`);
      this.#prompt = undefined;
      prompt.close();
      cursorTo(process.stdout, 0);
      clearScreenDown(process.stdout);
    });
    prompt.prompt();
    for await (const line of prompt) {
      if (!(await session.send(line))) return;
      prompt.prompt();
    }
    if (this.#prompt === undefined) return;
    this.#prompt = undefined;
    process.stdout.write("\n");
    session.hangUp(1000);
  }

  /** Prints a line above the prompt and the text that was typed behind it. */
  #print(line: string): void {
    const prompt = this.#prompt;
    if (prompt === undefined) {
      process.stdout.write(`${line}\n`);
      return;
    }
    moveCursor(process.stdout, 0, -prompt.getCursorPos().rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    process.stdout.write(`${line}\n`);
    prompt.prompt(true);
  }
}
