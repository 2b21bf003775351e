// Request targets and hosts: the resource of a request. RFC 9112 sections 3.2 and 3.3.
import {
  COLON,
  consistsOf,
  DIGIT,
  endOfRun,
  equalsIgnoringCase,
  HOST_CHARACTER,
  IP_LITERAL_CHARACTER,
  TARGET_CHARACTER,
  URL_PATH_CHARACTER,
  URL_QUERY_CHARACTER,
} from "./characters.js";
import type { RequestHead } from "./head.js";
import { onlyValue } from "./header-list.js";
import { type Refusal, refuse } from "./refusal.js";

/** The resource of a request. Path and query have the form of a `URL`: parsing them again changes nothing. */
export interface Resource {
  /** As `Host` has it, or the target; "localhost" if an HTTP/1.0 request names none. */
  readonly host: string;
  /** Begins with `/`. Dot segments are resolved; nothing is decoded. */
  readonly path: string;
  /** The part behind the first `?`, without it; `undefined` if there is none. */
  readonly query: string | undefined;
}

/** The host of a request that names none: "a configured default", RFC 9112 section 3.3. */
const DEFAULT_HOST = "localhost";

/** Whether `text` can stand in a request line: visible ASCII, no fragment, not empty. */
export function isTarget(text: string): boolean {
  return consistsOf(TARGET_CHARACTER, text);
}

/** Whether `text` is a host with an optional port, as `Host` holds it: RFC 9110 section 7.2. No user information. */
export function isAuthority(text: string): boolean {
  const end = endOfHost(text);
  if (end <= 0) return false;
  if (end === text.length) return true;
  return text.charCodeAt(end) === COLON && endOfRun(DIGIT, text, end + 1) === text.length;
}

/** @returns where the host ends, 0 or -1 if there is none */
function endOfHost(text: string): number {
  if (!text.startsWith("[")) return endOfRun(HOST_CHARACTER, text, 0);
  const end = endOfRun(IP_LITERAL_CHARACTER, text, 1);
  return end > 1 && text.startsWith("]", end) ? end + 1 : -1;
}

/**
 * Reads a request target: "a /resource name/ … (or an absolute HTTP/HTTPS URI containing the /resource name/)",
 * RFC 6455 section 4.2.1.
 *
 * A target that begins with `/` is a path: even `//evil/chat` names no other host. An absolute URI must
 * name the very authority that `Host` does, so that a target cannot change which origin a request is for.
 *
 * @param host - the value of `Host`; `undefined` if there is none, as only HTTP/1.0 allows
 * @returns `undefined` if the target is neither
 */
export function parseTarget(target: string, host: string | undefined): Resource | undefined {
  if (!isTarget(target)) return undefined;
  if (target.startsWith("/")) return resourceOf(host ?? DEFAULT_HOST, target);
  const start = startOfAuthority(target);
  if (start < 0) return undefined;
  const end = endOfAuthority(target, start);
  const authority = target.slice(start, end);
  if (host === undefined ? !isAuthority(authority) : !equalsIgnoringCase(authority, host)) return undefined;
  const rest = target.slice(end);
  return resourceOf(host ?? authority, rest.startsWith("/") ? rest : `/${rest}`);
}

/**
 * The resource of `OPTIONS *`, the server as a whole: "If the request-target is in authority-form or asterisk-form, the
 * target URI's combined path and query component is empty." RFC 9112 section 3.3. The path of such a URL is `/`.
 */
function wholeServer(host: string | undefined): Resource {
  return { host: host ?? DEFAULT_HOST, path: "/", query: undefined };
}

/** The resource of a request, checked. */
export interface CheckedTarget extends Resource {
  readonly type: "target";
}

/** Checks which resource of which host a request is for. */
export function checkTarget({ method, target, httpVersion, headers }: RequestHead): CheckedTarget | Refusal {
  // "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host
  // header field and to any request message that contains more than one Host header field line or a Host header field
  // with an invalid field value." RFC 9112 section 3.2.
  const host = onlyValue(headers, "Host");
  const isUnnamed = httpVersion === "1.0" && !headers.has("Host");
  if (!isUnnamed && (host === undefined || !isAuthority(host)))
    return refuse(400, "there is not exactly one valid Host header");
  // "A client that wishes to request OPTIONS for the server as a whole … MUST send only '*' as the request-target."
  // RFC 9112 section 3.2.4.
  const asterisk = method === "OPTIONS" && target === "*";
  const resource = asterisk ? wholeServer(host) : parseTarget(target, host);
  if (resource === undefined) return refuse(400, "the request target is malformed or not of this host");
  const { path, query } = resource;
  return { type: "target", host: resource.host, path, query };
}

function startOfAuthority(target: string): number {
  if (equalsIgnoringCase(target.slice(0, 7), "http://")) return 7;
  return equalsIgnoringCase(target.slice(0, 8), "https://") ? 8 : -1;
}

function endOfAuthority(target: string, start: number): number {
  let end = start;
  while (end < target.length && target[end] !== "/" && target[end] !== "?") end++;
  return end;
}

/** An arbitrary origin: path and query of a URL don't depend on it. */
const ORIGIN = "http://a";

/**
 * Brings path and query to the form that they have in a `Request`, so that the application and `fetch` see the same.
 */
function resourceOf(host: string, sent: string): Resource {
  const { path, query } = splitQuery(sent);
  // Nearly always there is nothing to do.
  if (isNormalPath(path) && (query === undefined || isNormalQuery(query))) return { host, path, query };
  return { host, ...splitQuery(new URL(`${ORIGIN}${sent}`).href.slice(ORIGIN.length)) };
}

function splitQuery(resource: string): Omit<Resource, "host"> {
  const mark = resource.indexOf("?");
  if (mark < 0) return { path: resource, query: undefined };
  return { path: resource.slice(0, mark), query: resource.slice(mark + 1) };
}

/** Whether `new URL` surely leaves a path as it is: a percent sign may begin a dot. */
function isNormalPath(path: string): boolean {
  return endOfRun(URL_PATH_CHARACTER, path, 0) === path.length && !path.includes("/.");
}

function isNormalQuery(query: string): boolean {
  return endOfRun(URL_QUERY_CHARACTER, query, 0) === query.length;
}
