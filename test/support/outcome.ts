// What becomes of a stream, in a form that is quick to compare.
import {
  type CloseEvent,
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  Endpoint,
  type EndpointOptions,
  type EndpointSink,
  type Failure,
  type MessageType,
} from "../../src/index.js";
import { CodecStreams } from "../../src/streams/index.js";
import { cutAt } from "./cuts.js";
import { concat, toHex } from "./hex.js";
import { bytesLine, closeLine, textLine } from "./run.js";

/** A message, whole, or another event. Of a failure, what tells it from others. */
export type OutcomeEvent =
  | Exclude<ConnectionEvent, { type: "fragment" | "close" | "utf8" }>
  | (Omit<CloseEvent, "failure"> & { readonly failure?: Pick<Failure, "code" | "closeCode" | "offset"> });

export interface Outcome {
  readonly events: readonly OutcomeEvent[];
  /** All that was sent. */
  readonly output: Uint8Array;
}

/** Through which door the bytes come: a Connection's, an Endpoint's, or the read window, as transports that read into it do. */
export type Door = "connection" | "receive" | "window";

/**
 * Feeds a stream, cut at these offsets, to a new connection whose transport then ends. Masking keys are 0.
 * @param echo - whether each message is sent back
 */
export function outcomeOf(
  stream: Uint8Array,
  cuts: readonly number[],
  options: EndpointOptions,
  door: Door,
  echo = false,
): Outcome {
  const events = new Events(options.borrow === true && door !== "connection");
  const all: EndpointOptions = { maskingKey: zeroKey, ...options };
  if (door === "connection") {
    const connection = new Connection(all);
    if (echo) events.peer = connection;
    eachChunk(stream, cuts, (chunk) => {
      for (const event of connection.receive(chunk)) events.push(event);
    });
    const output = connection.takeOutput();
    for (const event of connection.end()) events.push(event);
    return { events: events.list, output: concat([...output, ...connection.takeOutput()]) };
  }
  const endpoint = new Endpoint(events, all);
  if (echo) events.peer = endpoint;
  eachChunk(stream, cuts, (chunk) => {
    if (door === "receive") endpoint.receive(chunk);
    else {
      const { readWindow } = endpoint;
      for (let at = 0; at < chunk.length || at === 0; at += readWindow.length) {
        const read = chunk.subarray(at, at + readWindow.length);
        readWindow.set(read);
        endpoint.receiveWindow(read.length);
      }
    }
  });
  endpoint.settle();
  endpoint.end();
  return { events: events.list, output: concat(endpoint.outbox.take()) };
}

const zeroKey = (): number => 0;

/** Gives out copies of the chunks, and spoils each when it was used: it is the caller's again. */
function eachChunk(stream: Uint8Array, cuts: readonly number[], use: (chunk: Uint8Array) => void): void {
  let from = 0;
  for (let i = 0; i <= cuts.length; i++) {
    const to = cuts[i] ?? stream.length;
    const chunk = stream.slice(from, to);
    use(chunk);
    chunk.fill(0xa5);
    from = to;
  }
}

/** The same by pipes' ends, in chunks of which none holds up the next: each answer is written before the next event is read. */
export async function streamsOutcomeOf(
  stream: Uint8Array,
  cuts: readonly number[],
  options: ConnectionOptions,
  echo = false,
): Promise<Outcome> {
  const { decoder, encoder } = new CodecStreams({ maskingKey: zeroKey, ...options });
  const input = decoder.writable.getWriter();
  const fed = (async () => {
    for (const chunk of cutAt(stream, cuts)) {
      await input.write(chunk);
      chunk.fill(0xa5);
    }
    await input.close();
  })();
  const sent = readAll(encoder.readable.getReader());
  const answers = encoder.writable.getWriter();
  const events = new Events(false);
  const reader = decoder.readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const before = events.list.length;
    events.push(next.value);
    const last = events.list[before];
    if (echo && last?.type === "text") await answers.write(last.text);
    if (echo && last?.type === "binary") await answers.write(last.payload);
  }
  await fed;
  return { events: events.list, output: concat(await sent) };
}

async function readAll<T>(reader: ReadableStreamDefaultReader<T>): Promise<T[]> {
  const found: T[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) found.push(next.value);
  return found;
}

/** Collects events, and puts the fragments of messages together. */
class Events implements EndpointSink {
  /** Sends each message back. It takes all that come before the end. */
  peer: Pick<Endpoint, "sendText" | "sendBinary"> | undefined;
  readonly list: OutcomeEvent[] = [];
  readonly #borrowed: boolean;
  #fragments: Uint8Array[] = [];

  constructor(borrowed: boolean) {
    this.#borrowed = borrowed;
  }

  push(event: ConnectionEvent): void {
    if (event.type === "fragment") this.onFragment(event.payload, event.messageType, event.final);
    else if (event.type === "utf8") this.onText(event.payload);
    else if (event.type === "text") this.onText(event.text);
    else if (event.type === "binary") this.onBinary(event.payload);
    else this.list.push(event);
  }

  onText(text: string | Uint8Array): void {
    this.list.push({ type: "text", text: typeof text === "string" ? text : utf8.decode(text) });
    this.#took(this.peer?.sendText(text));
  }
  onBinary(payload: Uint8Array): void {
    this.list.push({ type: "binary", payload: this.#kept(payload) });
    this.#took(this.peer?.sendBinary(payload));
  }
  onFragment(payload: Uint8Array, type: MessageType, final: boolean): void {
    this.#fragments.push(this.#kept(payload));
    if (!final) return;
    const whole = concat(this.#fragments);
    this.#fragments = [];
    if (type === "text") this.onText(utf8.decode(whole));
    else this.onBinary(whole);
  }
  onPing(payload: Uint8Array): void {
    this.list.push({ type: "ping", payload });
  }
  onPong(payload: Uint8Array): void {
    this.list.push({ type: "pong", payload });
  }
  onClose(event: CloseEvent): void {
    this.list.push(event);
  }

  #took(sent: boolean | undefined): void {
    if (sent === false) throw new Error("the answer to a message was dropped");
  }

  #kept(payload: Uint8Array): Uint8Array {
    return this.#borrowed ? new Uint8Array(payload) : payload;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    a.events.length === b.events.length &&
    a.events.every((event, i) => sameEvent(event, b.events[i])) &&
    sameBytes(a.output, b.output)
  );
}

export function sameEvent(a: OutcomeEvent, b: OutcomeEvent | undefined): boolean {
  if (a.type === "text") return b?.type === "text" && a.text === b.text;
  if (a.type !== "close") return b?.type === a.type && sameBytes(a.payload, b.payload);
  return (
    b?.type === "close" &&
    a.code === b.code &&
    a.reason === b.reason &&
    a.wasClean === b.wasClean &&
    a.failure?.code === b.failure?.code &&
    a.failure?.closeCode === b.failure?.closeCode &&
    sameOffset(a.failure?.offset, b.failure?.offset)
  );
}

/** NaN stands for a place that nothing tells. */
function sameOffset(a: number | undefined, b: number | undefined): boolean {
  return a === b || Number.isNaN(a) || Number.isNaN(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** An outcome as lines for people. */
export function describeOutcome({ events, output }: Outcome): string[] {
  return [...events.map(describe), `sent ${toHex(output)}`];
}

function describe(event: OutcomeEvent): string {
  if (event.type === "text") return textLine(event.text);
  if (event.type !== "close") return bytesLine(event.type, event.payload);
  const line = closeLine(event.code, event.reason, event.wasClean);
  if (event.failure === undefined) return line;
  const { code, closeCode, offset } = event.failure;
  return `${line}, ${code} at ${offset}, ${closeCode} sent`;
}
