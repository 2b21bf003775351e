// The frames of a turn that many sockets of a server get: one run of bytes, of which each socket takes its share.
import type { Host } from "../../host/host.js";
import type { PreparedEncoding, SentMessages } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import { RunBytes } from "./run-bytes.js";

/** How far a run has come since the first one. */
export interface RunMark {
  /** The position behind the last frame. */
  readonly end: number;
  /** Of the messages that were compressed: their number, their bytes, and those that they took on the wire. */
  readonly messages: number;
  readonly payloadBytes: number;
  readonly wireBytes: number;
}

/**
 * Frames that are written once, one behind the other, for all sockets that get the same bytes. The payloads of those that
 * are compressed stand beside them: the compression of a socket may refer to them later.
 */
export class SharedRun extends RunBytes {
  readonly #host: Host | undefined;
  /** The payloads of compressed messages. Made for the first one. */
  #payloads: RunBytes | undefined;
  #messages = 0;
  #wireBytes = 0;
  /** Undefined if a message was added since. */
  #mark: RunMark | undefined;
  /** The compressed messages that were asked for last, and between which marks they are. */
  #compressed: SentMessages | undefined;
  #compressedFrom: RunMark | undefined;
  #compressedTo: RunMark | undefined;

  /** @param host - allocates the memory. A run without a host stays empty */
  constructor(host: Host | undefined) {
    super(host);
    this.#host = host;
  }

  /** How far the run is. Most sockets have taken as much, and share the object. */
  get mark(): RunMark {
    this.#mark ??= {
      end: this.end,
      messages: this.#messages,
      payloadBytes: this.#payloads?.end ?? 0,
      wireBytes: this.#wireBytes,
    };
    return this.#mark;
  }

  /** Whether a message fits, in whichever form. */
  takes({ payload, serverFrame }: PreparedMessage): boolean {
    return this.hasRoom(serverFrame.length) && (this.#payloads?.hasRoom(payload.length) ?? true);
  }

  /**
   * Adds a message that the run takes.
   * @param encoding - its encoding; undefined if it goes out as it is
   */
  append(message: PreparedMessage, encoding: PreparedEncoding | undefined): void {
    this.#mark = undefined;
    if (encoding === undefined) {
      this.add(message.serverFrame);
      return;
    }
    this.add(encoding.serverFrame);
    this.#payloads ??= new RunBytes(this.#host);
    this.#payloads.add(message.payload);
    this.#messages++;
    this.#wireBytes += encoding.payload.length;
  }

  /** The compressed messages behind a mark of this run; undefined if there are none. */
  compressedSince(mark: RunMark): SentMessages | undefined {
    if (this.#messages === mark.messages) return undefined;
    const to = this.mark;
    if (this.#compressedFrom !== mark || this.#compressedTo !== to) {
      this.#compressed = this.#between(mark, to);
      this.#compressedFrom = mark;
      this.#compressedTo = to;
    }
    return this.#compressed;
  }

  #between(from: RunMark, to: RunMark): SentMessages | undefined {
    return (
      this.#payloads && {
        messages: to.messages - from.messages,
        payloads: this.#payloads.since(from.payloadBytes),
        payloadBytes: to.payloadBytes - from.payloadBytes,
        wireBytes: to.wireBytes - from.wireBytes,
      }
    );
  }

  /** Every socket has taken its share: the next frame begins a new run. */
  override finish(): void {
    super.finish();
    this.#payloads?.finish();
  }
}

/** The run of a socket that gets no broadcasts. */
export const NO_RUN = new SharedRun(undefined);
