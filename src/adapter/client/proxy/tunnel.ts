// The tunnel of a client through an HTTP proxy (RFC 9110 section 9.3.6).
import type { ResponseHead } from "../../../http/head.js";
import { buildConnect, type ConnectRequest } from "../../../http/tunnel.js";
import type { SocketTransport } from "../../transport.js";
import { type Address, authorityOf, withCredentials } from "../address.js";
import { Exchange, type ExchangeOptions, type ExchangeResult, MAX_BODY_BYTES } from "../exchange.js";
import { HandshakeError } from "../handshake-error.js";
import type { ProxyAddress, ProxyDialer } from "./proxy.js";

/** The outcome of a request for a tunnel. */
export interface TunnelResult extends ExchangeResult {
  /** From now on the transport is a connection to the server. */
  opened(): void;
}

/** Asks a proxy for a tunnel to a server, before the opening handshake. Reports one result, once. */
export class Tunnelling extends Exchange {
  readonly #request: Uint8Array;
  readonly #result: TunnelResult;

  /**
   * Prepares the request, before there is a connection that an error would have to end.
   * @throws TypeError if the options hold a value that can't be sent
   */
  constructor(request: ConnectRequest, options: ExchangeOptions, result: TunnelResult) {
    super("proxy", options, result);
    this.#request = buildConnect(request);
    this.#result = result;
  }

  /** Sends the request on a transport to the proxy that is connected or about to be. */
  begin(transport: SocketTransport): void {
    this.send(transport, this.#request);
  }

  protected override answered(head: ResponseHead, rest: Uint8Array): void {
    const { status, reason, headers } = head;
    // RFC 9110 section 9.3.6: "Any 2xx (Successful) response indicates that the sender … will switch to tunnel mode
    // immediately after the response header section". A `Content-Length` in it does not count.
    if (status < 200 || status > 299) {
      const message = `the proxy answered ${status} ${reason}`.trimEnd();
      this.hearOut(head, rest, MAX_BODY_BYTES, (body) =>
        this.#result.failed(new HandshakeError("PROXY_REFUSED", message, { status, headers, body })),
      );
    } else if (rest.length > 0) {
      // Neither a web server nor a TLS server sends bytes before the client does, so these bytes are not the server's.
      this.malformed("the proxy sent more than the head of an answer");
    } else {
      this.finish();
      this.#result.opened();
    }
  }
}

/** The outcome of a connection through a proxy. */
export interface TunnelOpened extends ExchangeResult {
  /** The transport leads to the server. */
  opened(transport: SocketTransport): void;
}

/**
 * Begins a connection to a server through a proxy.
 * @throws TypeError if the proxy's headers can't be sent
 */
export function openTunnel(
  dialer: ProxyDialer,
  proxy: ProxyAddress,
  server: Address,
  options: ExchangeOptions,
  result: TunnelOpened,
): Tunnelling {
  const headers = withCredentials(dialer.choice.headers, "Proxy-Authorization", proxy.authorization);
  const tunnelling = new Tunnelling({ authority: authorityOf(server), headers }, options, {
    opened() {
      try {
        result.opened(tunnel.enter(server));
      } catch (error) {
        // Invalid options for TLS with the server throw here, not earlier.
        tunnel.transport.destroy();
        result.failed(error);
      }
    },
    failed: (error) => result.failed(error),
  });
  const tunnel = dialer.open(proxy);
  tunnelling.begin(tunnel.transport);
  return tunnelling;
}
