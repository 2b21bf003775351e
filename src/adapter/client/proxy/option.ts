// The option `proxy` of clients, for all runtimes that have sockets. Runtimes differ in their options for TLS.
import { ownOptions, readOptions } from "../../../protocol/option-readers.js";
import {
  type Environment,
  PROXY_READERS,
  type ProxyAddress,
  type ProxyChoice,
  type ProxyDialer,
  type Tunnel,
  withProxyUrl,
} from "./proxy.js";

/** A proxy that may speak TLS itself. */
export interface SecureProxyChoice<Tls extends object> extends ProxyChoice {
  readonly tls?: Tls | undefined;
}

/** The values of the option: a URL, or an object with further options of the proxy. */
export type ProxyOption<Tls extends object> = string | URL | SecureProxyChoice<Tls>;

/**
 * Reads the option.
 * @throws TypeError if there is no URL of a proxy in it
 */
export function readProxy<Tls extends object>(asked: ProxyOption<Tls>, name: string): SecureProxyChoice<Tls> {
  const readers = { ...PROXY_READERS, tls: ownTls<Tls> };
  return withProxyUrl(readOptions<SecureProxyChoice<Tls>>(choiceOf(asked), readers, name));
}

/**
 * How a runtime connects through the proxy of the option.
 * @param open - connects to a proxy, with that TLS if it is secure
 */
export function proxyDialer<Tls extends object>(
  asked: ProxyOption<Tls> | undefined,
  environment: Environment,
  open: (proxy: ProxyAddress, tls: Tls | undefined) => Tunnel,
): ProxyDialer | undefined {
  if (asked === undefined) return undefined;
  const choice = choiceOf(asked);
  return { choice, environment, open: (proxy) => open(proxy, choice.tls) };
}

function choiceOf<Tls extends object>(asked: ProxyOption<Tls>): SecureProxyChoice<Tls> {
  return typeof asked === "string" || asked instanceof URL ? { url: asked } : asked;
}

function ownTls<Tls extends object>(given: Tls, name: string): Tls {
  return ownOptions(given, name);
}
