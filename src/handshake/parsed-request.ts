// Requests that an HTTP server of the runtime has read already, in the form that `checkUpgrade` takes.
import { isGiven } from "../http/given.js";
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
 * @throws TypeError if its headers are not strings, or its URL is invalid
 */
export function requestHeadOf(request: IncomingRequest | FetchRequest): RequestHead {
  return isIncoming(request) ? incomingHead(request) : fetchHead(request);
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
  const { host, pathname, search } = new URL(url);
  const list = HeaderList.from([...headers].flat());
  return {
    method,
    target: pathname + search,
    httpVersion: "1.1",
    headers: list.has("Host") ? list : HeaderList.from(["Host", host, ...[...headers].flat()]),
  };
}
