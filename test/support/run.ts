// Feeds a connection and writes down, in plain words, what comes out of it.
import { createHash } from "node:crypto";
import { Connection, type ConnectionEvent, type ConnectionOptions, type Failure } from "../../src/index.js";
import { cutAt } from "./cuts.js";
import { concat, toHex } from "./hex.js";

export interface Transcript {
  /** `text "Hello"`, `binary 01 02`, `ping 01`, `pong`, `close 1000 "bye" clean`; fragments are put together. */
  readonly events: string[];
  /** All that was sent, in hex. */
  readonly output: string;
  readonly failure: Pick<Failure, "code" | "closeCode" | "section" | "offset"> | undefined;
}

/** Feeds the bytes, cut at these offsets, to a new connection. Masking keys are 0 unless the options bring some. */
export function run(bytes: Uint8Array, options: ConnectionOptions, cuts: readonly number[] = []): Transcript {
  const connection = new Connection({ maskingKey: () => 0, ...options });
  const events: ConnectionEvent[] = [];
  for (const chunk of cutAt(bytes, cuts)) {
    events.push(...connection.receive(chunk));
    // The chunk is the caller's again: what was reported must not change with it.
    chunk.fill(0xa5);
  }
  const output = toHex(concat(connection.takeOutput()));
  return { events: describeEvents(events), output, failure: failureOf(events) };
}

export function describeEvents(events: readonly ConnectionEvent[]): string[] {
  const lines: string[] = [];
  let fragments: Uint8Array[] = [];
  for (const event of events) {
    if (event.type !== "fragment") lines.push(describeEvent(event));
    else {
      fragments.push(event.payload);
      if (!event.final) continue;
      const payload = concat(fragments);
      lines.push(
        event.messageType === "text" ? textLine(fatalUtf8.decode(payload)) : bytesLine("binary", payload),
      );
      fragments = [];
    }
  }
  return lines;
}

const fatalUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function describeEvent(event: ConnectionEvent): string {
  switch (event.type) {
    case "text":
      return textLine(event.text);
    case "close":
      return closeLine(event.code, event.reason, event.wasClean);
    case "fragment":
      return bytesLine(`${event.messageType} fragment${event.final ? ", the last" : ""}`, event.payload);
    default:
      return bytesLine(event.type, event.payload);
  }
}

export function textLine(text: string): string {
  return `text ${JSON.stringify(text)}`;
}

/** Long payloads by their digest. */
export function bytesLine(type: string, payload: Uint8Array): string {
  if (payload.length === 0) return type;
  if (payload.length <= LONG_BYTES) return `${type} ${toHex(payload)}`;
  return `${type} of ${payload.length} bytes ${createHash("sha256").update(payload).digest("hex")}`;
}

const LONG_BYTES = 1024;

export function closeLine(code: number, reason: string, clean: boolean): string {
  return `close ${code} ${JSON.stringify(reason)} ${clean ? "clean" : "unclean"}`;
}

function failureOf(events: readonly ConnectionEvent[]): Transcript["failure"] {
  for (const event of events) {
    if (event.type === "close" && event.failure !== undefined) {
      const { code, closeCode, section, offset } = event.failure;
      return { code, closeCode, section, offset };
    }
  }
  return undefined;
}
