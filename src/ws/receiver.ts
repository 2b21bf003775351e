// The class `Receiver` of ws: a stream that frames are written to, and that emits messages. Connections have a way of
// their own; this is for users of the class.
import type { Buffer } from "node:buffer";
import { Writable } from "node:stream";
import { sharedWorkspace } from "../memory/workspace.js";
import { Decoder, type ProtocolSink } from "../protocol/decoder.js";
import type { Violation } from "../protocol/errors.js";
import type { MessageSink } from "../protocol/message-reader.js";
import { inForm } from "./binary-form.js";
import { codecOptions } from "./choices.js";
import type { BinaryType } from "./constants.js";
import { readClose } from "./control-payload.js";
import { internalError, violationError } from "./errors.js";
import type { Extensions } from "./sender.js";

/** Options of a {@link Receiver}. */
export interface ReceiverOptions {
  /** Whether several events may be emitted in the same turn of the event loop. Default true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** The form of binary messages. Default "nodebuffer". */
  readonly binaryType?: BinaryType | undefined;
  /** By name: `permessage-deflate`, after `accept`. With the JavaScript kernel, and with a dictionary, it has no effect. */
  readonly extensions?: Extensions | undefined;
  /** Whether frames come from a client, and are masked. Default false. */
  readonly isServer?: boolean | undefined;
  /** Accepted and without effect: chunks of a frame are joined as they come. */
  readonly maxBufferedChunks?: number | undefined;
  /** Frames of one message; 0 for no limit. Default 0. */
  readonly maxFragments?: number | undefined;
  /** Payload bytes of one message; 0 for no limit. Default 0. */
  readonly maxPayload?: number | undefined;
  /** Whether text and the reasons of Close frames are taken although they are not UTF-8. Default false. */
  readonly skipUTF8Validation?: boolean | undefined;
}

/** An event for the listeners of a receiver. */
type Event = readonly [name: "message" | "ping" | "pong", ...values: unknown[]];

/**
 * Takes the frames of one side of a connection. Emits 'message' with the data and whether it is binary, 'ping' and
 * 'pong' with the payload, 'conclude' with the code and the reason of a Close frame, and 'error' for what breaks a rule.
 */
export class Receiver extends Writable {
  readonly #decoder: Decoder;
  readonly #sink: ReceiverSink;

  constructor(options: ReceiverOptions = {}) {
    super();
    const { isServer = false, extensions } = options;
    const extension = extensions?.["permessage-deflate"]?.messagePath();
    const choice = codecOptions({ isServer, options, textType: "bytes", extension });
    this.#sink = new ReceiverSink(this, options);
    this.#decoder = new Decoder(sharedWorkspace(), choice, this.#sink, this.#sink);
    this.#sink.decoder = this.#decoder;
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error) => void): void {
    this.#goOn(chunk, callback);
  }

  /** Decodes until the chunk is used up, or an event has to wait for its turn. */
  #goOn(chunk: Buffer, callback: (error?: Error) => void): void {
    const decoder = this.#decoder;
    const sink = this.#sink;
    let rest = chunk;
    while (sink.free && (decoder.interrupted || rest.length > 0)) {
      if (decoder.interrupted) decoder.resume();
      else rest = rest.subarray(decoder.push(rest));
    }
    if (sink.error !== undefined) callback(sink.error);
    else if (sink.free) callback();
    else
      setImmediate(() => {
        sink.emitWaiting();
        this.#goOn(rest, callback);
      });
  }
}

/** Makes events of what a decoder finds. */
class ReceiverSink implements MessageSink, ProtocolSink {
  /** Why no more is taken. */
  error: Error | undefined;
  decoder: Decoder | undefined;
  readonly #receiver: Receiver;
  readonly #synchronous: boolean;
  readonly #skipUtf8Validation: boolean;
  readonly #type: BinaryType;
  #frameEnds: number[] | undefined;
  #waiting: Event | undefined;

  constructor(receiver: Receiver, options: ReceiverOptions) {
    this.#receiver = receiver;
    this.#synchronous = options.allowSynchronousEvents ?? true;
    this.#skipUtf8Validation = options.skipUTF8Validation ?? false;
    this.#type = options.binaryType ?? "nodebuffer";
  }

  /** Whether the decoder may go on. */
  get free(): boolean {
    return this.error === undefined && this.#waiting === undefined;
  }

  emitWaiting(): void {
    const event = this.#waiting;
    this.#waiting = undefined;
    if (event !== undefined) this.#receiver.emit(...event);
  }

  #report(event: Event): void {
    if (this.#synchronous) {
      this.#receiver.emit(...event);
      return;
    }
    this.#waiting = event;
    this.decoder?.interrupt();
  }

  onText(text: string | Uint8Array): void {
    this.#frameEnds = undefined;
    this.#report(["message", text, false]);
  }

  onBinary(payload: Uint8Array): void {
    const ends = this.#frameEnds;
    this.#frameEnds = undefined;
    this.#report(["message", inForm(payload, this.#type, ends), true]);
  }

  onFrameEnd(length: number): void {
    if (this.#type !== "fragments") return;
    this.#frameEnds ??= [];
    this.#frameEnds.push(length);
  }

  onFragment(): void {}

  onPing(payload: Uint8Array): void {
    this.#report(["ping", payload]);
  }

  onPong(payload: Uint8Array): void {
    this.#report(["pong", payload]);
  }

  onCloseFrame(payload: Uint8Array): void {
    const close = readClose(payload, this.#skipUtf8Validation);
    if (close.violation !== undefined) this.onViolation(close.violation);
    else {
      this.#receiver.emit("conclude", close.code, close.reason);
      this.#receiver.end();
    }
  }

  onViolation(violation: Violation): void {
    this.error = violationError(violation);
  }

  onTrap(error: unknown): void {
    this.error = internalError(error);
  }
}
