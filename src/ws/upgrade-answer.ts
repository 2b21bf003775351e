// What a server and a client agree on in the opening handshake, and the answer that says so.
import { acceptKey } from "../handshake/accept-key.js";
import * as extension from "./extension.js";
import { compresses } from "./message-path.js";
import { PerMessageDeflate, type PerMessageDeflateOptions } from "./permessage-deflate.js";
import * as subprotocol from "./subprotocol.js";
import type { WebSocket } from "./websocket.js";

const DEFLATE = PerMessageDeflate.extensionName;

/** The extensions that were agreed on, by their names. */
export type AgreedExtensions = Record<string, PerMessageDeflate>;

/** The options that say what a server accepts. */
export interface ExtensionOptions {
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  readonly maxPayload?: number | undefined;
}

/** Chooses extensions. @returns undefined if the offers are malformed, or none of them can be accepted */
export function agreeOnExtensions(
  { maxPayload, perMessageDeflate }: ExtensionOptions,
  offered: string | undefined,
): AgreedExtensions | undefined {
  if (!perMessageDeflate || offered === undefined) return {};
  const options = perMessageDeflate === true ? {} : perMessageDeflate;
  const deflate = new PerMessageDeflate({ ...options, isServer: true, maxPayload });
  try {
    const offers = extension.parse(offered)[DEFLATE];
    if (offers === undefined || !compresses(options)) return {};
    deflate.accept(offers);
    return { [DEFLATE]: deflate };
  } catch {
    return undefined;
  }
}

/** The subprotocols that a client offers. @returns undefined if the value is malformed */
export function readProtocols(offered: string | undefined): Set<string> | undefined {
  if (offered === undefined) return new Set();
  try {
    return subprotocol.parse(offered);
  } catch {
    return undefined;
  }
}

/** The lines of the answer. Tells the WebSocket what was agreed on. */
export function answerLines(
  websocket: WebSocket,
  key: string,
  protocol: string | false | undefined,
  extensions: AgreedExtensions,
): string[] {
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptKey(key)}`,
  ];
  if (protocol) {
    lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
    websocket._protocol = protocol;
  }
  const params = extensions[DEFLATE]?.params;
  if (params) {
    lines.push(`Sec-WebSocket-Extensions: ${extension.format({ [DEFLATE]: params })}`);
    websocket._extensions = extensions;
  }
  return lines;
}
