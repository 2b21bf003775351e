// The places in an endpoint where messages pass through an extension. An endpoint without an extension loads nothing
// else of this folder.
import type { Host } from "../../host/host.js";
import type { Workspace } from "../../memory/workspace.js";
import type { Violation } from "../errors.js";
import type { FramedMessage } from "../prepared-message.js";

/** Bytes of messages of one direction that were compressed, so far. Headers of frames do not count. */
export interface CompressedBytes {
  /** Bytes of the messages themselves. */
  readonly payloadBytes: number;
  /** Bytes that they took on the wire. */
  readonly wireBytes: number;
}

/** What compression has done for a connection so far. Messages that were not compressed do not count. */
export interface CompressionTotals {
  /** Messages that this side has compressed. */
  readonly sent: CompressedBytes;
  /** Compressed messages of the peer. */
  readonly received: CompressedBytes;
}

/** Takes the records of data frames. */
export interface DataReader {
  /** @returns why the connection must fail, if it must */
  data(info: number, ptr: number, length: number, detail: number): Violation | undefined;
}

/** Takes the records of data frames, of which one may become many pieces. */
export interface PieceReader extends DataReader {
  /**
   * Ends the call of {@link data} that is running, behind the piece that is being handed on.
   */
  interrupt(): void;
  /**
   * Whether the record of the last call has more pieces. The same record comes again then, with its bytes at the same
   * address.
   */
  readonly unfinished: boolean;
  /** What was decoded so far. It goes on changing. */
  readonly count: CompressedBytes;
  /** Drops the message that is not complete, and takes no more. */
  stop(): void;
}

/** Takes the records of data frames, and parts of messages that were decoded from them. */
export interface DecodedReader extends DataReader {
  /** @param info - with RECORD_END if the message ends with this part */
  decoded(info: number, bytes: Uint8Array, start: number, length: number): Violation | undefined;
}

/** Puts messages, or their fragments, into the outbox. */
export interface MessageEncoder {
  /** @param first - the first byte of the frame: FIN and opcode */
  text(first: number, text: string): void;
  /** @param first - as of {@link text} */
  utf8(first: number, payload: Uint8Array): void;
  /** @param first - as of {@link text} */
  bytes(first: number, payload: Uint8Array): void;
  prepared(message: FramedMessage): void;
}

/** The encoding of a prepared message. */
export interface PreparedEncoding {
  readonly payload: Uint8Array;
  /** Header and payload in one frame, as a server sends them. */
  readonly serverFrame: Uint8Array;
}

/** Prepared messages that were encoded, and sent without passing through the encoder. */
export interface SentMessages extends CompressedBytes {
  readonly messages: number;
  /** Their payloads as they were, one behind the other: a view that is valid for the call. */
  readonly payloads: Uint8Array;
}

/** Encodes messages before it puts them into the outbox. */
export interface CountingEncoder extends MessageEncoder {
  /** What was encoded so far. It goes on changing. */
  readonly count: CompressedBytes;
  /**
   * The encoding of a message, which all connections with the same path share.
   * @returns undefined if it goes out as it is
   */
  encoding(message: FramedMessage): PreparedEncoding | undefined;
  /** Messages of {@link encoding} were sent. */
  sent(messages: SentMessages): void;
  /** Nothing is sent any more. */
  stop(): void;
}

/** Puts frames into the outbox. */
export interface FrameEncoder extends MessageEncoder {
  /** Puts a message into the outbox that a server sends as it is, unless the frame exceeds `maxFrameBytes`. */
  preparedFrame(first: number, payload: Uint8Array, serverFrame: Uint8Array): void;
}

/**
 * An extension that was agreed on in the opening handshake, as an endpoint takes it. `wsimd/deflate` makes such ones.
 */
export interface MessagePath {
  /** The longest encoding of a message of so many bytes. */
  maxEncodedBytes(messageBytes: number): number;
  /** @internal Makes the reader that stands in front of the messages of an endpoint. */
  reader(workspace: Workspace, maxMessageBytes: number, messages: DecodedReader): PieceReader;
  /**
   * @internal Makes the encoder that stands in front of the frames of an endpoint.
   * @param onTrap - called with the reason when no more frames can be sent
   * @throws TypeError, or an error of the host, if the extension does not run with the kernel of the workspace
   */
  encoder(
    workspace: Workspace,
    host: Host,
    frames: FrameEncoder,
    onTrap: (error: unknown) => void,
  ): CountingEncoder;
}

/** A part of an extension threw `cause`: a bug, and not the peer's fault. */
export class ExtensionFault extends Error {
  override readonly name = "ExtensionFault";

  constructor(cause: unknown) {
    super("an extension failed", { cause });
  }
}
