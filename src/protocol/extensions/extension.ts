// The interface of extensions that use RSV1 (section 9.2): they decode and encode the payloads of messages.
import type { LinearMemory } from "../../memory/linear-memory.js";

/** Returned by {@link PayloadDecoder.pull}: the bytes are not valid data of the extension. */
export const BAD_DATA = -1;

/**
 * An extension with the parameters that were agreed on. It has no state, so connections with the same parameters share
 * it.
 */
export interface PayloadExtension {
  /**
   * Is called before a connection uses the extension.
   * @throws TypeError, or an error of the host, if it does not run with the kernel of this memory
   */
  assertRuns(linear: LinearMemory): void;
  /**
   * The length of the longest encoding of a message of this many bytes. A message whose frames are longer fails by
   * their headers.
   */
  maxEncodedBytes(messageBytes: number): number;
  /** Makes the decoder of a connection, when the first encoded message comes. */
  decoder(linear: LinearMemory): PayloadDecoder;
  /** Makes the encoder of a connection, when it sends its first message. */
  encoder(linear: LinearMemory): PayloadEncoder;
  /**
   * Encodes a message for any number of connections: its decoding depends on no other message.
   * @param linear - of one of the connections
   * @returns memory that the caller owns; undefined if the message goes out as it is
   */
  prepare(payload: Uint8Array, linear: LinearMemory): Uint8Array | undefined;
}

/**
 * Decodes the messages that one connection receives, part by part. An exception fails the connection with 1011.
 *
 * Between two calls handlers may run, which may use the decoders of other connections, and the kernel may be replaced
 * by a fresh instance: an address is good for as long as it is documented, and the memory must be asked for at each
 * call.
 */
export interface PayloadDecoder {
  /**
   * Gives the next part of a message. It stands at `ptr` in linear memory at each call of {@link pull} until
   * {@link done}.
   * @param final - whether the message ends with it
   */
  push(ptr: number, length: number, final: boolean): void;
  /**
   * Decodes at most `most` bytes of the part. They stand at {@link start} of {@link bytes}, and are used before
   * anything else is called.
   * @returns the number of bytes, or {@link BAD_DATA}. Zero means that the part has no more bytes for now, see
   * {@link done}
   */
  pull(most: number): number;
  /** Memory of the last call of {@link pull}: linear memory itself, or any other. */
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Whether the part was decoded up to its end. */
  readonly done: boolean;
  /** The connection receives nothing any more. */
  stop(): void;
}

/**
 * Encodes the messages that one connection sends, part by part. An exception of {@link encode} fails the connection
 * with 1011.
 */
export interface PayloadEncoder {
  /**
   * Whether the message that begins is to be encoded. If not, it goes out as it is, without RSV1.
   * @param length - bytes of its first part, or of a string the number of its UTF-16 units
   * @param final - whether that is all of it
   */
  wants(length: number, final: boolean): boolean;
  /**
   * Encodes the next part of a message.
   * @param payload - must not be kept, nor changed
   * @param final - whether the message ends with it
   * @returns memory that stays as it is until the next call; undefined if a message of one part is better sent as it is
   */
  encode(payload: Uint8Array, final: boolean): Uint8Array | undefined;
  /**
   * The connection has sent messages that {@link PayloadExtension.prepare} has encoded.
   * @param payloads - of all of them, one behind the other
   * @param messages - how many
   */
  sentPrepared(payloads: Uint8Array, messages: number): void;
  /** The connection sends nothing any more. */
  stop(): void;
}
