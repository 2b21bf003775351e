// Which proxy a client uses, and how it reaches servers through it.

import { headersBut } from "../../../handshake/value-readers.js";
import type { HeaderFields } from "../../../http/header-fields.js";
import { TUNNEL_RESERVED } from "../../../http/tunnel.js";
import { type Readers, refuse } from "../../../protocol/option-readers.js";
import type { SocketTransport } from "../../transport.js";
import { type Address, basicAuthorization, portOf, withoutBrackets } from "../address.js";
import { isExcepted } from "./no-proxy.js";

/** How a client reaches servers through a proxy. */
export interface ProxyChoice {
  /**
   * The proxy's URL: `http:`, or `https:` for TLS with the proxy itself. It may have a user and a password. The word
   * `"environment"` reads the URL for each server from the environment variables `http_proxy` (for `ws:`),
   * `https_proxy` (for `wss:`), `all_proxy` and `no_proxy`, or the same in capitals.
   */
  readonly url: string | URL;
  /** Headers for the proxy alone. A `Proxy-Authorization` here replaces the one from the URL. */
  readonly headers?: HeaderFields | undefined;
}

/** How the choice of a proxy is read. */
export const PROXY_READERS: Readers<ProxyChoice> = { url: proxyUrl, headers: headersBut(TUNNEL_RESERVED) };

/** @throws TypeError if the choice of a proxy has no URL */
export function withProxyUrl<Choice extends ProxyChoice>(choice: Choice): Choice {
  proxyUrl(choice.url, "proxy.url");
  return choice;
}

function proxyUrl(value: string | URL, name: string): string {
  const url = typeof value === "string" || value instanceof URL ? String(value) : "";
  if (url === "environment") return url;
  if (!URL.canParse(url)) refuse(value, "", name, 'a URL, or "environment"');
  parseProxy(url);
  return url;
}

/** A proxy, read from a URL. */
export interface ProxyAddress {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** `Proxy-Authorization` for the URL's user and password. */
  readonly authorization: string | undefined;
}

/** A connection to a proxy, for a tunnel. */
export interface Tunnel {
  /** Reads and writes the request for the tunnel. */
  readonly transport: SocketTransport;
  /**
   * Returns the transport to the server after the proxy has agreed, with TLS if the address is secure. It is called
   * while the proxy's answer is being handled; `transport` is not used after that.
   */
  enter(address: Address): SocketTransport;
}

/** How a runtime connects through proxies. */
export interface ProxyDialer {
  readonly choice: ProxyChoice;
  readonly environment: Environment;
  /** Begins a connection to the proxy. */
  open(proxy: ProxyAddress): Tunnel;
}

/** Environment variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a server, if there is one. A Unix socket has none.
 * @throws TypeError if the proxy's URL is invalid, or not one of an HTTP proxy
 */
export function proxyFor(
  url: string | URL,
  target: Address,
  environment: Environment,
): ProxyAddress | undefined {
  if (url === "environment") return proxyOfEnvironment(target, environment);
  if (target.unixPath !== undefined) throw new TypeError("no proxy leads to a Unix socket");
  return parseProxy(url);
}

function parseProxy(input: string | URL): ProxyAddress {
  const url = new URL(input);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`the URL of a proxy begins with http: or https:, not ${url.protocol}`);
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new TypeError("the URL of a proxy ends with its host and port");
  }
  const secure = url.protocol === "https:";
  const authorization = basicAuthorization(url);
  return { secure, hostname: withoutBrackets(url.hostname), port: portOf(url, secure), authorization };
}

function proxyOfEnvironment(target: Address, environment: Environment): ProxyAddress | undefined {
  if (target.unixPath !== undefined) return undefined;
  const scheme = target.secure ? "https_proxy" : "http_proxy";
  const url = variable(environment, scheme) ?? variable(environment, "all_proxy");
  if (url === undefined) return undefined;
  if (isExcepted(variable(environment, "no_proxy") ?? "", target.hostname, target.port)) return undefined;
  // The variables often hold only a host and a port, without a scheme.
  return parseProxy(url.includes("://") ? url : `http://${url}`);
}

/** The value of a variable, by its name in small letters or else in capitals; undefined if it is empty. */
function variable(environment: Environment, name: string): string | undefined {
  const small = environment[name];
  if (small) return small;
  // In a CGI program, HTTP_PROXY is the header `Proxy` of a client's request.
  if (name === "http_proxy" && environment.REQUEST_METHOD) return undefined;
  return environment[name.toUpperCase()] || undefined;
}
