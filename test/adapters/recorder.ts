// Handlers that record their calls, for the suite of adapters.
import type { Handlers, Socket } from "../../src/adapter/socket/handlers.js";
import type { MessageStream } from "../../src/adapter/socket/message-stream.js";
import type { CloseEvent, MessageType } from "../../src/protocol/events.js";
import { toHex } from "../support/hex.js";
import { happened, until } from "./until.js";

/** As it is now: a case may have it stand still. */
const { queueMicrotask } = globalThis;

/** What was called on the handlers of one side, in order. */
export type Call =
  | { readonly type: "open" | "drain"; readonly socket: Socket }
  | {
      readonly type: "message";
      readonly socket: Socket;
      readonly data: string | Uint8Array;
      readonly messageType: MessageType;
    }
  | {
      readonly type: "fragment";
      readonly socket: Socket;
      readonly data: Uint8Array;
      readonly messageType: MessageType;
      readonly final: boolean;
    }
  | { readonly type: "stream"; readonly socket: Socket; readonly message: MessageStream }
  | { readonly type: "ping" | "pong"; readonly socket: Socket; readonly data: Uint8Array }
  | { readonly type: "close"; readonly socket: Socket; readonly event: CloseEvent }
  | { readonly type: "error"; readonly socket: Socket | undefined; readonly error: unknown };

/**
 * Handlers that write down each call and then do what a test has them do. `fragment` and `stream` are there only if the
 * test gives them.
 */
export class Recorder implements Handlers {
  readonly calls: Call[] = [];
  readonly #counts = new Map<Call["type"], number>();
  readonly #also: Handlers;
  readonly fragment?: NonNullable<Handlers["fragment"]>;
  readonly stream?: NonNullable<Handlers["stream"]>;

  constructor(also: Handlers = {}) {
    this.#also = also;
    // The adapters call handlers as methods, but nothing says that they must be on a prototype.
    this.open = this.open.bind(this);
    if (also.fragment !== undefined) this.fragment = this.#fragment;
    if (also.stream !== undefined) this.stream = this.#stream;
  }

  open(socket: Socket): unknown {
    return this.#called({ type: "open", socket }, () => this.#also.open?.(socket));
  }
  message(socket: Socket, data: string | Uint8Array, messageType: MessageType): unknown {
    const call: Call = { type: "message", socket, data, messageType };
    return this.#called(call, () => this.#also.message?.(socket, data, messageType));
  }
  #fragment(socket: Socket, data: Uint8Array, messageType: MessageType, final: boolean): unknown {
    const call: Call = { type: "fragment", socket, data, messageType, final };
    return this.#called(call, () => this.#also.fragment?.(socket, data, messageType, final));
  }
  #stream(socket: Socket, message: MessageStream): unknown {
    return this.#called({ type: "stream", socket, message }, () => this.#also.stream?.(socket, message));
  }
  ping(socket: Socket, data: Uint8Array): unknown {
    return this.#called({ type: "ping", socket, data }, () => this.#also.ping?.(socket, data));
  }
  pong(socket: Socket, data: Uint8Array): unknown {
    return this.#called({ type: "pong", socket, data }, () => this.#also.pong?.(socket, data));
  }
  drain(socket: Socket): unknown {
    return this.#called({ type: "drain", socket }, () => this.#also.drain?.(socket));
  }
  close(socket: Socket, event: CloseEvent): unknown {
    return this.#called({ type: "close", socket, event }, () => this.#also.close?.(socket, event));
  }
  error(socket: Socket | undefined, error: unknown): unknown {
    return this.#called({ type: "error", socket, error }, () => this.#also.error?.(socket, error));
  }

  #called(call: Call, then: () => unknown): unknown {
    this.calls.push(call);
    this.#counts.set(call.type, this.count(call.type) + 1);
    // After the handler's own code, also when that throws.
    queueMicrotask(happened);
    return then();
  }

  /** The calls as words: `open`, `text "Hi"`, `binary 01 02`, `close 1000 "bye" clean`, `error Error: no`. */
  get log(): string[] {
    return this.calls.map(words);
  }

  count(type: Call["type"]): number {
    return this.#counts.get(type) ?? 0;
  }

  get messages(): (string | Uint8Array)[] {
    return this.calls.flatMap((call) => (call.type === "message" ? [call.data] : []));
  }

  get closes(): CloseEvent[] {
    return this.calls.flatMap((call) => (call.type === "close" ? [call.event] : []));
  }

  get errors(): unknown[] {
    return this.calls.flatMap((call) => (call.type === "error" ? [call.error] : []));
  }

  /** The socket of the first call that has one. */
  get socket(): Socket {
    const socket = this.calls.find((call) => call.socket !== undefined)?.socket;
    if (socket === undefined) throw new Error("no socket yet");
    return socket;
  }

  /** Waits for that many calls of a kind. */
  async until(type: Call["type"], count = 1): Promise<void> {
    await until(
      () => this.count(type) >= count,
      () => `${count} ${type}; there were: ${this.log.slice(-20).join(", ")}`,
    );
  }

  /** Waits for the one close event, and returns it in words. */
  async closed(): Promise<string> {
    await this.until("close");
    const [event] = this.closes;
    return event === undefined ? "" : closeWords(event);
  }
}

function words(call: Call): string {
  switch (call.type) {
    case "open":
    case "drain":
      return call.type;
    case "message":
      return typeof call.data === "string"
        ? `${call.messageType} ${JSON.stringify(call.data)}`
        : `${call.messageType} ${toHex(call.data)}`.trim();
    case "fragment":
      return `${call.messageType} fragment ${toHex(call.data)}${call.final ? " final" : ""}`;
    case "stream":
      return `${call.message.type} stream`;
    case "ping":
    case "pong":
      return `${call.type} ${toHex(call.data)}`.trim();
    case "close":
      return closeWords(call.event);
    case "error":
      return `error ${String(call.error)}`;
  }
}

export function closeWords(event: CloseEvent): string {
  const failure = event.failure === undefined ? "" : ` ${event.failure.code}`;
  const reason = event.reason === "" ? "" : ` ${JSON.stringify(event.reason)}`;
  return `close ${event.code}${reason}${event.wasClean ? " clean" : ""}${failure}`;
}
