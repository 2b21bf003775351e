// What a client sends with the requests that follow redirects. Credentials stay with the authority that was addressed.
import type { OutgoingHttpHeaders } from "node:http";
import type { Target } from "./address.js";

/** The part of a request that redirects change. */
export interface Credentials {
  readonly headers: OutgoingHttpHeaders;
  /** User name and password, for Authorization if the headers have none. */
  readonly auth: string | undefined;
}

/** The requests of one client, from the first to the one that is answered. */
export class Redirects {
  readonly #first: Target;
  /** The caller's headers, names in lower case. */
  readonly #headers: OutgoingHttpHeaders = {};

  constructor(first: Target, { headers, auth }: Credentials) {
    this.#first = first;
    for (const name of Object.keys(headers)) this.#headers[name.toLowerCase()] = headers[name];
    this.#remember(auth);
  }

  /**
   * @param auth - from the address or the options
   * @param keepAll - whether the caller decides about the headers, in a listener of 'redirect'
   */
  credentialsFor(target: Target, auth: string | undefined, keepAll: boolean): Credentials {
    const headers = { ...this.#headers };
    const sameAuthority = target.authority === this.#first.authority;
    if (!keepAll && !(sameAuthority && (target.secure || !this.#first.secure))) {
      // As curl does, which also drops them for a subdomain.
      delete headers.authorization;
      delete headers.cookie;
      if (!sameAuthority) delete headers.host;
      return { headers, auth: undefined };
    }
    this.#remember(auth);
    return { headers, auth };
  }

  /** The first Authorization wins, as in curl. */
  #remember(auth: string | undefined): void {
    if (!auth || this.#headers.authorization) return;
    this.#headers.authorization = `Basic ${Buffer.from(auth).toString("base64")}`;
  }
}
