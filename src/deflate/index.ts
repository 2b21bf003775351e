// The entry `wsimd/deflate`: permessage-deflate (RFC 7692) for users of the codec. Adapters load it when it is asked
// for.
import type { ClientExtension, ServerExtension } from "../handshake/negotiation.js";
import type { KernelChoice } from "../kernel/load.js";
import { deflateUnavailable, permessageDeflate } from "../protocol/deflate/index.js";
import type { DeflateParameters } from "../protocol/deflate/parameters.js";
import { type Role, readKernel } from "../protocol/endpoint-options.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import { payloadPath } from "../protocol/extensions/payload-path.js";
import { type Readers, readOptions } from "../protocol/option-readers.js";
import { clientExtension, serverExtension } from "./negotiation.js";
import {
  COMPRESSION_READERS,
  type CompressionOptions,
  type ResolvedCompression,
  resolveCompression,
} from "./options.js";

export type { Extension, ExtensionParameter } from "../handshake/extensions.js";
export type {
  AgreedExtension,
  ClientExtension,
  ExtensionAnswer,
  ServerExtension,
} from "../handshake/negotiation.js";
export type { KernelName } from "../kernel/kernel.js";
export type { CompiledKernelName, KernelChoice } from "../kernel/load.js";
export { deflateUnavailable } from "../protocol/deflate/index.js";
export type { MessagePath } from "../protocol/extensions/message-path.js";
export type { CompressionEffort, CompressionOptions } from "./options.js";

/** Options of {@link serverDeflate} and {@link clientDeflate}. */
export interface DeflateOptions extends CompressionOptions {
  /** The kernel of the connections. Default: as of `Connection`. */
  readonly kernel?: KernelChoice | undefined;
}

const READERS: Readers<DeflateOptions> = { ...COMPRESSION_READERS, kernel: readKernel };

/**
 * Compression for a server: for `acceptExtensions` of `wsimd/handshake`. What becomes `agreed` there is the option
 * `extension` of a `Connection` or an `Endpoint`. While the kernel is the JavaScript one, every offer is declined.
 * @throws TypeError or RangeError for options that make no sense
 * @example
 * ```ts
 * import { Connection } from "wsimd";
 * import { serverDeflate } from "wsimd/deflate";
 * import { acceptExtensions, buildAccept, type UpgradeRequest } from "wsimd/handshake";
 *
 * const deflate = serverDeflate({ takeover: false });
 *
 * // For a request that checkUpgrade has let pass.
 * export function accept(request: UpgradeRequest): { head: Uint8Array; connection: Connection } {
 *   const extensions = acceptExtensions(request.extensions, [deflate]);
 *   const connection = new Connection({ role: "server", extension: extensions[0]?.agreed });
 *   return { head: buildAccept(request, { extensions }), connection };
 * }
 * ```
 */
export function serverDeflate(options: DeflateOptions = {}): ServerExtension<MessagePath> {
  const { kernel, ...others } = readOptions<DeflateOptions>(options, READERS);
  const wanted = resolveCompression(others);
  const { name, accept } = serverExtension(wanted, (agreed) => pathOf("server", agreed, wanted));
  // Compiles the deflate kernel, so that no handshake has to wait for it.
  deflateUnavailable(kernel);
  return { name, accept: (offer) => (deflateUnavailable(kernel) === undefined ? accept(offer) : undefined) };
}

/**
 * Compression for a client: for `buildRequest` and `checkResponse` of `wsimd/handshake`. What becomes `agreed` there is
 * the option `extension` of a `Connection` or an `Endpoint`. While the kernel is the JavaScript one, nothing is offered.
 * @throws TypeError or RangeError for options that make no sense
 */
export function clientDeflate(options: DeflateOptions = {}): ClientExtension<MessagePath> {
  const { kernel, ...others } = readOptions<DeflateOptions>(options, READERS);
  const wanted = resolveCompression(others);
  const { name, offers, accept } = clientExtension(wanted, (agreed) => pathOf("client", agreed, wanted));
  return {
    name,
    get offers() {
      return deflateUnavailable(kernel) === undefined ? offers : [];
    },
    accept,
  };
}

/** The way of the messages of a connection that has agreed on these parameters. */
function pathOf(role: Role, agreed: DeflateParameters, wanted: ResolvedCompression): MessagePath {
  const fresh = role === "server" ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover;
  const { effort, memoryBudget } = wanted;
  const settings = { threshold: wanted.threshold(!fresh), effort, memoryBudget, shorterOnly: true };
  return payloadPath(permessageDeflate(role, agreed, settings));
}
