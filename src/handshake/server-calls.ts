// The functions of `wsimd/handshake` for servers, which check what the caller gives before they do their work.
import { isObject } from "../http/given.js";
import type { RequestHead } from "../http/head.js";
import { type Refusal, type RefusalOptions, writeRefusal } from "../http/refusal.js";
import { integer, type Readers, readOptions, refuse, text } from "../protocol/option-readers.js";
import type { Extension } from "./extensions.js";
import { assertRequestHead } from "./given-head.js";
import { type AgreedExtension, chooseExtensions, type ServerExtension } from "./negotiation.js";
import { type AllowedOrigins, allowsOrigin } from "./origin.js";
import { readUpgrade, type UpgradeRequest, type UpgradeRules } from "./request.js";
import { type AcceptedRequest, type AcceptOptions, writeAccept } from "./response.js";
import { preferredSubprotocol } from "./subprotocol.js";
import { extensions, headerPairs, origins, serverExtensions, tokens } from "./value-readers.js";

const UPGRADE_RULES: Readers<UpgradeRules> = { origins };

/**
 * Checks a client's opening handshake. The first check that fails decides, in this order: version of HTTP (400), method
 * (405), host and target (400), upgrade (426), key (400), version (426), content (400), subprotocols (400), extensions
 * (400) and origin (400 if there are two, 403 if it is not let in).
 *
 * @throws TypeError if `head` is not the head of a request, or for an option that does not exist or has a wrong type
 * @throws RangeError for an origin that no browser sends
 * @example
 * ```ts
 * import { buildAccept, buildRefusal, checkUpgrade, HeadParser } from "wsimd/handshake";
 *
 * // For a whole request in one piece.
 * export function answer(bytes: Uint8Array): Uint8Array | undefined {
 *   const result = new HeadParser("request").push(bytes);
 *   if (result.type === "more") return undefined;
 *   const request = result.type === "head" ? checkUpgrade(result.head, { origins: [undefined] }) : result;
 *   return request.type === "upgrade" ? buildAccept(request) : buildRefusal(request);
 * }
 * ```
 */
export function checkUpgrade(head: RequestHead, options: UpgradeRules = {}): UpgradeRequest | Refusal {
  assertRequestHead(head);
  return readUpgrade(head, readOptions<UpgradeRules>(options, UPGRADE_RULES).origins);
}

/**
 * Whether a request may come from `origin`: it must be in the list, as a whole and as serialized by the browser
 * (`https://example.com`, with the port only if it is not the default, without a slash behind it). There are no
 * wildcards and no parsing that a crafted origin could mislead. The case of letters does not count, as RFC 6455
 * section 4.2.2 converts an origin to lowercase; `null` is a string like any other.
 *
 * @param origin - the value of `Origin`; `undefined` if the request has none, as only non-browser clients do
 * @param allowed - the origins that are accepted; an `undefined` among them accepts requests without an origin
 * @param host - the value of `Host`, for `"same"`
 * @throws TypeError if an argument has a wrong type, RangeError for an allowed origin that no browser sends
 */
export function isOriginAllowed(
  origin: string | undefined,
  allowed: AllowedOrigins,
  host?: string | undefined,
): boolean {
  if (origin !== undefined) text(origin, "origin");
  if (host !== undefined) text(host, "host");
  return allowsOrigin(origins(allowed, "allowed"), origin, host);
}

/**
 * Picks the first subprotocol of the client's list, which is "ordered by preference", that the server speaks as well.
 *
 * @param offered - by the client: `protocols` of an `UpgradeRequest`
 * @param supported - by the server; their order does not matter
 * @returns `undefined` if none fits; the answer has no `Sec-WebSocket-Protocol` then (RFC 6455 section 4.2.2)
 * @throws TypeError if either is not an array of tokens, each of them once
 */
export function selectSubprotocol(
  offered: readonly string[],
  supported: readonly string[],
): string | undefined {
  return preferredSubprotocol(tokens(offered, "offered"), tokens(supported, "supported"));
}

/**
 * Chooses the extensions of a connection as a server does. Offers are tried in the client's order. An offer is declined
 * if its extension is not supported or was accepted already, or if the extension declines it.
 *
 * @param offered - by the client: `extensions` of an `UpgradeRequest`
 * @param supported - by the server; their order does not matter
 * @returns those accepted, in the client's order: an option for `buildAccept`
 * @throws TypeError if either is not an array of extensions
 */
export function acceptExtensions<Agreed>(
  offered: readonly Extension[],
  supported: readonly ServerExtension<Agreed>[],
): readonly AgreedExtension<Agreed>[] {
  return chooseExtensions(extensions(offered, "offered"), serverExtensions(supported, "supported"));
}

const ACCEPT: Readers<AcceptOptions> = { protocol: text, extensions, headers: headerPairs };

/**
 * Writes the answer that accepts a handshake, RFC 6455 section 4.2.2.
 *
 * @param request - from `checkUpgrade`
 * @returns the head, owned by the caller; preceded by a 100 (Continue) if the client expects one
 * @throws TypeError if `request` is not an accepted request; for an option that does not exist or has a wrong type; if
 * the subprotocol or an extension was not offered, an extension is there twice, or a header cannot be sent or belongs to
 * the handshake
 * @example
 * ```js
 * import { buildAccept, makeKey } from "wsimd/handshake";
 *
 * const head = buildAccept({ key: makeKey(), protocols: ["chat"] }, { protocol: "chat" });
 * console.log(new TextDecoder().decode(head));
 * ```
 */
export function buildAccept(request: AcceptedRequest, options: AcceptOptions = {}): Uint8Array {
  assertAccepted(request);
  return writeAccept(request, readOptions<AcceptOptions>(options, ACCEPT));
}

function assertAccepted(request: AcceptedRequest): void {
  if (!isObject(request) || typeof request.key !== "string" || !Array.isArray(request.protocols)) {
    throw new TypeError(
      "request must be a request that checkUpgrade has accepted; a refusal is for buildRefusal",
    );
  }
  if (request.extensions !== undefined) extensions(request.extensions, "request.extensions");
}

/** A refusal and a failed result say what they are. */
interface GivenRefusal extends RefusalOptions {
  readonly type?: "refusal" | "failed" | undefined;
}

function refusalType(value: GivenRefusal["type"]): GivenRefusal["type"] {
  if (value === "refusal" || value === "failed") return value;
  throw new TypeError("only a refusal is for buildRefusal; an accepted request is for buildAccept");
}

const REFUSAL: Readers<GivenRefusal> = {
  type: refusalType,
  status: integer(300, 599),
  reason: text,
  headers: headerPairs,
  body: text,
};

/** The greatest time that a `Date` has. */
const LAST_TIME = 8.64e15;

/**
 * Writes the answer that refuses a request and ends the connection.
 *
 * @param now - for its `Date`, as of `Date.now()`; without it there is none
 * @returns head and body, owned by the caller
 * @throws RangeError if the status is not an integer from 300 to 599, or `now` is no time
 * @throws TypeError for an option that does not exist or has a wrong type, and if a header cannot be sent, or is one
 * that frames the message
 * @example
 * ```js
 * import { buildRefusal } from "wsimd/handshake";
 *
 * const head = buildRefusal({ status: 401, reason: "who are you?" }, Date.now());
 * console.log(new TextDecoder().decode(head));
 * ```
 */
export function buildRefusal(options: RefusalOptions, now?: number): Uint8Array {
  const given = readOptions<GivenRefusal>(options, REFUSAL);
  if (given.status === undefined) throw new TypeError("status must be given, from 300 to 599");
  if (now !== undefined && !(typeof now === "number" && Math.abs(now) <= LAST_TIME)) {
    refuse(now, "number", "now", "milliseconds since 1970, such as Date.now()");
  }
  return writeRefusal(given, now);
}
