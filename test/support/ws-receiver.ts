// The decoder of the npm package ws.
import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import type { Role } from "../../src/index.js";
import type { OutcomeEvent } from "./outcome.js";

interface ReceiverOptions {
  readonly isServer: boolean;
  /** 0 for none. */
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly allowSynchronousEvents: boolean;
}

// Not in the types of ws.
const { Receiver }: { Receiver: new (options: ReceiverOptions) => Writable } = createRequire(import.meta.url)(
  "ws",
);

export interface WsOutcome {
  readonly events: readonly OutcomeEvent[];
  /** Status code of the Close frame that ws would send for a violation. */
  readonly closeCode: number | undefined;
}

/** @param chunks - ws may change them */
export function runWs(
  chunks: readonly Uint8Array[],
  options: { role: Role; maxPayload: number; maxFragments: number },
): WsOutcome {
  const { role, maxPayload, maxFragments } = options;
  const events: OutcomeEvent[] = [];
  let closeCode: number | undefined;
  const receiver = new Receiver({
    isServer: role === "server",
    maxPayload,
    maxFragments,
    allowSynchronousEvents: true,
  });
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    events.push(isBinary ? { type: "binary", payload: data } : { type: "text", text: data.toString() });
  });
  receiver.on("ping", (payload: Buffer) => events.push({ type: "ping", payload }));
  receiver.on("pong", (payload: Buffer) => events.push({ type: "pong", payload }));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    events.push({ type: "close", code, reason: reason.toString(), wasClean: true });
  });
  const onWritten = (error?: Error | null) => {
    if (error) closeCode = statusCodeOf(error);
  };
  // The stack traces of ws's errors are not used, and making them takes longer than decoding.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (const chunk of chunks) {
    if (chunk.length === 0) continue;
    // Not write(): what a stream adds is that it reports errors later.
    receiver._write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), "binary", onWritten);
    if (closeCode !== undefined) break;
  }
  Error.stackTraceLimit = stackTraceLimit;
  return { events, closeCode };
}

/** The value of the one symbol that ws puts on its errors. */
function statusCodeOf(error: Error): number {
  for (const key of Object.getOwnPropertySymbols(error)) {
    const value: unknown = Reflect.get(error, key);
    if (typeof value === "number") return value;
  }
  throw error;
}
