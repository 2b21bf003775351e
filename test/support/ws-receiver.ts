// The decoder of the npm package ws, in the words of `run`.
import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Role } from "../../src/index.js";
import { bytesLine, closeLine, textLine } from "./run.js";

interface ReceiverOptions {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly allowSynchronousEvents: boolean;
}

// Not in the types of ws.
const { Receiver }: { Receiver: new (options: ReceiverOptions) => Writable } = createRequire(import.meta.url)(
  "ws",
);

export interface WsTranscript {
  readonly events: readonly string[];
  /** Status code of the Close frame that ws would send for a violation. */
  readonly closeCode: number | undefined;
}

export async function runWs(
  chunks: readonly Uint8Array[],
  options: { role: Role; maxPayload: number; maxFragments: number },
): Promise<WsTranscript> {
  const { role, maxPayload, maxFragments } = options;
  const events: string[] = [];
  let closeCode: number | undefined;
  const receiver = new Receiver({
    isServer: role === "server",
    maxPayload,
    maxFragments,
    allowSynchronousEvents: true,
  });
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    events.push(isBinary ? bytesLine("binary", data) : textLine(data.toString()));
  });
  receiver.on("ping", (data: Buffer) => events.push(bytesLine("ping", data)));
  receiver.on("pong", (data: Buffer) => events.push(bytesLine("pong", data)));
  receiver.on("conclude", (code: number, reason: Buffer) =>
    events.push(closeLine(code, reason.toString(), true)),
  );
  receiver.on("error", (error) => {
    for (const key of Object.getOwnPropertySymbols(error)) {
      const value: unknown = Reflect.get(error, key);
      if (typeof value === "number") closeCode = value;
    }
  });
  for (const chunk of chunks) if (!receiver.destroyed) receiver.write(Buffer.from(chunk));
  await setImmediate();
  return { events, closeCode };
}
