// The frames of a turn that many sockets of a server get: one run of bytes, of which each socket takes its share.
import type { PreparedEncoding, SentMessages } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import { MAX_RUN_BYTES, type Part, RunBytes } from "./run-bytes.js";

/** What a socket takes out of a run. Sockets that take the same may get the same object. */
export interface Share {
  readonly bytes: Uint8Array;
  /** The messages in it that were compressed. */
  readonly compressed: SentMessages | undefined;
}

/** A message of the run that was compressed. */
interface Compressed {
  /** The position of its frame. */
  readonly begin: number;
  readonly payload: Uint8Array;
  readonly wireBytes: number;
}

/**
 * Frames that are written once, one behind the other, for all sockets that get the same bytes. The run knows the payloads
 * of those that are compressed: the compression of a socket may refer to them later.
 */
export class SharedRun extends RunBytes {
  #compressed: Compressed[] = [];
  #payloadBytes = 0;

  /** Whether a message fits, in whichever form. */
  takes({ payload, serverFrame }: PreparedMessage): boolean {
    return this.hasRoom(serverFrame.length) && this.#payloadBytes + payload.length <= MAX_RUN_BYTES;
  }

  /**
   * Adds a message that the run takes.
   * @param encoding - its encoding; undefined if it goes out as it is
   */
  append(message: PreparedMessage, encoding: PreparedEncoding | undefined): void {
    if (encoding === undefined) {
      this.add(message.serverFrame);
      return;
    }
    const { payload } = message;
    this.#compressed.push({ begin: this.end, payload, wireBytes: encoding.payload.length });
    this.#payloadBytes += payload.length;
    this.add(encoding.serverFrame);
  }

  /** Some parts of this run, of at least one, in their order. */
  share(parts: readonly Part[]): Share {
    return { bytes: this.joined(parts), compressed: this.#compressedIn(parts) };
  }

  #compressedIn(parts: readonly Part[]): SentMessages | undefined {
    if (this.#compressed.length === 0) return undefined;
    const sent = within(parts, this.#compressed);
    if (sent.length === 0) return undefined;
    let payloadBytes = 0;
    let wireBytes = 0;
    for (const message of sent) {
      payloadBytes += message.payload.length;
      wireBytes += message.wireBytes;
    }
    return { messages: sent.length, payloads: together(sent, payloadBytes), payloadBytes, wireBytes };
  }

  override finish(): void {
    super.finish();
    this.#compressed = [];
    this.#payloadBytes = 0;
  }
}

/** The messages in some parts of the run. Both are in the order of the run, so one walk over them is enough. */
function within(parts: readonly Part[], messages: readonly Compressed[]): Compressed[] {
  let next = 0;
  return messages.filter(({ begin }) => {
    while ((parts[next]?.end ?? Number.POSITIVE_INFINITY) <= begin) next++;
    return (parts[next]?.begin ?? Number.POSITIVE_INFINITY) <= begin;
  });
}

/** The payloads, one behind the other. */
function together(messages: readonly Compressed[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { payload } of messages) {
    bytes.set(payload, at);
    at += payload.length;
  }
  return bytes;
}

/** The run of a socket that gets no broadcasts. */
export const NO_RUN = new SharedRun(undefined);
