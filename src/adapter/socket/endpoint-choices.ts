// The options of the endpoints of a server or a client, for each delivery of messages and each extension.
import type { Host } from "../../host/host.js";
import type { ResolvedEndpointOptions, Role } from "../../protocol/endpoint-options.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { Delivery } from "./delivery.js";
import { endpointOptions, type ResolvedSocketOptions } from "./options.js";

/**
 * Makes the options for a delivery and an extension when the first connection needs them, and has all such connections
 * share them.
 */
export class EndpointChoices {
  readonly #options: ResolvedSocketOptions;
  readonly #role: Role;
  readonly #host: Host;
  readonly #made = new Map<MessagePath | undefined, Map<Delivery, ResolvedEndpointOptions>>();

  constructor(options: ResolvedSocketOptions, role: Role, host: Host) {
    this.#options = options;
    this.#role = role;
    this.#host = host;
  }

  /** The options of the endpoints of connections with this delivery and this extension. */
  of(deliver: Delivery, extension: MessagePath | undefined): ResolvedEndpointOptions {
    let made = this.#made.get(extension);
    if (made === undefined) {
      made = new Map();
      this.#made.set(extension, made);
    }
    let options = made.get(deliver);
    if (options === undefined) {
      options = endpointOptions(this.#options, this.#role, this.#host, deliver, extension);
      made.set(deliver, options);
    }
    return options;
  }
}
