// Two endpoints and the network between them, which cuts, delays and ends, with everything that must always hold.
import { expect } from "vitest";
import {
  type CloseEvent,
  Endpoint,
  type EndpointOptions,
  type EndpointSink,
  type EndpointState,
  InvalidStateError,
  type MessageType,
  type Role,
} from "../../src/index.js";
import { concat } from "./hex.js";
import { bytesLine, textLine } from "./run.js";

const STATES: readonly EndpointState[] = ["open", "closing", "closed"];

/** What the fragments of a message are, all of them. */
export type Like = "text" | "utf8" | "binary";

/** What a handler throws, when it is told to. */
export class HandlerError extends Error {}

/** One end: what came out of it, what must come, and what is on its way to it. */
export class Side implements EndpointSink {
  readonly endpoint: Endpoint;
  /** Messages, as lines, that the other side sent: they must come, in this order. */
  readonly expected: string[] = [];
  readonly messages: string[] = [];
  /** Payloads of the pings that this side sent, and of the pongs that came. */
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  closed: CloseEvent | undefined;
  /** What the next handler does besides writing down, one thing after the other. */
  reactions: (() => void)[] = [];
  /** The message that is being sent in fragments. */
  sending: { readonly like: Like; readonly parts: (string | Uint8Array)[] } | undefined;
  /** Messages, as lines, that wait for its last fragment. */
  waiting: string[] = [];
  /** Bytes on their way to this side. */
  inbound: Uint8Array = new Uint8Array(0);
  /** Whether its transport takes nothing at the moment. */
  paused = false;
  /** Whether its transport has ended: nothing comes any more, and nothing goes. */
  ended = false;
  /** Whether the other's transport ended with bytes that it had not taken yet. */
  bereft = false;
  /** Whether it has begun the closing handshake itself. */
  closedHere = false;
  #fragments: Uint8Array[] = [];
  #callsAfterClose = 0;
  #furthest: EndpointState = "open";

  constructor(options: EndpointOptions) {
    this.endpoint = new Endpoint(this, options);
  }

  onText(text: string | Uint8Array): void {
    this.#message(textLine(typeof text === "string" ? text : utf8.decode(text)));
  }
  onBinary(payload: Uint8Array): void {
    this.#message(bytesLine("binary", payload));
  }
  onFragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    this.#fragments.push(new Uint8Array(payload));
    if (final) {
      const whole = concat(this.#fragments);
      this.#fragments = [];
      this.#message(type === "text" ? textLine(utf8.decode(whole)) : bytesLine("binary", whole));
    } else this.#handled();
  }
  onPing(): void {
    this.#handled();
  }
  onPong(payload: Uint8Array): void {
    this.pongs.push(bytesLine("pong", payload));
    this.#handled();
  }
  onClose(event: CloseEvent): void {
    this.#callsAfterClose += this.closed === undefined ? 0 : 1;
    this.closed = event;
    this.#react();
  }

  #message(line: string): void {
    this.messages.push(line);
    this.#handled();
  }

  #handled(): void {
    this.#callsAfterClose += this.closed === undefined ? 0 : 1;
    this.#react();
  }

  #react(): void {
    const { reactions } = this;
    this.reactions = [];
    for (const act of reactions) act();
  }

  /** Whether it closed or failed the connection itself, and knows better than to send. */
  get knows(): boolean {
    const failure = this.closed?.failure?.code;
    return this.closedHere || failure === "APPLICATION" || failure === "INTERNAL";
  }

  /** What must hold after each step. */
  check(): void {
    const { state } = this.endpoint;
    expect(STATES.indexOf(state)).toBeGreaterThanOrEqual(STATES.indexOf(this.#furthest));
    this.#furthest = state;
    expect(this.closed !== undefined).toBe(state === "closed");
    // One close event, the last of all.
    expect(this.#callsAfterClose).toBe(0);
    expect(this.endpoint.closeExpected).toBe(state === "closed");
    expect(this.endpoint.outbox.waitingBytes > 0).toBe(state === "open" && this.waiting.length > 0);
    expect(this.messages).toEqual(this.expected.slice(0, this.messages.length));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A client and a server. */
export class EndpointPair {
  readonly client: Side;
  readonly server: Side;

  constructor(options: Omit<EndpointOptions, "role">) {
    this.client = new Side({ ...options, role: "client" });
    this.server = new Side({ ...options, role: "server" });
  }

  side(role: Role): Side {
    return role === "client" ? this.client : this.server;
  }

  other(side: Side): Side {
    return side === this.client ? this.server : this.client;
  }

  /**
   * Does what an application may try at any time. It must work if `allowed`. Else it is dropped, if the peer or the transport has
   * ended the connection, and throws otherwise; in both cases nothing changes.
   * @returns whether it was done
   */
  attempt(side: Side, allowed: boolean, act: () => boolean): boolean {
    const { endpoint } = side;
    const before = [endpoint.state, endpoint.outbox.bytes, side.sending];
    let result: unknown;
    try {
      result = act();
    } catch (error) {
      result = error;
    }
    if (allowed) expect(result).toBe(true);
    else {
      if (side.knows || endpoint.state === "open")
        expect(result instanceof InvalidStateError || result instanceof TypeError).toBe(true);
      else expect(result).toBe(false);
      expect([endpoint.state, endpoint.outbox.bytes, side.sending]).toEqual(before);
    }
    return allowed;
  }

  /** Moves what a side wants to write onto the wire, if its transport takes it. */
  flush(side: Side): void {
    if (side.paused) return;
    side.endpoint.settle();
    const to = this.other(side);
    const output = side.endpoint.outbox.take();
    if (!side.ended && !to.ended) to.inbound = concat([to.inbound, ...output]);
  }

  /**
   * Gives a side up to `count` of the bytes that are on their way to it.
   * @param corked - gather what it sends meanwhile in the write window, as adapters do
   */
  deliver(side: Side, count: number, corked: boolean): void {
    if (side.ended) return;
    const chunk = side.inbound.subarray(0, count);
    side.inbound = side.inbound.slice(count);
    const { endpoint } = side;
    if (corked) endpoint.outbox.cork();
    try {
      endpoint.receive(chunk);
    } catch (error) {
      // It reached the caller, as it must, and closed the connection.
      if (!(error instanceof HandlerError)) throw error;
      expect(endpoint.state).toBe("closed");
    } finally {
      endpoint.outbox.uncork();
    }
  }

  /** Ends a side's transport: what is on its way to it is lost, and what it had not taken yet. */
  end(side: Side): void {
    if (side.endpoint.outbox.bytes > 0) this.other(side).bereft = true;
    side.ended = true;
    side.endpoint.end();
  }

  /** Delivers all that is on its way, until nothing moves any more. */
  drain(): void {
    for (const side of [this.client, this.server]) {
      side.paused = false;
      side.reactions = [];
    }
    for (let round = 0; round < 6; round++) {
      for (const side of [this.client, this.server]) {
        this.flush(side);
        this.deliver(this.other(side), Number.MAX_SAFE_INTEGER, false);
      }
    }
  }

  /** After {@link drain}: neither side waits for bytes that will not come. */
  checkEnd(): void {
    const wereOpen = this.client.endpoint.state === "open" && this.server.endpoint.state === "open";
    for (const side of [this.client, this.server]) {
      // A side that is open, or got the other's Close frame, got every message that the other could send before.
      const complete = side.closed === undefined || side.closed.wasClean;
      if (complete && !side.ended && !side.bereft) expect(side.messages).toEqual(side.expected);
      // The newest ping is answered, as long as the connection lives.
      if (wereOpen && side.pings.length > 0) expect(side.pongs).toContain(side.pings.at(-1));
      // A Close frame is answered: no side is left closing while its peer still has a transport.
      if (side.endpoint.state === "closing") expect(this.other(side).ended || side.ended).toBe(true);
      this.end(side);
      side.check();
      expect(side.endpoint.state).toBe("closed");
      side.endpoint.end();
      side.endpoint.fail(1011);
      side.endpoint.receive(Uint8Array.of(0x89, 0));
      side.check();
    }
  }
}
