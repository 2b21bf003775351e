// A client of the npm package `ws` that keeps its messages until a test asks for them.
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";

const PATIENCE_MS = 10_000;

/** A client of the npm package `ws` whose messages are kept until they are asked for: text as a string, else a Buffer. */
export class Inbox {
  readonly socket: WebSocket;
  /** The close code, once it is over. */
  readonly closed: Promise<number>;
  readonly #messages: (string | Buffer)[] = [];
  #look: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#messages.push(isBinary ? data : data.toString());
      this.#look?.();
    });
    this.closed = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
  }

  /** Connects, and resolves when the connection is open. */
  static async open(url: string, options: ClientOptions = {}): Promise<Inbox> {
    const socket = new WebSocket(url, { handshakeTimeout: PATIENCE_MS, ...options });
    const inbox = new Inbox(socket);
    await once(socket, "open");
    return inbox;
  }

  /** The next message that was not taken yet. */
  async next(): Promise<string | Buffer> {
    const message = this.#messages.shift();
    if (message !== undefined) return message;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no message came")), PATIENCE_MS);
      this.#look = () => {
        clearTimeout(timer);
        this.#look = undefined;
        resolve();
      };
    });
    return this.next();
  }
}
