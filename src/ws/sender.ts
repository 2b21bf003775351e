// The class `Sender` of ws: frames messages, and writes them to a stream. Connections have a way of their own; this is
// for users of the class.
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { Opcode } from "../protocol/opcode.js";
import { closePayload, controlPayload } from "./control-payload.js";
import { type FrameOptions, type FrameParts, frame } from "./frame.js";
import { type Data, isBlob, lengthOf, type PlainPayload, payloadOf } from "./payload.js";
import type { PerMessageDeflate } from "./permessage-deflate.js";

/** Called when a frame was written, or with the reason why it was not. */
export type SendCallback = (error?: Error | null) => void;

/** The options of {@link Sender.send}. */
export interface SenderOptions {
  /** Whether the message is bytes, and not text. Default false. */
  readonly binary?: boolean | undefined;
  /** Whether it is compressed, if that was agreed on. Default false. */
  readonly compress?: boolean | undefined;
  /** Whether the message ends here. Default false. */
  readonly fin?: boolean | undefined;
  /** Whether it is masked. Default false. */
  readonly mask?: boolean | undefined;
}

/** The names of the extensions that were agreed on, with their objects. */
export type Extensions = { readonly [name: string]: PerMessageDeflate };

/** A frame that waits, or that is being made. */
interface Operation {
  readonly payload: PlainPayload;
  readonly byteLength: number;
  readonly options: FrameOptions;
  readonly compress: boolean;
  readonly callback: SendCallback | undefined;
}

/** Sends the frames of one side of a connection. Frames behind a Blob, or behind a message that is compressed, wait. */
export class Sender {
  /** Called if a Blob can't be read. */
  onerror: (error: Error) => void = () => {};
  /** @internal */
  readonly _socket: Duplex;
  /** @internal Bytes of payloads that wait here, and not in the socket. */
  _bufferedBytes = 0;
  readonly #extensions: Extensions;
  readonly #generateMask: ((mask: Buffer) => void) | undefined;
  readonly #maskBuffer: Buffer | undefined;
  /** Whether the message that is sent in fragments is compressed; undefined if there is none. */
  #fragmented: boolean | undefined;
  #busy = false;
  #queue: Operation[] = [];

  /**
   * @param extensions - by name: `permessage-deflate`, after `accept`
   * @param generateMask - writes a masking key. Default: a cryptographically strong source
   */
  constructor(socket: Duplex, extensions?: Extensions | null, generateMask?: (mask: Buffer) => void) {
    this._socket = socket;
    this.#extensions = extensions ?? {};
    this.#generateMask = generateMask;
    if (generateMask !== undefined) this.#maskBuffer = Buffer.alloc(4);
  }

  /**
   * Builds a frame. Without `readOnly`, the data is masked in place.
   * @returns the header and the payload, or one Buffer with both
   */
  static frame(data: Uint8Array | string, options: FrameOptions): FrameParts {
    return frame(data, options);
  }

  /**
   * Sends a Close frame.
   * @throws TypeError for a code that must not be sent, RangeError for a reason of more than 123 bytes
   */
  close(code?: number, reason?: string | Uint8Array, mask?: boolean, callback?: SendCallback): void {
    this.#control(Opcode.CLOSE, closePayload(code, reason), mask, false, callback);
  }

  /** Sends a ping. @throws RangeError for more than 125 bytes */
  ping(data: Data, mask?: boolean, callback?: SendCallback): void {
    this.#control(Opcode.PING, controlPayload(data), mask, true, callback);
  }

  /** Sends a pong. @throws RangeError for more than 125 bytes */
  pong(data: Data, mask?: boolean, callback?: SendCallback): void {
    this.#control(Opcode.PONG, controlPayload(data), mask, true, callback);
  }

  #control(
    opcode: number,
    payload: PlainPayload,
    mask: boolean | undefined,
    readOnly: boolean,
    callback: SendCallback | undefined,
  ): void {
    const options = { ...this.#key(), opcode, fin: true, mask, readOnly };
    this.#submit({ payload, byteLength: lengthOf(payload), options, compress: false, callback });
  }

  /** Sends a message, or a fragment of one. */
  send(data: Data, { binary, compress: allowed, fin, mask }: SenderOptions, callback?: SendCallback): void {
    const payload = payloadOf(data);
    const byteLength = lengthOf(payload);
    const first = this.#fragmented === undefined;
    const compress = this.#fragmented ?? (allowed === true && this.#compresses(byteLength));
    this.#fragmented = fin ? undefined : compress;
    const opcode = !first ? Opcode.CONTINUATION : binary ? Opcode.BINARY : Opcode.TEXT;
    const options = { ...this.#key(), opcode, fin, mask, readOnly: true, rsv1: first && compress };
    this.#submit({ payload, byteLength, options, compress, callback });
  }

  #key(): Pick<FrameOptions, "generateMask" | "maskBuffer"> {
    return { generateMask: this.#generateMask, maskBuffer: this.#maskBuffer };
  }

  #compresses(bytes: number): boolean {
    const deflate = this.#extensions["permessage-deflate"];
    return deflate !== undefined && bytes >= deflate.compressFrom;
  }

  // ---- One operation after the other ----

  #submit(operation: Operation): void {
    if (!this.#busy) {
      this.#begin(operation);
      return;
    }
    this._bufferedBytes += operation.byteLength;
    this.#queue.push(operation);
  }

  #begin(operation: Operation): void {
    const { payload, byteLength, options, compress, callback } = operation;
    if (isBlob(payload)) this.#read(payload, operation);
    else if (compress) this.#compress(payload, operation);
    else this.sendFrame(frame(payload, options, byteLength), callback);
  }

  #read(blob: Blob, operation: Operation): void {
    this.#hold(operation);
    // Outside of the promise, so that exceptions of callbacks are uncaught ones.
    blob.arrayBuffer().then(
      (bytes) => process.nextTick(() => this.#blobRead(bytes, operation)),
      (error: Error) => process.nextTick(() => this.#blobFailed(error, operation)),
    );
  }

  #blobRead(bytes: ArrayBuffer, operation: Operation): void {
    if (this._socket.destroyed) {
      this.#fail(new Error("The socket was closed while the blob was being read"), operation);
      return;
    }
    this.#release(operation);
    this.#begin({ ...operation, payload: new Uint8Array(bytes) });
    this.#next();
  }

  #blobFailed(error: Error, operation: Operation): void {
    this.#fail(error, operation);
    this.onerror(error);
  }

  #compress(payload: string | Uint8Array, operation: Operation): void {
    const { options, callback } = operation;
    this.#hold(operation);
    this.#extensions["permessage-deflate"]?.compress(payload, options.fin === true, (_error, compressed) => {
      if (this._socket.destroyed || compressed === undefined) {
        this.#fail(new Error("The socket was closed while data was being compressed"), operation);
        return;
      }
      this.#release(operation);
      this.sendFrame(frame(compressed, { ...options, readOnly: false }), callback);
      this.#next();
    });
  }

  /** Has what comes next wait. */
  #hold({ byteLength }: Operation): void {
    this.#busy = true;
    this._bufferedBytes += byteLength;
  }

  #release({ byteLength }: Operation): void {
    this.#busy = false;
    this._bufferedBytes -= byteLength;
  }

  #next(): void {
    while (!this.#busy) {
      const operation = this.#queue.shift();
      if (operation === undefined) return;
      this._bufferedBytes -= operation.byteLength;
      this.#begin(operation);
    }
  }

  /** Nothing is sent any more. */
  #fail(error: Error, operation: Operation): void {
    const failed = [operation, ...this.#queue];
    this.#queue = [];
    for (const { callback } of failed) callback?.(error);
  }

  /**
   * Writes the parts of a frame.
   * @param list - as {@link Sender.frame} gives them
   */
  sendFrame(list: FrameParts, callback?: SendCallback): void {
    const [first, second] = list;
    if (second === undefined) {
      this._socket.write(first, callback);
      return;
    }
    this._socket.cork();
    this._socket.write(first);
    this._socket.write(second, callback);
    this._socket.uncork();
  }
}
