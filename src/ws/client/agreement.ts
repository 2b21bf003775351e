// The checks of the answer that switches protocols: RFC 6455 section 4.1.
import type { IncomingHttpHeaders } from "node:http";
import { acceptKey } from "../../handshake/accept-key.js";
import { parse } from "../extension.js";
import { PerMessageDeflate } from "../permessage-deflate.js";

/** What a request asked for. */
export interface Offer {
  readonly key: string;
  readonly protocols: ReadonlySet<string>;
  /** `undefined` where compression was not offered. */
  readonly deflate: PerMessageDeflate | undefined;
}

/** @returns why the answer is none to the offer; `undefined` if it is one. Then the parameters are in `offer.deflate` */
export function faultOf(headers: IncomingHttpHeaders, offer: Offer): string | undefined {
  if (headers.upgrade?.toLowerCase() !== "websocket") return "Invalid Upgrade header";
  if (headers["sec-websocket-accept"] !== acceptKey(offer.key)) return "Invalid Sec-WebSocket-Accept header";
  return (
    protocolFault(headers["sec-websocket-protocol"], offer.protocols) ??
    extensionFault(headers["sec-websocket-extensions"], offer.deflate)
  );
}

function protocolFault(protocol: string | undefined, offered: ReadonlySet<string>): string | undefined {
  if (protocol === undefined) return offered.size > 0 ? "Server sent no subprotocol" : undefined;
  if (offered.size === 0) return "Server sent a subprotocol but none was requested";
  return offered.has(protocol) ? undefined : "Server sent an invalid subprotocol";
}

function extensionFault(
  field: string | undefined,
  deflate: PerMessageDeflate | undefined,
): string | undefined {
  if (field === undefined) return undefined;
  if (deflate === undefined) {
    return "Server sent a Sec-WebSocket-Extensions header but no extension was requested";
  }
  try {
    const extensions = parse(field);
    const { [PerMessageDeflate.extensionName]: configurations, ...others } = extensions;
    if (configurations === undefined || Object.keys(others).length > 0) {
      return "Server indicated an extension that was not requested";
    }
    // RFC 7692 section 5: an answer accepts one of the offers.
    if (configurations.length === 1) {
      deflate.accept(configurations);
      return undefined;
    }
  } catch {
    // The text below says it.
  }
  return "Invalid Sec-WebSocket-Extensions header";
}
