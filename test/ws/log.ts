// The events of a WebSocket in words, in the order in which they came.

import { happened, until } from "../adapters/until.js";
import { toHex } from "../support/hex.js";
import type { WebSocket } from "./surface.js";

const WATCHED = ["open", "message", "ping", "pong", "error", "close"] as const;
type Watched = (typeof WATCHED)[number];

/** Listens to a WebSocket. The listeners are there from the start, so that an error throws nowhere. */
export class Log {
  /** Such as `open`, `text "Hi"`, `binary 01 02`, `ping "x"`, `error WS_ERR_…`, `close 1000 "bye"`. */
  readonly words: string[] = [];
  readonly messages: unknown[] = [];
  readonly errors: unknown[] = [];
  readonly #counts = new Map<Watched, number>();

  constructor(websocket: WebSocket) {
    websocket.on("open", () => this.#note("open", "open"));
    websocket.on("message", (data: unknown, isBinary: boolean) => {
      this.messages.push(data);
      this.#note("message", messageWords(data, isBinary));
    });
    for (const type of ["ping", "pong"] as const)
      websocket.on(type, (data: Buffer) => this.#note(type, `${type} ${JSON.stringify(data.toString())}`));
    websocket.on("error", (error: unknown) => {
      this.errors.push(error);
      this.#note("error", `error ${errorWords(error)}`);
    });
    websocket.on("close", (code: number, reason: Buffer) =>
      this.#note("close", `close ${code} ${JSON.stringify(reason.toString())}`),
    );
  }

  count(type: Watched): number {
    return this.#counts.get(type) ?? 0;
  }

  /** Waits for that many events of a type. */
  async until(type: Watched, count = 1): Promise<void> {
    await until(
      () => this.count(type) >= count,
      () => `${count} ${type}; there were: ${this.words.slice(-20).join(", ")}`,
    );
  }

  /** Waits for the end, and returns it in words. */
  async closed(): Promise<string> {
    await this.until("close");
    return this.words.find((each) => each.startsWith("close")) ?? "";
  }

  #note(type: Watched, words: string): void {
    this.words.push(words);
    this.#counts.set(type, this.count(type) + 1);
    // After the other listeners for this event.
    queueMicrotask(happened);
  }
}

export function messageWords(data: unknown, isBinary: boolean): string {
  if (isBinary) return `binary ${dataWords(data)}`.trim();
  return data instanceof Uint8Array
    ? `text ${JSON.stringify(Buffer.from(data).toString())}`
    : `text as ${typeof data}`;
}

function dataWords(data: unknown): string {
  if (Buffer.isBuffer(data)) return toHex(data);
  if (data instanceof ArrayBuffer) return `ArrayBuffer ${toHex(new Uint8Array(data))}`;
  if (data instanceof Blob) return `Blob of ${data.size}`;
  if (Array.isArray(data)) return `[${data.map(dataWords).join(", ")}]`;
  return typeof data;
}

/** `WS_ERR_INVALID_OPCODE RangeError: Invalid …`. */
export function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return `no error: ${String(error)}`;
  const code = "code" in error ? `${String(error.code)} ` : "";
  return `${code}${error.name}: ${error.message}`;
}
