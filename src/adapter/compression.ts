// The option `compression` of servers and clients, and the module behind it, which is loaded when it is asked for.
import { COMPRESSION_READERS, type CompressionOptions } from "../deflate/options.js";
import type { AgreedExtension, ClientExtension, ServerExtension } from "../handshake/negotiation.js";
import type { KernelChoice } from "../kernel/load.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import { switchable } from "./given-options.js";

/** An extension that the two sides of a connection have agreed on, with the way of its messages. */
export type AgreedPath = AgreedExtension<MessagePath>;

/** The option `compression`. */
export interface CompressionOption {
  /**
   * Compress messages (permessage-deflate, RFC 7692) on each connection whose peer can do it. `true` has the defaults of
   * {@link CompressionOptions}. `socket.extensions` says what was agreed on. The JavaScript kernel has no compression:
   * there, connections go without. Default false.
   */
  readonly compression?: boolean | CompressionOptions | undefined;
}

/** Reads the option. */
export const readCompression = switchable(COMPRESSION_READERS);

/** Something that is loaded once, when it is first asked for. */
export class Loading<Value> {
  readonly #load: () => Promise<Value>;
  #promise: Promise<Value> | undefined;
  #value: Value | undefined;

  constructor(load: () => Promise<Value>) {
    this.#load = load;
  }

  /** Undefined until it was loaded. */
  get value(): Value | undefined {
    return this.#value;
  }

  /** Loads it. An attempt that has failed is made again. */
  load(): Promise<Value> {
    this.#promise ??= this.#loaded();
    return this.#promise;
  }

  async #loaded(): Promise<Value> {
    try {
      this.#value = await this.#load();
      return this.#value;
    } catch (error) {
      this.#promise = undefined;
      throw error;
    }
  }
}

/** Compression for the connections of a server, if its options ask for it. */
export function serverCompression(
  option: boolean | CompressionOptions | undefined,
  kernel: KernelChoice | undefined,
): Loading<ServerExtension<MessagePath>> | undefined {
  const options = asked(option);
  if (options === undefined) return undefined;
  return new Loading(async () => (await import("../deflate/index.js")).serverDeflate({ ...options, kernel }));
}

/** What a client offers for compression, if its options ask for it. */
export async function clientCompression(
  option: boolean | CompressionOptions | undefined,
  kernel: KernelChoice | undefined,
): Promise<readonly ClientExtension<MessagePath>[]> {
  const options = asked(option);
  if (options === undefined) return [];
  return [(await import("../deflate/index.js")).clientDeflate({ ...options, kernel })];
}

function asked(option: boolean | CompressionOptions | undefined): CompressionOptions | undefined {
  return option === true ? {} : option === false ? undefined : option;
}
