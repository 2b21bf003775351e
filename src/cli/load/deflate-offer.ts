// What the load generator offers a server with `--compress`.
import type { ExtensionParameter } from "../../handshake/extensions.js";
import type { ClientExtension } from "../../handshake/negotiation.js";

const SERVER_FRESH = "server_no_context_takeover";
const CLIENT_FRESH = "client_no_context_takeover";

/**
 * permessage-deflate without takeover (RFC 7692 section 7.1.1), because frames that were built before can't refer to
 * the ones before them, and with windows of any size, because these frames use the largest.
 */
export const DEFLATE_OFFER: ClientExtension = {
  name: "permessage-deflate",
  offers: [[flag(SERVER_FRESH), flag(CLIENT_FRESH)]],
  accept(answer) {
    const names = answer.map(({ name }) => name);
    const isKnown = names.every((name) =>
      [SERVER_FRESH, CLIENT_FRESH, "server_max_window_bits"].includes(name),
    );
    return isKnown && names.includes(SERVER_FRESH) ? { agreed: undefined } : undefined;
  },
};

function flag(name: string): ExtensionParameter {
  return { name, value: undefined };
}
