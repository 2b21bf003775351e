// The request of the opening handshake: how a server checks it, and how a client writes it. RFC 6455 sections 4.1 and
// 4.2.1.
import { expectsToContinue } from "../http/expectation.js";
import type { RequestHead } from "../http/head.js";
import { encodeHead, type HeaderFields, headerLine, headerLines } from "../http/header-fields.js";
import { type HeaderList, onlyValue } from "../http/header-list.js";
import { type Refusal, refuse } from "../http/refusal.js";
import { checkTarget, isAuthority, isTarget } from "../http/target.js";
import { includesToken } from "../http/token-list.js";
import { isWebSocketKey } from "./accept-key.js";
import { type Extension, parseExtensions, writeExtensions } from "./extensions.js";
import { assertHeaders } from "./given-head.js";
import { type ClientExtension, offersOf } from "./negotiation.js";
import { type AllowedOrigins, allowsOrigin } from "./origin.js";
import { parseSubprotocols } from "./subprotocol.js";

/**
 * A client's opening handshake, found to be in order: RFC 6455 section 4.2.1. Its strings may keep the memory of the
 * whole head alive, so copy those that must outlive the handshake.
 */
export interface UpgradeRequest {
  /** Tells it from a refusal. */
  readonly type: "upgrade";
  /** The request target as sent. */
  readonly target: string;
  /**
   * Begins with `/`. It has the form of `URL.pathname`, as in `fetch`'s request: dot segments are resolved, `\\` is
   * `/`, and characters that a URL cannot hold are percent-encoded. Nothing is decoded.
   */
  readonly path: string;
  /** The part behind the first `?` of the target, percent-encoded in the same way; `undefined` if there is none. */
  readonly query: string | undefined;
  /** The `Host` header, with the port if it names one. */
  readonly host: string;
  /** `undefined` if there is no `Origin`, so the client is not a browser. `null` comes as the string `"null"`. */
  readonly origin: string | undefined;
  /** All header lines. */
  readonly headers: HeaderList;
  /** The subprotocols offered, unique, in the client's order of preference. */
  readonly protocols: readonly string[];
  /** The extensions offered, in the client's order of preference. An answer without any declines them all. */
  readonly extensions: readonly Extension[];
  /** `Sec-WebSocket-Key`, as sent. */
  readonly key: string;
  /** Whether the client expects a 100 (Continue) before the answer. */
  readonly expectsContinue: boolean;
}

/** Requirements of a server beyond the RFC. */
export interface UpgradeRules {
  /**
   * The origins that are accepted; see `isOriginAllowed`. Without a list every origin is, so any web site can connect
   * with its visitor's cookies.
   */
  readonly origins?: AllowedOrigins | undefined;
}

const ALLOW = { Allow: "GET" };
const UPGRADE = { Upgrade: "websocket" };
const VERSION = { Upgrade: "websocket", "Sec-WebSocket-Version": "13" };

/**
 * Checks a client's opening handshake as `checkUpgrade` says.
 * @param origins - those that are accepted; undefined for all
 */
export function readUpgrade(
  head: RequestHead,
  origins: AllowedOrigins | undefined,
): UpgradeRequest | Refusal {
  const { method, target, httpVersion, headers } = head;
  // "The method of the request MUST be GET, and the HTTP version MUST be at least 1.1." RFC 6455 section 4.1.
  if (httpVersion === "1.0") return refuse(400, "HTTP/1.0 cannot upgrade a connection");
  // Methods are case-sensitive.
  if (method !== "GET") return refuse(405, "the method is not GET", ALLOW);
  const resource = checkTarget(head);
  if (resource.type === "refusal") return resource;
  const unasked = checkUpgradeFields(headers);
  if (unasked !== undefined) return unasked;
  // "The |Sec-WebSocket-Key| header field MUST NOT appear more than once in an HTTP request." Section 11.3.1.
  const key = onlyValue(headers, "Sec-WebSocket-Key");
  if (key === undefined || !isWebSocketKey(key)) return BAD_KEY;
  const problem = checkVersion(headers) ?? checkContent(headers);
  if (problem !== undefined) return problem;
  const protocols = parseSubprotocols(headers);
  if (protocols === undefined) return refuse(400, "Sec-WebSocket-Protocol is malformed");
  const extensions = parseExtensions(headers.getAll("Sec-WebSocket-Extensions"));
  if (extensions === undefined) return refuse(400, "Sec-WebSocket-Extensions is malformed");
  const origin = headers.get("Origin");
  const { host, path, query } = resource;
  const refusal = checkOrigin(headers, origin, host, origins);
  if (refusal !== undefined) return refusal;
  return {
    type: "upgrade",
    target,
    path,
    query,
    host,
    origin,
    headers,
    protocols,
    extensions,
    key,
    expectsContinue: expectsToContinue(head),
  };
}

/**
 * Whether a request asks for a WebSocket at all.
 * @throws TypeError if `headers` is not a HeaderList
 */
export function asksForWebSocket(headers: HeaderList): boolean {
  assertHeaders(headers);
  return includesToken(headers.get("Upgrade"), "websocket");
}

/** RFC 6455 section 4.2.1, items 3 and 4; RFC 9110 section 15.5.22 for the status. */
function checkUpgradeFields(headers: HeaderList): Refusal | undefined {
  if (!asksForWebSocket(headers)) {
    return refuse(426, "the Upgrade header does not name websocket", UPGRADE);
  }
  if (!includesToken(headers.get("Connection"), "upgrade")) {
    return refuse(426, "the Connection header does not name upgrade", UPGRADE);
  }
  return undefined;
}

const BAD_KEY = refuse(400, "there is not exactly one Sec-WebSocket-Key of 16 bytes in base64");

function checkVersion(headers: HeaderList): Refusal | undefined {
  // "If this version does not match a version understood by the server, the server MUST abort the WebSocket handshake
  // … and instead send an appropriate HTTP error code (such as 426 Upgrade Required) and a |Sec-WebSocket-Version|
  // header field." Section 4.2.2.
  if (headers.get("Sec-WebSocket-Version") !== "13")
    return refuse(426, "the WebSocket version is not 13", VERSION);
  return undefined;
}

/** An intermediary could take for content the bytes that this side takes for frames. */
function checkContent(headers: HeaderList): Refusal | undefined {
  const hasContent =
    headers.has("Content-Length") && headers.getAll("Content-Length").some((length) => length !== "0");
  if (!hasContent && !headers.has("Transfer-Encoding")) return undefined;
  return refuse(400, "an upgrade request cannot have content");
}

/** RFC 6455 sections 4.2.2 and 10.2. */
function checkOrigin(
  headers: HeaderList,
  origin: string | undefined,
  host: string,
  origins: AllowedOrigins | undefined,
): Refusal | undefined {
  if (headers.count("Origin") > 1) return refuse(400, "there is more than one Origin header");
  if (origins === undefined || allowsOrigin(origins, origin, host)) return undefined;
  // "If the server does not wish to accept this connection, it MUST return an appropriate HTTP error code (e.g., 403
  // Forbidden) and abort the WebSocket handshake."
  return refuse(403, origin === undefined ? "the request has no Origin" : "the origin is not allowed");
}

/** The parts of a client's opening handshake. */
export interface RequestOptions {
  /** The value of `Host`: a host, and a port unless it is the default one. */
  readonly host: string;
  /** Path and query: begins with `/`, percent-encoded, without a fragment. */
  readonly target: string;
  /** From `makeKey`. */
  readonly key: string;
  /** The subprotocols to offer, in order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** The extensions to offer, in order of preference. `checkResponse` needs the same. */
  readonly extensions?: readonly ClientExtension[] | undefined;
  /** The value of `Origin`, which only browsers send. */
  readonly origin?: string | undefined;
  /** Further fields, such as `Authorization` and `Cookie`. */
  readonly headers?: HeaderFields | undefined;
}

/** Header fields that the caller may not set, in the form of `headerLines`. */
export const REQUEST_RESERVED: readonly string[] = [
  ...["host", "connection", "upgrade", "content-length", "transfer-encoding", "sec-websocket-"],
  // It is meant for a proxy, and would reveal its password to the server.
  "proxy-authorization",
];

/**
 * Writes the request of `buildRequest`.
 * @param options - the subprotocols were checked before: tokens, each of them once
 * @throws TypeError if any part cannot be sent as it is, or a header is set that belongs to the handshake
 */
export function writeRequest(options: RequestOptions): Uint8Array {
  const { host, target, key, protocols = [], extensions = [], origin } = options;
  if (typeof host !== "string" || !isAuthority(host))
    throw new TypeError("host must be a host with an optional port");
  if (typeof target !== "string" || !target.startsWith("/") || !isTarget(target)) {
    throw new TypeError("target must begin with / and be percent-encoded, without a fragment");
  }
  if (!isWebSocketKey(key)) throw new TypeError("key must be 16 bytes in base64");
  const reserved = origin === undefined ? REQUEST_RESERVED : [...REQUEST_RESERVED, "origin"];
  const extra = headerLines(options.headers, reserved);
  const offers = writeExtensions(offersOf(extensions));
  return encodeHead(
    `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${
        protocols.length === 0 ? "" : `Sec-WebSocket-Protocol: ${protocols.join(", ")}\r\n`
      }${offers === "" ? "" : `Sec-WebSocket-Extensions: ${offers}\r\n`}${origin === undefined ? "" : headerLine("Origin", origin)}${extra}\r\n`,
  );
}
