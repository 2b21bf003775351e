// Checks the heads and headers that a caller gives, and says what to pass in their place.
import { isGiven, isObject } from "../http/given.js";
import type { RequestHead, ResponseHead } from "../http/head.js";
import { HeaderList } from "../http/header-list.js";

/** @throws TypeError if the value is not a list of headers */
export function assertHeaders(headers: HeaderList, name = "headers"): void {
  if (isHeaderList(headers)) return;
  const meant = has(headers, "headers") ? ": pass head.headers" : "";
  throw new TypeError(`${name} must be a HeaderList${meant || ", as a head has, or HeaderList.from makes"}`);
}

/** @throws TypeError if the value is not the head of a request */
export function assertRequestHead(head: RequestHead): void {
  if (
    isObject(head) &&
    typeof head.method === "string" &&
    typeof head.target === "string" &&
    typeof head.httpVersion === "string" &&
    isHeaderList(head.headers)
  ) {
    return;
  }
  throw new TypeError(`head must be the head of a request${requestHint(head)}`);
}

/** @throws TypeError if the value is not the head of a response */
export function assertResponseHead(head: ResponseHead): void {
  if (isObject(head) && typeof head.status === "number" && isHeaderList(head.headers)) return;
  throw new TypeError(`head must be the head of a response${resultHint(head)}`);
}

function isHeaderList(headers: unknown): boolean {
  if (headers instanceof HeaderList) return true;
  // A program may have this package twice, as an ES module and as CommonJS.
  return hasMethod(headers, "get") && hasMethod(headers, "getAll") && hasMethod(headers, "count");
}

function hasMethod(value: unknown, name: string): boolean {
  return isObject(value) && typeof Reflect.get(value, name) === "function";
}

function has(value: unknown, name: string): boolean {
  return isObject(value) && isGiven(value, name);
}

function requestHint(head: unknown): string {
  const isOfRuntime = has(head, "rawHeaders") || (has(head, "url") && has(head, "headers"));
  return isOfRuntime ? ": requestHeadOf(request) makes one" : resultHint(head);
}

/** The result of a parser has the head, if it is complete. */
function resultHint(head: unknown): string {
  if (has(head, "head")) return ": pass result.head";
  if (!has(head, "type")) return ", as result.head of a HeadParser is";
  return ": only a result of the type head has one, result.head";
}
