// The messages that the page sends to make load.
import type { Connection } from "./connection.js";
import { LoadPayload } from "./load-payload.js";

const TICK_MS = 10;
/** Without a load, so many small messages a second measure the round trip. */
const PROBES_PER_SECOND = 4;
const PROBE_BYTES = 16;
/** No messages in the first half of a second, while the page is still loading. */
const PROBES_OWED_AT_FIRST = -2;
/** The most seconds for which a tab that was suspended makes up. */
const MOST_CATCH_UP_SECONDS = 0.25;
/** No messages are sent while more bytes than this wait in the browser. */
const MAX_BUFFERED_BYTES = 1 << 20;

/** Sends binary messages that begin with the time, and reads the time from those that come back. */
export class Load {
  perSecond = 0;
  bytes = PROBE_BYTES;
  running = false;
  readonly #connection: Connection;
  readonly #payload = new LoadPayload();
  #lastTick = performance.now();
  #owed = 0;
  #probesOwed = PROBES_OWED_AT_FIRST;
  #roundTrips: number[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** A message has come back. */
  received(payload: ArrayBuffer): void {
    if (payload.byteLength >= 8) {
      this.#roundTrips.push(performance.now() - new DataView(payload).getFloat64(0));
    }
  }

  /** The median of the round trips since the last call, or `undefined` if there was none. */
  takeRoundTrip(): number | undefined {
    const times = this.#roundTrips.sort((one, other) => one - other);
    this.#roundTrips = [];
    return times[times.length >> 1];
  }

  #tick(): void {
    const now = performance.now();
    const seconds = Math.min((now - this.#lastTick) / 1000, MOST_CATCH_UP_SECONDS);
    this.#lastTick = now;
    if (!this.#connection.isOpen) {
      this.#probesOwed = PROBES_OWED_AT_FIRST;
      return;
    }
    this.#probesOwed = this.#send(this.#probesOwed + PROBES_PER_SECOND * seconds, PROBE_BYTES);
    if (this.running) this.#owed = this.#send(this.#owed + this.perSecond * seconds, this.bytes);
  }

  /** Sends as many whole messages as are owed. @returns the number that is still owed */
  #send(owed: number, bytes: number): number {
    while (owed >= 1) {
      // Messages that can't be sent in time are left out; otherwise they would all be sent at once later.
      if (this.#connection.bufferedAmount > MAX_BUFFERED_BYTES) return 0;
      const payload = this.#payload.next(bytes);
      new DataView(payload).setFloat64(0, performance.now());
      this.#connection.send(payload);
      owed--;
    }
    return owed;
  }
}
