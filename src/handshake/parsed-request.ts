// Requests that an HTTP server of the runtime has read already, in the form that `checkUpgrade` takes.
import { isGiven, isObject } from "../http/given.js";
import type { RequestHead } from "../http/head.js";
import { HeaderList } from "../http/header-list.js";

/** A request as Node's `http` hands it over: an `IncomingMessage` is one. */
export interface IncomingRequest {
  /** As sent. */
  readonly method?: string | undefined;
  /** The request target as sent. */
  readonly url?: string | undefined;
  /** Without `HTTP/`. */
  readonly httpVersion: string;
  /** Name, value, name, value … as sent. */
  readonly rawHeaders: readonly string[];
}

/** A request as the Fetch standard has it: a `Request` that a server of Deno, Bun or an edge runtime got is one. */
export interface FetchRequest {
  /** As sent. */
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** Fields that were sent more than once are joined. */
  readonly headers: Iterable<readonly [name: string, value: string]>;
}

/**
 * The head of a request that was read by another parser.
 *
 * A `Request` has joined repeated fields, and counts as HTTP/1.1. If it has no `Host`, its URL names the host.
 *
 * @param request - read now, and not kept
 * @throws TypeError if it is neither, its headers are not strings, or the URL of a `Request` is not absolute
 */
export function requestHeadOf(request: IncomingRequest | FetchRequest): RequestHead {
  if (isObject(request) && isIncoming(request)) return incomingHead(request);
  if (isObject(request) && typeof request.url === "string" && isObject(request.headers)) {
    return fetchHead(request);
  }
  throw new TypeError("request must be an IncomingMessage of Node's http, or a Request");
}

function isIncoming(request: IncomingRequest | FetchRequest): request is IncomingRequest {
  return isGiven(request, "rawHeaders");
}

/**
 * The head of a request that Node's `http` has read.
 * @throws TypeError if it is no such request
 */
export function incomingHead({
  method = "",
  url = "",
  httpVersion,
  rawHeaders,
}: IncomingRequest): RequestHead {
  return {
    method,
    target: url,
    httpVersion: httpVersion === "1.0" ? "1.0" : "1.1",
    headers: HeaderList.from(rawHeaders),
  };
}

function fetchHead({ method, url, headers }: FetchRequest): RequestHead {
  if (!URL.canParse(url)) {
    throw new TypeError(`the URL of a Request must be absolute, not ${JSON.stringify(url)}`);
  }
  if (typeof headers[Symbol.iterator] !== "function") {
    throw new TypeError("the headers of a Request must be Headers, or pairs of a name and a value");
  }
  const { host, pathname, search } = new URL(url);
  const list = HeaderList.from([...headers].flat());
  return {
    method,
    target: pathname + search,
    httpVersion: "1.1",
    headers: list.has("Host") ? list : HeaderList.from(["Host", host, ...[...headers].flat()]),
  };
}
