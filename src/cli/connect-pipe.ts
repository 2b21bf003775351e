// `wsimd connect` between pipes.
import { createInterface } from "node:readline";
import type { Frontend, Session } from "./connect-session.js";
import { hexLine, visible } from "./visible.js";

/** `wsimd connect` between other programs: messages come from standard input and go to standard output. */
export class ConnectPipe implements Frontend {
  readonly interrupted = new Promise<number>(() => {});
  readonly #binary: boolean;
  readonly #keepOpen: boolean;
  #written: Promise<void> | undefined;

  constructor(binary: boolean, keepOpen: boolean) {
    this.#binary = binary;
    this.#keepOpen = keepOpen;
  }

  received(message: string | Uint8Array): Promise<void> | undefined {
    if (!process.stdout.write(this.#format(message))) {
      this.#written ??= new Promise((resolve) => {
        process.stdout.once("drain", () => {
          this.#written = undefined;
          resolve();
        });
      });
    }
    return this.#written;
  }

  #format(message: string | Uint8Array): string | Uint8Array {
    if (this.#binary) return message;
    if (typeof message !== "string") return `${hexLine(message)}\n`;
    return `${process.stdout.isTTY ? visible(message) : message}\n`;
  }

  tell(line: string): void {
    process.stderr.write(`wsimd: ${line}\n`);
  }

  async run(session: Session): Promise<void> {
    const input: AsyncIterable<string | Uint8Array> = this.#binary
      ? process.stdin
      : createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    for await (const message of input) if (!(await session.send(message))) return;
    if (!this.#keepOpen) session.hangUp(1000);
  }
}
