// One end of a connection in memory: a test is the other end, and the stream behaves as the test says.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex, type DuplexOptions } from "node:stream";
import { SAMPLE_KEY } from "./raw-peer.js";
import { happened } from "./until.js";

type Callback = (error?: Error | null) => void;

export class MemoryDuplex extends Duplex {
  /** All that was written. */
  written = "";
  /** Called within each write, before it is over. */
  answer: ((text: string) => void) | undefined;
  /** Whether writes are not over before {@link settle}. */
  slow = false;
  ended = false;
  readonly #waiting: Callback[] = [];

  constructor(options: DuplexOptions = {}) {
    super({ ...options, read() {} });
    this.on("close", happened);
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: Callback): void {
    const text = chunk.toString("latin1");
    this.written += text;
    this.answer?.(text);
    if (this.slow) this.#waiting.push(callback);
    else callback();
    happened();
  }

  override _final(callback: Callback): void {
    this.ended = true;
    callback();
    happened();
  }

  /** Ends the writes that wait. */
  settle(): void {
    this.slow = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }
}

/** A good upgrade request as Node's parser gives it. */
export function parsedRequest(lines: Readonly<Record<string, string>> = {}, url = "/chat"): IncomingMessage {
  const fields = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": SAMPLE_KEY,
    "Sec-WebSocket-Version": "13",
    ...lines,
  };
  return Object.assign(new IncomingMessage(new Socket()), {
    method: "GET",
    url,
    httpVersion: "1.1",
    rawHeaders: Object.entries(fields).flat(),
    headers: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value])),
  });
}
