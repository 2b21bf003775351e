// Extensions are negotiated (RFC 6455 section 9.1), here with one that exists for this test alone.
import { describe, expect, test } from "vitest";
import { makeKey } from "../../../src/handshake/accept-key.js";
import type { Extension, ExtensionParameter } from "../../../src/handshake/extensions.js";
import { writeExtensions } from "../../../src/handshake/extensions.js";
import {
  acceptExtensions,
  buildAccept,
  buildRequest,
  type ClientExtension,
  checkResponse,
  HeadParser,
  type ServerExtension,
} from "../../../src/handshake/index.js";
import { accepted, add, latin1, wire } from "./every-cut.js";

const decoder = new TextDecoder();

/** The one parameter that the extension knows, `level` from 1 to 9; `undefined` if anything else is there. */
function levelIn(parameters: readonly ExtensionParameter[]): number | undefined {
  const [only, ...others] = parameters;
  if (only === undefined || others.length > 0 || only.name !== "level") return undefined;
  return /^[1-9]$/.test(only.value ?? "") ? Number(only.value) : undefined;
}

const levelOf = (level: number): readonly ExtensionParameter[] => [{ name: "level", value: String(level) }];

/** Takes levels up to `most`, and answers with half of it. */
function serverSide(name: string, most: number): ServerExtension<number> {
  return {
    name,
    accept(offer) {
      const level = levelIn(offer);
      if (level === undefined || level > most) return undefined;
      const agreed = Math.ceil(level / 2);
      return { parameters: levelOf(agreed), agreed };
    },
  };
}

/** Offers levels, and takes an answer up to the highest. */
function clientSide(name: string, ...levels: number[]): ClientExtension<number> {
  return {
    name,
    offers: levels.map(levelOf),
    accept(answer) {
      const agreed = levelIn(answer);
      return agreed === undefined || agreed > Math.max(...levels) ? undefined : { agreed };
    },
  };
}

/** What a server accepts of offers as they stand in a request. */
function acceptedOf(offers: string, ...supported: ServerExtension<number>[]) {
  return acceptExtensions(accepted(add(`Sec-WebSocket-Extensions: ${offers}`)).extensions, supported);
}

describe("a server", () => {
  test.each([
    ["x-toy; level=4", 2],
    ['x-toy; level="4"', 2],
    ['x-toy;level="\\4"', 2],
    // The first that it takes, in the client's order.
    ["x-toy; level=9, x-toy; level=6, x-toy; level=2", 3],
    ["x-toy; level=2, x-toy; level=6", 1],
    // Ill-formed offers are declined, one by one.
    ["x-toy, x-toy; level, x-toy; level=0, x-toy; level=1; level=1, x-toy; size=1, x-toy; level=5", 3],
    ["unknown; level=1, X-Toy; level=1, x-toy; level=4", 2],
  ])("of the offers %s agrees on level %i", (offers, agreed) => {
    expect(acceptedOf(offers, serverSide("x-toy", 6))).toEqual([
      { name: "x-toy", parameters: levelOf(agreed), agreed },
    ]);
  });

  test.each(["x-toy", "x-toy; level=7", "unknown; level=1", "X-TOY; level=1"])(
    "declines the offer %s, and nothing more is wrong",
    (offers) => {
      expect(acceptedOf(offers, serverSide("x-toy", 6))).toEqual([]);
    },
  );

  test("keeps the client's order among several extensions", () => {
    const supported = [serverSide("a", 9), serverSide("b", 9), serverSide("c", 9)];
    const names = acceptedOf("c; level=1, x, a; level=0, b; level=1, a; level=1", ...supported).map(
      ({ name }) => name,
    );
    expect(names).toEqual(["c", "b", "a"]);
  });

  test("does not ask an extension again that has accepted", () => {
    const asked: unknown[] = [];
    const extension: ServerExtension<number> = {
      name: "x-toy",
      accept(offer) {
        asked.push(offer);
        return { parameters: [], agreed: 1 };
      },
    };
    acceptedOf("x-toy; a, x-toy; b", extension);
    expect(asked).toEqual([[{ name: "a", value: undefined }]]);
  });

  const request = accepted(add("Sec-WebSocket-Extensions: a; x=1, b"));

  test("writes what was agreed", () => {
    const extensions: Extension[] = [
      { name: "b", parameters: [] },
      {
        name: "a",
        parameters: [
          { name: "x", value: "2" },
          { name: "y", value: undefined },
        ],
      },
    ];
    const text = decoder.decode(buildAccept(request, { protocol: "chat", extensions }));
    expect(text).toContain(
      "\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: b, a; x=2; y\r\n\r\n",
    );
  });

  test("says nothing of extensions where it accepts none (RFC 6455 section 4.2.2)", () => {
    expect(buildAccept(request, { extensions: [] })).toEqual(buildAccept(request));
    expect(decoder.decode(buildAccept(request))).not.toContain("Extensions");
  });

  const named = (...names: string[]): Extension[] => names.map((name) => ({ name, parameters: [] }));

  test.each([
    ["was not offered", named("c")],
    ["was offered in other letters", named("A")],
    ["is there twice", named("a", "a")],
    ["has a value that is no token", [{ name: "a", parameters: [{ name: "x", value: "1 2" }] }]],
    ["has an empty value", [{ name: "a", parameters: [{ name: "x", value: "" }] }]],
    ["has a parameter that begins a line", [{ name: "a", parameters: [{ name: "x\r\ny", value: "" }] }]],
  ])("never writes an extension that %s", (_, extensions) => {
    expect(() => buildAccept(request, { extensions })).toThrow(TypeError);
  });

  test("never writes an extension to a request that tells of none", () => {
    const { key, protocols } = request;
    expect(() => buildAccept({ key, protocols }, { extensions: named("a") })).toThrow(TypeError);
  });
});

const KEY = makeKey(new Uint8Array(16));

/** What a client makes of an answer that has these fields of extensions. */
function answered(fields: readonly string[], extensions: readonly ClientExtension<number>[] | undefined) {
  const plain = decoder
    .decode(buildAccept({ key: KEY, protocols: [] }))
    .trimEnd()
    .split("\r\n");
  const lines = [...plain, ...fields.map((field) => `Sec-WebSocket-Extensions: ${field}`)];
  const result = new HeadParser("response").push(latin1(wire(lines)));
  if (result.type !== "head") throw new Error(result.type);
  return checkResponse(result.head, { key: KEY, extensions });
}

describe("a client", () => {
  const toy = clientSide("x-toy", 9, 4);
  const other = clientSide("other", 1);

  test("writes its offers in order", () => {
    const request = buildRequest({ host: "a", target: "/", key: KEY, extensions: [toy, other] });
    expect(decoder.decode(request)).toContain(
      "\r\nSec-WebSocket-Extensions: x-toy; level=9, x-toy; level=4, other; level=1\r\n",
    );
  });

  test("may offer an extension without parameters", () => {
    const bare: ClientExtension = { name: "bare", offers: [[]], accept: () => ({ agreed: true }) };
    const request = buildRequest({ host: "a", target: "/", key: KEY, extensions: [bare] });
    expect(decoder.decode(request)).toContain("\r\nSec-WebSocket-Extensions: bare\r\n");
  });

  test.each([[undefined], [[]]])("that offers %j writes no line", (extensions) => {
    expect(decoder.decode(buildRequest({ host: "a", target: "/", key: KEY, extensions }))).not.toContain(
      "Extensions",
    );
  });

  test("does not write an offer that can't be read as it is meant", () => {
    const extensions: ClientExtension[] = [
      { name: "a", offers: [[{ name: "x", value: "1;2" }]], accept: () => undefined },
    ];
    expect(() => buildRequest({ host: "a", target: "/", key: KEY, extensions })).toThrow(TypeError);
  });

  test.each([
    [["x-toy; level=3"], ["x-toy"], [3]],
    [['x-toy; level="3"'], ["x-toy"], [3]],
    [["other; level=1, x-toy; level=9"], ["other", "x-toy"], [1, 9]],
    [
      ["other; level=1", "x-toy; level=9"],
      ["other", "x-toy"],
      [1, 9],
    ],
    [[], [], []],
  ])("takes the answer %j", (fields, names, levels) => {
    const answer = answered(fields, [toy, other]);
    if (answer.type === "failure") throw new Error(answer.reason);
    expect(answer.extensions.map(({ name }) => name)).toEqual(names);
    expect(answer.extensions.map(({ agreed }) => agreed)).toEqual(levels);
  });

  test.each([
    ["names another", ["unknown"]],
    ["names one in other letters", ["X-Toy; level=3"]],
    ["names one besides", ["x-toy; level=3, unknown"]],
    ["names one twice", ["x-toy; level=3, x-toy; level=3"]],
    ["names one in two fields", ["x-toy; level=3", "x-toy; level=2"]],
    ["has no parameters where some are needed", ["x-toy"]],
    ["has a parameter twice", ["x-toy; level=3; level=3"]],
    ["has a parameter out of range", ["other; level=2"]],
    ["has a parameter that is not known", ["x-toy; level=3; size=1"]],
    ["is malformed", ["x-toy; level=3,;"]],
    ["has a value that is quoted and no token", ['x-toy; level="3 "']],
    ["is empty", [""]],
  ])("fails if the answer %s (RFC 6455 section 4.1)", (_, fields) => {
    expect(answered(fields, [toy, other])).toMatchObject({ type: "failure", code: "UNREQUESTED_EXTENSION" });
  });

  test.each([["x-toy; level=3"], [""], [";"]])("that offered nothing fails with the answer %j", (field) => {
    for (const extensions of [undefined, [], [{ ...toy, offers: [] }]]) {
      expect(answered([field], extensions)).toMatchObject({ code: "UNREQUESTED_EXTENSION" });
    }
  });
});

describe("both", () => {
  test.each([
    [[9, 7, 4], 2],
    [[6, 1], 3],
    [[8], undefined],
  ])("agree over bytes: offered %j, it is level %s", (levels, agreed) => {
    const extensions = [clientSide("x-toy", ...levels)];
    const sent = decoder.decode(buildRequest({ host: "a", target: "/", key: KEY, extensions }));
    const request = accepted(sent);
    const chosen = acceptExtensions(request.extensions, [serverSide("x-toy", 6)]);
    expect(chosen.map((each) => each.agreed)).toEqual(agreed === undefined ? [] : [agreed]);
    const result = new HeadParser("response").push(buildAccept(request, { extensions: chosen }));
    if (result.type !== "head") throw new Error(result.type);
    expect(checkResponse(result.head, { key: KEY, extensions })).toMatchObject({
      type: "accepted",
      extensions: chosen,
    });
  });

  test("write what they read", () => {
    const list = accepted(add('Sec-WebSocket-Extensions: a;x = "1";y , b')).extensions;
    expect(writeExtensions(list)).toBe("a; x=1; y, b");
  });
});
