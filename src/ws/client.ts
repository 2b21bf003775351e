// The opening handshake of a client, by way of `node:http`, with the redirects that it follows.
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { abortSignal } from "../adapter/value-readers.js";
import { makeKey } from "../handshake/accept-key.js";
import { flag, readOptions } from "../protocol/option-readers.js";
import { abortWith } from "./client/abort.js";
import { parseAddress, type Target, targetOf } from "./client/address.js";
import { faultOf, type Offer } from "./client/agreement.js";
import type { ConnectingWebSocket } from "./client/connecting.js";
import { abortHandshake, emitErrorAndClose, emitQuietClose, isAbandoned, quieten } from "./client/failure.js";
import { type Credentials, Redirects } from "./client/redirects.js";
import { makeRequest } from "./client/request.js";
import type { ClientOptions } from "./client-options.js";
import { CLOSE_TIMEOUT, CONNECTING } from "./constants.js";
import { compresses } from "./message-path.js";
import { PerMessageDeflate } from "./permessage-deflate.js";
import { prepareConnections } from "./preparation.js";

export { abortHandshake, emitErrorAndClose, giveUp } from "./client/failure.js";

type Protocols = string | readonly string[];

const VERSIONS: readonly unknown[] = [8, 13];
const SUBPROTOCOL = /^[!#$%&'*+\-.0-9A-Z^_`|a-z~]+$/;

const DEFAULTS = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: CLOSE_TIMEOUT,
  followRedirects: false,
  maxBufferedChunks: 256 * 1024,
  maxFragments: 16 * 1024,
  maxPayload: 100 * 1024 * 1024,
  maxPendingAutoPongs: 60,
  maxRedirects: 10,
  perMessageDeflate: true,
  protocolVersion: 13,
  skipUTF8Validation: false,
} as const satisfies ClientOptions;

/**
 * Begins the opening handshake of a WebSocket. Later it calls `setSocket`, or emits 'error' and 'close'.
 *
 * @param protocols - the second argument of the constructor: subprotocols to offer, or the options
 * @throws SyntaxError for an address or a subprotocol that cannot be, RangeError for a version that does not exist, and
 * what `http.request` and {@link prepareConnections} throw about options
 */
export function openClient(
  websocket: ConnectingWebSocket,
  address: string | URL,
  protocols?: Protocols | ClientOptions,
  given?: ClientOptions,
): void {
  const options: ClientOptions = { ...DEFAULTS, ...(isOptions(protocols) ? protocols : given) };
  const { protocolVersion, maxPendingAutoPongs } = options;
  if (!VERSIONS.includes(protocolVersion)) {
    const supported = VERSIONS.join(", ");
    throw new RangeError(
      `Unsupported protocol version: ${protocolVersion} (supported versions: ${supported})`,
    );
  }
  checkOwnOptions(options);
  prepareConnections(options);
  const offered = isOptions(protocols) || protocols === undefined ? options.protocols : protocols;
  new Opening(websocket, listOf(offered), options).begin(address);
  websocket._autoPong = Boolean(options.autoPong);
  websocket._maxPendingAutoPongs = Number(maxPendingAutoPongs) | 0;
  websocket._closeTimeout = Number(options.closeTimeout);
}

/** Options that `ws` does not have. @throws TypeError */
function checkOwnOptions({ quietClose, signal }: ClientOptions): void {
  readOptions({ quietClose, signal: signal ?? undefined }, { quietClose: flag, signal: abortSignal });
}

function isOptions(given: Protocols | ClientOptions | undefined): given is ClientOptions {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function listOf(protocols: Protocols | undefined): readonly unknown[] {
  if (protocols === undefined) return [];
  return Array.isArray(protocols) ? protocols : [protocols];
}

/** The opening handshake of one client: a request, and one more for each redirect that is followed. */
class Opening {
  readonly #websocket: ConnectingWebSocket;
  readonly #protocols: readonly unknown[];
  readonly #options: ClientOptions;
  #redirects: Redirects | undefined;

  constructor(websocket: ConnectingWebSocket, protocols: readonly unknown[], options: ClientOptions) {
    this.#websocket = websocket;
    this.#protocols = protocols;
    this.#options = options;
  }

  /** @throws what {@link openClient} throws */
  begin(address: string | URL): void {
    const url = parseAddress(address);
    const target = this.#aimAt(url);
    const { headers, followRedirects } = this.#options;
    const credentials = { headers: { ...headers }, auth: this.#authFor(target) };
    const attempt = this.#attempt(url, target, credentials);
    if (followRedirects) this.#redirects = new Redirects(target, credentials);
    this.#send(attempt);
  }

  /** Goes where a redirect leads. What is wrong with it is an 'error', for the server has sent it. */
  #follow(redirects: Redirects, base: URL, location: string): void {
    const websocket = this.#websocket;
    let attempt: Attempt;
    try {
      const url = parseAddress(location, base);
      const target = this.#aimAt(url);
      const keepAll = websocket.listenerCount("redirect") > 0;
      const credentials = redirects.credentialsFor(target, this.#authFor(target), keepAll);
      attempt = this.#attempt(url, target, credentials);
    } catch (error) {
      websocket._req = null;
      emitErrorAndClose(websocket, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    websocket.emit("redirect", websocket.url, attempt.request);
    this.#send(attempt);
  }

  #aimAt(url: URL): Target {
    this.#websocket._url = url.href;
    return targetOf(url);
  }

  #authFor(target: Target): string | undefined {
    return target.auth ?? this.#options.auth ?? undefined;
  }

  #attempt(url: URL, target: Target, credentials: Credentials): Attempt {
    const offer = this.#offer();
    const request = makeRequest(target, credentials, offer, this.#options);
    this.#websocket._req = request;
    if (this.#options.quietClose) quieten(request);
    return { url, offer, request };
  }

  #offer(): Offer {
    const { perMessageDeflate, maxPayload } = this.#options;
    const wanted = perMessageDeflate === true ? {} : perMessageDeflate;
    const deflate =
      wanted && compresses(wanted)
        ? new PerMessageDeflate({ ...wanted, isServer: false, maxPayload })
        : undefined;
    return { key: makeKey(), protocols: checkedProtocols(this.#protocols), deflate };
  }

  #send(attempt: Attempt): void {
    const { request } = attempt;
    const websocket = this.#websocket;
    const { handshakeTimeout, signal } = this.#options;
    if (handshakeTimeout) {
      request.on("timeout", () => abortHandshake(websocket, request, "Opening handshake has timed out"));
    }
    request.on("error", (error) => this.#onError(request, error));
    request.on("response", (response) => this.#onResponse(attempt, response));
    request.on("upgrade", (response, socket, head) => this.#onUpgrade(attempt, response, socket, head));
    if (signal) abortWith(signal, request);
    if (this.#options.finishRequest) this.#options.finishRequest(request, websocket);
    else request.end();
  }

  #onError(request: ClientRequest, error: Error): void {
    const websocket = this.#websocket;
    if (websocket._req !== request || isAbandoned(request)) return;
    websocket._req = null;
    const { quietClose, signal } = this.#options;
    if (quietClose && signal?.aborted) emitQuietClose(websocket);
    else emitErrorAndClose(websocket, error);
  }

  #onResponse({ request, url }: Attempt, response: IncomingMessage): void {
    const websocket = this.#websocket;
    const { statusCode = 0 } = response;
    const { location } = response.headers;
    if (this.#redirects !== undefined && location && statusCode >= 300 && statusCode < 400) {
      if (++websocket._redirects > Number(this.#options.maxRedirects)) {
        abortHandshake(websocket, request, "Maximum redirects exceeded");
        return;
      }
      request.abort();
      this.#follow(this.#redirects, url, location);
    } else if (!websocket.emit("unexpected-response", request, response)) {
      abortHandshake(websocket, request, `Unexpected server response: ${statusCode}`);
    }
  }

  #onUpgrade({ offer }: Attempt, response: IncomingMessage, socket: Duplex, head: Buffer): void {
    const websocket = this.#websocket;
    websocket.emit("upgrade", response);
    // A listener may have closed the WebSocket.
    if (websocket.readyState !== CONNECTING) {
      socket.destroy();
      return;
    }
    websocket._req = null;
    const fault = faultOf(response.headers, offer);
    if (fault !== undefined) {
      abortHandshake(websocket, socket, fault);
      return;
    }
    websocket._protocol = response.headers["sec-websocket-protocol"] ?? "";
    if (offer.deflate !== undefined && response.headers["sec-websocket-extensions"] !== undefined) {
      websocket._extensions[PerMessageDeflate.extensionName] = offer.deflate;
    }
    websocket.setSocket(socket, head, this.#options);
  }
}

/** A request of a client, and what it asks for. */
interface Attempt {
  readonly url: URL;
  readonly offer: Offer;
  readonly request: ClientRequest;
}

/** @throws SyntaxError */
function checkedProtocols(protocols: readonly unknown[]): ReadonlySet<string> {
  const checked = new Set<string>();
  for (const protocol of protocols) {
    if (typeof protocol !== "string" || !SUBPROTOCOL.test(protocol) || checked.has(protocol)) {
      throw new SyntaxError("An invalid or duplicated subprotocol was specified");
    }
    checked.add(protocol);
  }
  return checked;
}
