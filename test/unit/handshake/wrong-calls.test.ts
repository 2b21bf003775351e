// Calls of `wsimd/handshake` with wrong options and arguments: each throws, and says what to pass.
import { describe, expect, test } from "vitest";
import * as handshake from "../../../src/handshake/index.js";
import { latin1 } from "./every-cut.js";
import {
  answer,
  type Case,
  call,
  EVIL,
  evil,
  head,
  KEY,
  make,
  refusal,
  request,
  TYPE_ERRORS,
} from "./wrong-calls.js";

const {
  buildRefusal,
  buildRequest,
  checkResponse,
  checkUpgrade,
  FinalHeadParser,
  HeadParser,
  isOriginAllowed,
  isWebSocketKey,
  makeKey,
} = handshake;

const extension = { name: "x", offers: [[]], accept: () => ({ agreed: 1 }) };

describe("no option opens a server to other origins by mistake", () => {
  test("the right one does not let them in", () => {
    expect(checkUpgrade(evil, { origins: ["https://example.org"] })).toMatchObject({ status: 403 });
    expect(checkUpgrade(evil, { origins: undefined })).toMatchObject({ type: "upgrade" });
  });

  test.each<[unknown, new (message: string) => Error, string]>([
    [{ origin: ["https://example.org"] }, TypeError, "there is no option origin, only origins"],
    [
      { allowedOrigins: ["https://example.org"] },
      TypeError,
      "there is no option allowedOrigins, only origins",
    ],
    [["https://example.org"], TypeError, "options must be an object"],
    ["https://example.org", TypeError, "options must be an object"],
    ["same", TypeError, "options must be an object"],
    [null, TypeError, "options must be an object"],
    [{ origins: "https://example.org" }, TypeError, 'origins must be "same", or an array of strings'],
    [{ origins: null }, TypeError, 'origins must be "same", or an array of strings'],
    [{ origins: [null] }, TypeError, 'origins must be "same", or an array of strings'],
    [{ origins: [/example/] }, TypeError, 'origins must be "same", or an array of strings'],
    [{ origins: ["https://example.org/"] }, RangeError, "an origin looks like"],
    [{ origins: ["*"] }, RangeError, "without wildcards"],
  ])("checkUpgrade with %j", (options, kind, message) => {
    expect(() => call(checkUpgrade, evil, options)).toThrow(kind);
    expect(() => call(checkUpgrade, evil, options)).toThrow(message);
  });
});

describe("a TypeError says what to pass", () => {
  test.each(TYPE_ERRORS)("%s", (_, attempt, message) => {
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(message);
  });
});

describe("a RangeError says which values there are", () => {
  test.each<Case>([
    [
      "HeadParser of another kind",
      () => make(HeadParser, "server"),
      "kind must be one of request, response, not server",
    ],
    [
      "HeadParser with 0",
      () => make(HeadParser, "request", { maxHeadBytes: 0 }),
      "limits.maxHeadBytes must be",
    ],
    [
      "FinalHeadParser with 0",
      () => make(FinalHeadParser, { maxHeaderLines: 0 }),
      "limits.maxHeaderLines must be",
    ],
    [
      "isOriginAllowed with a wildcard",
      () => isOriginAllowed(EVIL, ["https://*.example"]),
      "without wildcards",
    ],
    [
      "buildRefusal with 200",
      () => buildRefusal({ status: 200 }),
      "status must be an integer from 300 to 599, not 200",
    ],
    ["buildRefusal at no time", () => buildRefusal({ status: 400 }, Number.NaN), "now must be"],
    ["makeKey of 15 bytes", () => makeKey(new Uint8Array(15)), "16 random bytes, not 15"],
  ])("%s", (_, attempt, message) => {
    expect(attempt).toThrow(RangeError);
    expect(attempt).toThrow(message);
  });
});

describe("right calls", () => {
  test("every function is called wrongly above", () => {
    const functions = Object.entries(handshake).filter(([, value]) => typeof value === "function");
    expect(functions.length).toBeGreaterThan(15);
    for (const [name] of functions) {
      // It answers, and never throws.
      if (name === "isWebSocketKey") continue;
      expect(
        TYPE_ERRORS.some(([title]) => title.startsWith(name)),
        name,
      ).toBe(true);
    }
  });

  test("isWebSocketKey says no to every other type", () => {
    for (const value of [undefined, null, 1, [KEY], {}]) expect(call(isWebSocketKey, value)).toBe(false);
  });

  test("the options of buildRequest are an offer", () => {
    const options = {
      ...request,
      origin: "http://a",
      headers: [],
      protocols: ["chat"],
      extensions: [extension],
    };
    expect(checkResponse(answer.head, options).type).toBe("accepted");
  });

  test("a refusal and a failed result are for buildRefusal as they stand", () => {
    const failed = new HeadParser("request").push(latin1("GET / HTTP/3.0"));
    if (refusal.type !== "refusal" || failed.type !== "failed") throw new Error("accepted");
    expect(buildRefusal(refusal, Date.now()).length).toBeGreaterThan(0);
    expect(buildRefusal(failed).length).toBeGreaterThan(0);
  });

  test("headers may be of another copy of this package", () => {
    const { headers } = head;
    const others = {
      get: (name: string) => headers.get(name),
      getAll: (name: string) => headers.getAll(name),
      has: (name: string) => headers.has(name),
      count: (name: string) => headers.count(name),
    };
    expect(call(checkUpgrade, { ...head, headers: others })).toMatchObject({ type: "upgrade" });
  });

  test("undefined stands for an option that is left out", () => {
    expect(checkUpgrade(head, undefined)).toMatchObject({ type: "upgrade" });
    expect(() => new HeadParser("request", { maxHeadBytes: undefined })).not.toThrow();
    const none = { protocols: undefined, extensions: undefined, origin: undefined, headers: undefined };
    expect(buildRequest({ ...request, ...none })).toEqual(buildRequest(request));
  });
});
