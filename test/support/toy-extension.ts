// An extension for tests: run-length encoding with a key that changes from message to message. Written for one thing, to show what
// the codec does with an extension: lengths change both ways, a message depends on the ones before, and all decoders share one output.

import * as layout from "../../src/kernel/generated/layout.js";
import type { LinearMemory } from "../../src/memory/linear-memory.js";
import {
  BAD_DATA,
  type PayloadDecoder,
  type PayloadEncoder,
  type PayloadExtension,
} from "../../src/protocol/extensions/extension.js";
import { frame, KEY } from "./frame.js";
import { concat } from "./hex.js";

export interface ToyOptions {
  /** Whether messages of one part are better sent as they are. Default false */
  readonly plain?: boolean;
  /** Where decoded bytes stand: memory that all decoders share, or linear memory. Default "shared" */
  readonly output?: "shared" | "linear";
  /** The most bytes that one call decodes. Default 1000 */
  readonly outputBytes?: number;
  /** Whether prepared messages that do not become shorter go out as they are. Default false */
  readonly shrinks?: boolean;
  /** Shorter messages go out as they are. Default 0 */
  readonly threshold?: number;
}

/** What a message's first byte says: the key follows from those before, or it is 0. */
const KEYED = 1;
const PREPARED = 0;

/** An encoded message: its first byte, and then pairs of a count, 1 to 255, and a byte. */
export function toyEncode(payload: Uint8Array, kind: number, key: number): number[] {
  const encoded = [kind];
  for (let at = 0; at < payload.length; ) {
    const byte = payload[at] ?? 0;
    let count = 1;
    while (count < 255 && payload[at + count] === byte) count++;
    encoded.push(count, byte ^ key);
    at += count;
  }
  return encoded;
}

/** Encodes the messages of one connection, for tests that play the peer. */
export function toyPeer(): (payload: Uint8Array) => Uint8Array {
  let key = 0;
  return (payload) => Uint8Array.from(toyEncode(payload, KEYED, ++key & 0xff));
}

const RSV1 = 4;

/** A client's frame. */
export function masked(opcode: number, payload: Uint8Array | string, rsv = 0, fin = true): Uint8Array {
  return frame({ fin, rsv, opcode, mask: KEY, payload });
}

/** An encoded message in frames of these lengths, and a last one with the rest. */
export function inFrames(opcode: number, encoded: Uint8Array, ...lengths: number[]): Uint8Array {
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    const first = at === 0 && frames.length === 0;
    frames.push(masked(first ? opcode : 0, encoded.subarray(at, at + length), first ? RSV1 : 0, false));
    at += length;
  }
  const whole = frames.length === 0;
  frames.push(masked(whole ? opcode : 0, encoded.subarray(at), whole ? RSV1 : 0));
  return concat(frames);
}

export class ToyExtension implements PayloadExtension {
  readonly options: ToyOptions;
  readonly shared: Uint8Array;
  /** How often a message was prepared, and how many decoded bytes were asked for. */
  prepared = 0;
  asked = 0;
  decoders = 0;
  encoders = 0;
  stopped = 0;
  encodersStopped = 0;

  constructor(options: ToyOptions = {}) {
    this.options = options;
    this.shared = new Uint8Array(options.outputBytes ?? 1000);
  }

  assertRuns(): void {}

  maxEncodedBytes(messageBytes: number): number {
    return 1 + 2 * messageBytes;
  }

  decoder(linear: LinearMemory): PayloadDecoder {
    this.decoders++;
    return new ToyDecoder(this, linear);
  }

  encoder(): PayloadEncoder {
    this.encoders++;
    return new ToyEncoder(this);
  }

  prepare(payload: Uint8Array): Uint8Array | undefined {
    this.prepared++;
    if (payload.length < (this.options.threshold ?? 0)) return undefined;
    const encoded = toyEncode(payload, PREPARED, 0);
    if (this.options.shrinks === true && encoded.length >= payload.length) return undefined;
    return Uint8Array.from(encoded);
  }
}

class ToyEncoder implements PayloadEncoder {
  readonly #extension: ToyExtension;
  readonly #threshold: number;
  #key = 0;
  #begun = false;
  #memory = new Uint8Array(100_000);

  constructor(extension: ToyExtension) {
    this.#extension = extension;
    this.#threshold = extension.options.threshold ?? 0;
  }

  wants(length: number): boolean {
    this.#begun = false;
    return length >= this.#threshold;
  }

  encode(payload: Uint8Array, final: boolean): Uint8Array | undefined {
    if (!this.#begun && final && this.#extension.options.plain === true) return undefined;
    if (!this.#begun) this.#key = (this.#key + 1) & 0xff;
    const encoded = toyEncode(payload, KEYED, this.#key);
    if (this.#begun) encoded.shift();
    this.#begun = !final;
    // The same memory for each call, as the interface allows.
    if (this.#memory.length < encoded.length) this.#memory = new Uint8Array(encoded.length);
    this.#memory.set(encoded);
    return this.#memory.subarray(0, encoded.length);
  }

  stop(): void {
    this.#extension.encodersStopped++;
  }

  /** The peer's key goes on for a prepared message, too. */
  sentPrepared(_: Uint8Array, messages: number): void {
    this.#key = (this.#key + messages) & 0xff;
  }
}

class ToyDecoder implements PayloadDecoder {
  readonly #extension: ToyExtension;
  readonly #linear: LinearMemory;
  #ptr = 0;
  #end = 0;
  #final = false;
  #messages = 0;
  #kind: number | undefined;
  /** The run that was begun, and its byte once it is known. */
  #run = 0;
  #byte: number | undefined;

  constructor(extension: ToyExtension, linear: LinearMemory) {
    this.#extension = extension;
    this.#linear = linear;
  }

  get bytes(): Uint8Array {
    return this.#extension.options.output === "linear" ? this.#linear.memory : this.#extension.shared;
  }

  get start(): number {
    return this.#extension.options.output === "linear" ? layout.SCRATCH_WINDOW_PTR : 0;
  }

  get done(): boolean {
    return this.#ptr === this.#end && !(this.#run > 0 && this.#byte !== undefined);
  }

  push(ptr: number, length: number, final: boolean): void {
    this.#ptr = ptr;
    this.#end = ptr + length;
    this.#final = final;
  }

  pull(most: number): number {
    const room = Math.min(most, this.#extension.shared.length);
    this.#extension.asked += most;
    const { bytes, start } = this;
    let count = 0;
    while (count < room && !this.done) {
      if (this.#run > 0 && this.#byte !== undefined) {
        bytes[start + count++] = this.#byte;
        if (--this.#run === 0) this.#byte = undefined;
        continue;
      }
      if (!this.#take(this.#linear.memory[this.#ptr++] ?? 0)) return BAD_DATA;
    }
    if (!this.done || !this.#final) return count;
    if (this.#kind === undefined || this.#run > 0) return BAD_DATA;
    this.#kind = undefined;
    return count;
  }

  #take(byte: number): boolean {
    if (this.#kind === undefined) {
      if (byte > KEYED) return false;
      this.#kind = byte;
      this.#messages++;
    } else if (this.#run === 0) {
      if (byte === 0) return false;
      this.#run = byte;
    } else this.#byte = byte ^ (this.#kind === PREPARED ? 0 : this.#messages & 0xff);
    return true;
  }

  stop(): void {
    this.#extension.stopped++;
  }
}
