// The page's connection, which comes back by itself.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

export type ConnectionState = "connecting" | "open" | "waiting";

export interface ConnectionHandlers {
  /** @param seconds - until the next attempt, while waiting for it */
  state(state: ConnectionState, seconds: number): void;
  text(text: string): void;
  binary(payload: ArrayBuffer): void;
}

/** The browser's own WebSocket to the server of this page, opened again and again, ever more patiently. */
export class Connection {
  readonly #handlers: ConnectionHandlers;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #retryAt = 0;

  constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    addEventListener("online", () => this.retry());
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that the browser has not sent yet. */
  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(message: string | ArrayBuffer): void {
    if (this.isOpen) this.#socket?.send(message);
  }

  /** Tries now instead of later. */
  retry(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect(): void {
    this.#timer = undefined;
    this.#handlers.state("connecting", 0);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempts = 0;
      this.#handlers.state("open", 0);
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") this.#handlers.text(data);
      else this.#handlers.binary(data);
    });
    socket.addEventListener("close", () => this.#wait());
  }

  #wait(): void {
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++);
    // Spread out, so that the clients of a server that comes back don't all arrive at once.
    this.#retryAt = performance.now() + delay * (0.75 + chance() / 2);
    this.#countDown();
  }

  #countDown(): void {
    const left = this.#retryAt - performance.now();
    if (left <= 0) {
      this.#connect();
      return;
    }
    this.#handlers.state("waiting", Math.ceil(left / 1000));
    this.#timer = setTimeout(() => this.#countDown(), Math.min(left, 250));
  }
}

/** A number from 0 to 1. */
function chance(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return random / 0xffff_ffff;
}
