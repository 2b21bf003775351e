// The options of the endpoints of a server or a client, for each delivery of messages.
import type { Host } from "../../host/host.js";
import type { ResolvedEndpointOptions, Role } from "../../protocol/endpoint-options.js";
import type { Delivery } from "./delivery.js";
import { endpointOptions, type ResolvedSocketOptions } from "./options.js";

/** Makes the options for a delivery when the first connection needs them, and has all such connections share them. */
export class EndpointChoices {
  readonly #options: ResolvedSocketOptions;
  readonly #role: Role;
  readonly #host: Host;
  readonly #made = new Map<Delivery, ResolvedEndpointOptions>();

  constructor(options: ResolvedSocketOptions, role: Role, host: Host) {
    this.#options = options;
    this.#role = role;
    this.#host = host;
  }

  /** The options of the endpoints of connections with this delivery. */
  of(deliver: Delivery): ResolvedEndpointOptions {
    const known = this.#made.get(deliver);
    if (known !== undefined) return known;
    const made = endpointOptions(this.#options, this.#role, this.#host, deliver);
    this.#made.set(deliver, made);
    return made;
  }
}
