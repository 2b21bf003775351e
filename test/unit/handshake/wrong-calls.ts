// Wrong calls of every function of `wsimd/handshake`, and what the error of each says.
import * as handshake from "../../../src/handshake/index.js";
import { change, EXAMPLE, latin1, wire } from "./every-cut.js";

const {
  acceptExtensions,
  acceptKey,
  asksForWebSocket,
  buildAccept,
  buildRefusal,
  buildRequest,
  checkResponse,
  checkUpgrade,
  FinalHeadParser,
  HeaderList,
  HeadParser,
  isOriginAllowed,
  makeKey,
  parseExtensions,
  parseSubprotocols,
  requestHeadOf,
  selectSubprotocol,
} = handshake;

export const KEY = "x3JJHMbDL1EzLkh9GBhXDw==";
export const EVIL = "https://evil.example";

/** Calls a function with arguments that its type forbids, as programs in JavaScript can. */
export function call(target: (...parameters: never[]) => unknown, ...parameters: unknown[]): unknown {
  return Reflect.apply(target, undefined, parameters);
}

/** Makes an object, as {@link call} does. */
export function make(
  target: abstract new (...parameters: never[]) => object,
  ...parameters: unknown[]
): object {
  const made: unknown = Reflect.construct(target, parameters);
  if (typeof made === "object" && made !== null) return made;
  throw new Error("no object");
}

function parsed<K extends "request" | "response">(kind: K, text: string) {
  const result = new HeadParser(kind).push(latin1(text));
  if (result.type !== "head") throw new Error(result.type);
  return result;
}

const result = parsed("request", wire(EXAMPLE));
export const { head } = result;
export const evil = parsed("request", change("Origin", `Origin: ${EVIL}`)).head;
const accepted = checkUpgrade(head);
export const refusal = checkUpgrade(head, { origins: [] });
export const request = { host: "a", target: "/", key: KEY };
export const answer = parsed("response", new TextDecoder().decode(buildAccept({ key: KEY, protocols: [] })));

export type Case = readonly [name: string, attempt: () => unknown, message: string];

export const TYPE_ERRORS: readonly Case[] = [
  // Heads
  ["checkUpgrade of a result", () => call(checkUpgrade, result), "pass result.head"],
  ["checkUpgrade of more", () => call(checkUpgrade, { type: "more" }), "only a result of the type head"],
  ["checkUpgrade of nothing", () => call(checkUpgrade), "head must be the head of a request"],
  [
    "checkUpgrade of bytes",
    () => call(checkUpgrade, latin1(wire(EXAMPLE))),
    "head must be the head of a request",
  ],
  [
    "checkUpgrade of a Request",
    () => call(checkUpgrade, new Request("http://a/")),
    "requestHeadOf(request) makes one",
  ],
  [
    "checkUpgrade of an IncomingMessage",
    () => call(checkUpgrade, { method: "GET", url: "/", httpVersion: "1.1", rawHeaders: [], headers: {} }),
    "requestHeadOf(request) makes one",
  ],
  ["checkUpgrade of a response", () => call(checkUpgrade, answer.head), "head must be the head of a request"],
  [
    "checkUpgrade with Headers",
    () => call(checkUpgrade, { ...head, headers: new Headers() }),
    "head must be the head of a request",
  ],
  ["checkResponse of a result", () => call(checkResponse, answer, { key: KEY }), "pass result.head"],
  [
    "checkResponse of a request",
    () => call(checkResponse, head, { key: KEY }),
    "head must be the head of a response",
  ],
  [
    "checkResponse of a Response",
    () => call(checkResponse, new Response(), { key: KEY }),
    "the head of a response",
  ],
  ["checkResponse of nothing", () => call(checkResponse), "head must be the head of a response"],
  ["asksForWebSocket of a head", () => call(asksForWebSocket, head), "pass head.headers"],
  ["asksForWebSocket of Headers", () => call(asksForWebSocket, new Headers()), "must be a HeaderList"],
  ["parseSubprotocols of a string", () => call(parseSubprotocols, "chat"), "must be a HeaderList"],
  ["parseSubprotocols of nothing", () => call(parseSubprotocols), "must be a HeaderList"],
  [
    "requestHeadOf nothing",
    () => call(requestHeadOf),
    "must be an IncomingMessage of Node's http, or a Request",
  ],
  ["requestHeadOf of a head", () => call(requestHeadOf, head), "must be an IncomingMessage"],
  [
    "requestHeadOf without an array",
    () => call(requestHeadOf, { httpVersion: "1.1", rawHeaders: "Host" }),
    "raw headers must be an array",
  ],
  [
    "requestHeadOf with a relative URL",
    () => call(requestHeadOf, { method: "GET", url: "/chat", headers: new Headers() }),
    'the URL of a Request must be absolute, not "/chat"',
  ],
  [
    "requestHeadOf with an object of headers",
    () => call(requestHeadOf, { method: "GET", url: "http://a/", headers: { a: "b" } }),
    "the headers of a Request must be Headers",
  ],
  ["HeaderList.from nothing", () => call(HeaderList.from), "raw headers must be an array"],
  ["HeaderList.from a string", () => call(HeaderList.from, "ab"), "raw headers must be an array"],
  [
    "HeaderList.get of nothing",
    () => call(head.headers.get.bind(head.headers)),
    "name of a header must be a string",
  ],
  // Parsers
  ["HeadParser without a kind", () => make(HeadParser), "kind must be one of request, response"],
  ["HeadParser with limits alone", () => make(HeadParser, { maxHeadBytes: 5 }), "kind must be one of"],
  ["HeadParser with null", () => make(HeadParser, "request", null), "limits must be an object"],
  ["HeadParser with a number", () => make(HeadParser, "request", 8192), "limits must be an object"],
  [
    "HeadParser with a misspelt limit",
    () => make(HeadParser, "request", { maxHeaderBytes: 5 }),
    "there is no option limits.maxHeaderBytes, only maxHeadBytes, maxHeaderLines",
  ],
  [
    "HeadParser with text",
    () => make(HeadParser, "request", { maxHeadBytes: "5" }),
    "must be an integer from 1",
  ],
  [
    "FinalHeadParser with a misspelt limit",
    () => make(FinalHeadParser, { maxLines: 5 }),
    "there is no option limits.maxLines, only",
  ],
  ["FinalHeadParser with a kind", () => make(FinalHeadParser, "response"), "limits must be an object"],
  ["push of text", () => call(pushOf(new HeadParser("request")), "GET / HTTP/1.1"), "a chunk must be bytes"],
  ["push of nothing", () => call(pushOf(new FinalHeadParser())), "a chunk must be bytes"],
  // Servers
  ["isOriginAllowed by a string", () => call(isOriginAllowed, EVIL, EVIL), "allowed must be"],
  ["isOriginAllowed by nothing", () => call(isOriginAllowed, EVIL), "allowed must be"],
  ["isOriginAllowed of null", () => call(isOriginAllowed, null, [EVIL]), "origin must be a string"],
  ["isOriginAllowed at null", () => call(isOriginAllowed, EVIL, [EVIL], null), "host must be a string"],
  [
    "selectSubprotocol of a request",
    () => call(selectSubprotocol, accepted, ["chat"]),
    "offered must be an array",
  ],
  [
    "selectSubprotocol of a string",
    () => call(selectSubprotocol, "chat", ["chat"]),
    "offered must be an array",
  ],
  [
    "selectSubprotocol with a string",
    () => call(selectSubprotocol, ["c"], "chat"),
    "supported must be an array",
  ],
  ["selectSubprotocol with nothing", () => call(selectSubprotocol, []), "supported must be an array"],
  ["acceptExtensions of a request", () => call(acceptExtensions, accepted, []), "offered must be an array"],
  ["acceptExtensions with a name", () => call(acceptExtensions, [], ["x"]), "supported must be an array"],
  ["acceptExtensions with half", () => call(acceptExtensions, [], [{ name: "x" }]), "a name and accept"],
  ["parseExtensions of a string", () => call(parseExtensions, "x"), "must be an array of strings"],
  ["parseExtensions of nothing", () => call(parseExtensions), "must be an array of strings"],
  ["buildAccept of a refusal", () => call(buildAccept, refusal), "a refusal is for buildRefusal"],
  ["buildAccept of nothing", () => call(buildAccept), "a request that checkUpgrade has accepted"],
  ["buildAccept of a head", () => call(buildAccept, head), "a request that checkUpgrade has accepted"],
  ["buildAccept with a string", () => call(buildAccept, accepted, "chat"), "options must be an object"],
  [
    "buildAccept with protocols",
    () => call(buildAccept, accepted, { protocols: "chat" }),
    "there is no option protocols, only extensions, headers, protocol",
  ],
  [
    "buildAccept with a list",
    () => call(buildAccept, accepted, { protocol: ["chat"] }),
    "protocol must be a string",
  ],
  [
    "buildAccept with names",
    () => call(buildAccept, accepted, { extensions: ["x"] }),
    "extensions must be an array",
  ],
  [
    "buildAccept with a line",
    () => call(buildAccept, accepted, { headers: "X: y" }),
    "headers must be an object",
  ],
  [
    "buildAccept with flat pairs",
    () => call(buildAccept, accepted, { headers: ["X", "y"] }),
    "pairs of a name",
  ],
  ["buildRefusal of a request", () => call(buildRefusal, accepted), "buildAccept"],
  ["buildRefusal of a status", () => call(buildRefusal, 401), "options must be an object"],
  ["buildRefusal of nothing", () => call(buildRefusal), "options must be an object"],
  ["buildRefusal without a status", () => call(buildRefusal, { reason: "no" }), "status must be given"],
  [
    "buildRefusal with text",
    () => call(buildRefusal, { status: "401" }),
    "status must be an integer from 300",
  ],
  [
    "buildRefusal with a message",
    () => call(buildRefusal, { status: 401, message: "no" }),
    "there is no option message, only body, headers, reason, status",
  ],
  [
    "buildRefusal with bytes",
    () => call(buildRefusal, { status: 401, body: latin1("no") }),
    "body must be a string",
  ],
  ["buildRefusal at a Date", () => call(buildRefusal, { status: 401 }, new Date(0)), "such as Date.now()"],
  // Clients
  ["buildRequest of nothing", () => call(buildRequest), "options must be an object"],
  ["buildRequest of a URL", () => call(buildRequest, "ws://a/"), "options must be an object"],
  ["buildRequest without a host", () => call(buildRequest, { target: "/", key: KEY }), "host must be"],
  [
    "buildRequest without a target",
    () => call(buildRequest, { host: "a", key: KEY }),
    "target must begin with /",
  ],
  [
    "buildRequest without a key",
    () => call(buildRequest, { host: "a", target: "/" }),
    "key must be 16 bytes",
  ],
  [
    "buildRequest with a URL",
    () => call(buildRequest, { ...request, target: new URL("ws://a/") }),
    "target must be",
  ],
  [
    "buildRequest with a path",
    () => call(buildRequest, { ...request, path: "/" }),
    "there is no option path, only",
  ],
  [
    "buildRequest with a name",
    () => call(buildRequest, { ...request, protocols: "chat" }),
    "protocols must be an array",
  ],
  [
    "buildRequest with names",
    () => call(buildRequest, { ...request, extensions: ["x"] }),
    "extensions must be an array",
  ],
  [
    "buildRequest with null",
    () => call(buildRequest, { ...request, headers: null }),
    "headers must be an object",
  ],
  [
    "buildRequest with an origin",
    () => call(buildRequest, { ...request, origin: 1 }),
    "origin must be a string",
  ],
  ["checkResponse without an offer", () => call(checkResponse, answer.head), "offer must be an object"],
  ["checkResponse with a key", () => call(checkResponse, answer.head, KEY), "offer must be an object"],
  ["checkResponse without a key", () => call(checkResponse, answer.head, {}), "the key must be 16 bytes"],
  [
    "checkResponse with a protocol",
    () => call(checkResponse, answer.head, { key: KEY, protocol: "chat" }),
    "there is no option offer.protocol, only",
  ],
  [
    "checkResponse with a name",
    () => call(checkResponse, answer.head, { key: KEY, protocols: "chat" }),
    "offer.protocols must be an array of tokens",
  ],
  [
    "checkResponse with half an extension",
    () => call(checkResponse, answer.head, { key: KEY, extensions: [{ name: "x" }] }),
    "offer.extensions must be an array of extensions",
  ],
  // Keys
  ["acceptKey of nothing", () => call(acceptKey), "the key must be 16 bytes in base64"],
  ["acceptKey of a list", () => call(acceptKey, [KEY]), "the key must be 16 bytes in base64"],
  ["makeKey of a number", () => call(makeKey, 16), "a key is made of 16 random bytes"],
  ["makeKey of text", () => call(makeKey, "0123456789abcdef"), "a key is made of 16 random bytes"],
];

function pushOf(parser: { push(chunk: Uint8Array): unknown }) {
  return (chunk: Uint8Array): unknown => parser.push(chunk);
}
