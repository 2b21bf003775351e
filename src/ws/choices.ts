// The options of a connection, in the form in which the codec takes them.
import { Buffer } from "node:buffer";
import { nodeRuntime } from "../node/host.js";
import type { Internals } from "../node/internals-option.js";
import { ResolvedEndpointOptions, type TextType } from "../protocol/endpoint-options.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import type { MaskingKeySource } from "../protocol/masking-key.js";

/** Options of an open connection. */
export interface SocketOptions {
  /** Whether several events may be emitted in the same turn of the event loop. Default true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** Fills the buffer with the masking key of a frame, in the client role. Default: keys of the system's CSPRNG. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** Payload bytes of one message; 0 for no limit. Default 0. */
  readonly maxPayload?: number | undefined;
  /** Frames of one message; 0 for no limit. Default 0. */
  readonly maxFragments?: number | undefined;
  /** Accepted and without effect: chunks of a frame are joined as they come. */
  readonly maxBufferedChunks?: number | undefined;
  /** Whether text and the reasons of Close frames are taken although they are not UTF-8. Default false. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** As of `wsimd/node`: whether to use private parts of Node. */
  readonly internals?: Internals | undefined;
  /**
   * Whether nothing is read until the event 'message' has a listener, or `start` is called. `ws` has no such option.
   * Default false.
   */
  readonly holdMessages?: boolean | undefined;
  /** The form in which the event 'message' has text. `ws` has no such option. Default: "bytes". */
  readonly text?: TextType | undefined;
  /**
   * Whether the next event waits for the promises that listeners of 'message' have returned. `ws` has no such option.
   * Default false.
   */
  readonly sequential?: boolean | undefined;
}

/** Everything that the codec must know of a connection. */
export interface CodecChoice {
  readonly isServer: boolean;
  readonly options: SocketOptions;
  readonly textType: TextType;
  readonly extension: MessagePath | undefined;
}

interface Made {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly textType: TextType;
  readonly extension: MessagePath | undefined;
  readonly uncheckedText: boolean;
  readonly resolved: ResolvedEndpointOptions;
}

/** The last options that were made in each role: the connections of a server share theirs. */
const lastMade = new Map<boolean, Made>();

/** The options of a connection's codec. */
export function codecOptions({
  isServer,
  options,
  textType,
  extension,
}: CodecChoice): ResolvedEndpointOptions {
  const maxPayload = limitOf(options.maxPayload);
  const maxFragments = limitOf(options.maxFragments);
  const last = lastMade.get(isServer);
  const { generateMask } = options;
  const uncheckedText = options.skipUTF8Validation === true;
  if (
    last !== undefined &&
    generateMask === undefined &&
    last.maxPayload === maxPayload &&
    last.maxFragments === maxFragments &&
    last.textType === textType &&
    last.extension === extension &&
    last.uncheckedText === uncheckedText
  )
    return last.resolved;
  const given = {
    role: isServer ? "server" : "client",
    limits: { maxMessageBytes: maxPayload, maxFragments },
    textType,
    host: nodeRuntime.host,
    extension,
    maskingKey: generateMask === undefined ? undefined : keysOf(generateMask),
  } as const;
  const resolved = new ResolvedEndpointOptions(given, false, uncheckedText);
  if (generateMask === undefined)
    lastMade.set(isServer, { maxPayload, maxFragments, textType, extension, uncheckedText, resolved });
  return resolved;
}

/** A limit of `ws`, where 0 stands for none, and so does any number that is no positive 32-bit integer. */
function limitOf(given: number | undefined): number {
  const limit = Number(given) | 0;
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** Masking keys of the application's function, which gets the same buffer each time. */
function keysOf(generateMask: (mask: Buffer) => void): MaskingKeySource {
  const mask = Buffer.alloc(4);
  return () => {
    generateMask(mask);
    return mask.readInt32LE(0);
  };
}
