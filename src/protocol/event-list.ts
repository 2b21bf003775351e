// Events as lists: what a deferred endpoint found, and what a Connection hands out, which has it react as the list is read.
import type { Endpoint } from "./endpoint.js";
import type { CloseEvent, ConnectionEvent, EndpointSink, MessageType } from "./events.js";

/** Collects what an endpoint pushes. */
export class EventCollector implements EndpointSink {
  #events: ConnectionEvent[] = [];

  take(): ConnectionEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  onText(text: string | Uint8Array): void {
    this.#events.push(typeof text === "string" ? { type: "text", text } : { type: "utf8", payload: text });
  }
  onBinary(payload: Uint8Array): void {
    this.#events.push({ type: "binary", payload });
  }
  onPiece(payload: Uint8Array, messageType: MessageType, final: boolean): void {
    this.#events.push({ type: "piece", messageType, payload, final });
  }
  onPing(payload: Uint8Array): void {
    this.#events.push({ type: "ping", payload });
  }
  onPong(payload: Uint8Array): void {
    this.#events.push({ type: "pong", payload });
  }
  onClose(event: CloseEvent): void {
    this.#events.push(event);
  }
}

/**
 * The events of a chunk. A loop over it has a deferred endpoint answer each ping when it comes to it, behind what was sent for the
 * events before. The last word, which answers the close event, waits for {@link catchUp}: not all loops answer where they stand.
 */
export class EventList extends Array<ConnectionEvent> {
  readonly #endpoint: Endpoint;
  /** Those that are left to react to begin at an index. The list itself is its reader's, who may change it. */
  readonly #events: ConnectionEvent[];
  #next = 0;
  #loops = 0;
  #over = false;

  constructor(endpoint: Endpoint, events: ConnectionEvent[]) {
    super();
    this.#endpoint = endpoint;
    this.#events = events;
    for (const [i, event] of events.entries()) {
      this.push(event);
      if (event.type === "ping") events[i] = { type: "ping", payload: new Uint8Array(event.payload) };
    }
  }

  /** What is made of it, by `map` or `filter`, is an ordinary array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** Whether a loop came to the close event. */
  get over(): boolean {
    return this.#over;
  }

  override *[Symbol.iterator](): ArrayIterator<ConnectionEvent> {
    this.#loops++;
    try {
      for (const [i, event] of this.entries()) {
        if (event.type === "close") this.#over = true;
        // The connection failed meanwhile, and what came behind means nothing any more.
        else if (i >= this.#next && this.#endpoint.state === "closed") continue;
        else this.#react(i + 1);
        yield event;
      }
    } finally {
      this.#loops--;
    }
  }

  /** Reacts to all events, but for those that a loop is on its way to. */
  catchUp(): void {
    if (this.#loops === 0 || this.#over) this.finish();
  }

  /** Reacts to all events. */
  finish(): void {
    this.#react(this.#events.length);
  }

  #react(end: number): void {
    while (this.#next < end && this.#endpoint.state !== "closed") {
      const event = this.#events[this.#next++];
      if (event !== undefined) this.#endpoint.react(event);
    }
  }
}
