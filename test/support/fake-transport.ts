// A transport whose behaviour a test sets.
import type { Transport } from "../../src/adapter/transport.js";
import { toHex } from "./hex.js";

/** A transport that does what the test says. */
export class FakeTransport implements Transport {
  readonly remoteAddress = "";
  readonly readPath = "stream";
  readonly takesAtOnce = false;
  bufferedAmount = 0;
  sentBytes = 0;
  blocked = false;
  written: string[] = [];
  ended = false;
  destroyed = false;
  failure: Error | undefined;

  readInto(): void {}
  write(bytes: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    this.written.push(toHex(bytes));
  }
  writeAll(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.write(chunk);
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
  pause(): void {}
  resume(): void {}
}
