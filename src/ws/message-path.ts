// Compression in connections: whether there is any, and with what.
import { deflateUnavailable, permessageDeflate } from "../protocol/deflate/index.js";
import { type DeflateParameters, MAX_WINDOW_BITS } from "../protocol/deflate/parameters.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import { payloadPath } from "../protocol/extensions/payload-path.js";
import type { PerMessageDeflateOptions, PerMessageDeflateParameters } from "./deflate-parameters.js";

/**
 * Bytes that the windows of all connections of the thread take. Those of received messages are kept in any case, since
 * the peer refers to them: up to 32 KiB for each connection. The rest is for those of sent messages, up to 64 KiB each.
 */
const MEMORY_BUDGET = 64 << 20;

/**
 * Whether the messages of connections can be compressed with these options. With the JavaScript kernel they can't, nor
 * with a dictionary of zlib's. Then the extension is neither offered nor accepted.
 */
export function compresses({ zlibDeflateOptions, zlibInflateOptions }: PerMessageDeflateOptions): boolean {
  const dictionary = zlibDeflateOptions?.dictionary ?? zlibInflateOptions?.dictionary;
  return dictionary === undefined && deflateUnavailable() === undefined;
}

/** The path of a connection's messages that are compressed. Connections with the same arguments share it. */
export function deflatePath(role: "server" | "client", agreed: PerMessageDeflateParameters): MessagePath {
  const parameters: DeflateParameters = {
    serverNoContextTakeover: agreed.server_no_context_takeover === true,
    clientNoContextTakeover: agreed.client_no_context_takeover === true,
    serverMaxWindowBits: bitsOf(agreed.server_max_window_bits),
    clientMaxWindowBits: bitsOf(agreed.client_max_window_bits),
  };
  const settings = {
    threshold: 0,
    effort: "default",
    memoryBudget: MEMORY_BUDGET,
    shorterOnly: false,
  } as const;
  return payloadPath(permessageDeflate(role, parameters, settings));
}

function bitsOf(bits: number | true | undefined): number {
  return typeof bits === "number" ? bits : MAX_WINDOW_BITS;
}
