// The two ends of a compressed connection without frames: an encoder, and the decoder of its peer.
import { READ_WINDOW_LENGTH, READ_WINDOW_PTR } from "../../src/kernel/generated/layout.js";
import type { LinearMemory } from "../../src/memory/linear-memory.js";
import { type DeflateSettings, permessageDeflate } from "../../src/protocol/deflate/index.js";
import type { DeflateParameters } from "../../src/protocol/deflate/parameters.js";
import {
  BAD_DATA,
  type PayloadDecoder,
  type PayloadEncoder,
} from "../../src/protocol/extensions/extension.js";

export const SETTINGS: DeflateSettings = {
  threshold: 0,
  effort: "default",
  memoryBudget: 1 << 20,
  shorterOnly: true,
};

/** The same in both directions. */
export function agreed(windowBits: number, takeover: boolean): DeflateParameters {
  return {
    serverNoContextTakeover: !takeover,
    clientNoContextTakeover: !takeover,
    serverMaxWindowBits: windowBits,
    clientMaxWindowBits: windowBits,
  };
}

/** All that a decoder makes of a part of a message; undefined if it is bad data. */
export function decodePart(
  linear: LinearMemory,
  decoder: PayloadDecoder,
  part: Uint8Array,
  final: boolean,
  between: () => void = () => {},
  most = 65_536,
): Uint8Array | undefined {
  if (part.length > READ_WINDOW_LENGTH) throw new RangeError("the part is too long");
  linear.memory.set(part, READ_WINDOW_PTR);
  decoder.push(READ_WINDOW_PTR, part.length, final);
  const pieces: Uint8Array[] = [];
  do {
    const count = decoder.pull(most);
    if (count === BAD_DATA) return undefined;
    pieces.push(decoder.bytes.slice(decoder.start, decoder.start + count));
    between();
    // As the read window of an interrupted walk is put back.
    linear.memory.set(part, READ_WINDOW_PTR);
  } while (!decoder.done);
  return Buffer.concat(pieces);
}

/** One direction of a connection. */
export class Direction {
  readonly linear: LinearMemory;
  readonly encoder: PayloadEncoder;
  readonly decoder: PayloadDecoder;
  /** The messages so far that were compressed, and what became of them. */
  readonly sent: Uint8Array[] = [];
  readonly encoded: Uint8Array[] = [];

  constructor(linear: LinearMemory, parameters: DeflateParameters, settings: Partial<DeflateSettings> = {}) {
    this.linear = linear;
    const all = { ...SETTINGS, ...settings };
    this.encoder = permessageDeflate("server", parameters, all).encoder(linear);
    this.decoder = permessageDeflate("client", parameters, all).decoder(linear);
  }

  /** Sends a message in parts. @returns its encoding; undefined if it goes out as it is */
  send(...parts: readonly Uint8Array[]): Uint8Array | undefined {
    const encoded = parts.map((part, i) => this.encoder.encode(part, i === parts.length - 1)?.slice());
    if (encoded.length === 1 && encoded[0] === undefined) return undefined;
    const whole = Buffer.concat(encoded.map((part) => part ?? new Uint8Array(0)));
    this.sent.push(Buffer.concat(parts));
    this.encoded.push(whole);
    return whole;
  }

  /** What the peer makes of a message. */
  receive(encoded: Uint8Array): Uint8Array | undefined {
    return decodePart(this.linear, this.decoder, encoded, true);
  }

  stop(): void {
    this.encoder.stop();
    this.decoder.stop();
  }
}
