// `extension`: reads and writes Sec-WebSocket-Extensions.
import { expect } from "vitest";
import { suite } from "./suite.js";

/** Objects without a prototype, at any depth. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, bare(each)]);
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

suite("extension", "classes", (test) => {
  for (const [header, expected] of [
    ["foo", { foo: [{}] }],
    ["foo;bar;baz=1;bar=2", { foo: [{ bar: [true, "2"], baz: ["1"] }] }],
    ["foo,bar;baz,foo;baz", { foo: [{}, { baz: [true] }], bar: [{ baz: [true] }] }],
    [
      'foo; bar\t; \tbaz=1\t ;  bar="1"\t\t, \tqux\t ;norf',
      { foo: [{ bar: [true, "1"], baz: ["1"] }], qux: [{ norf: [true] }] },
    ],
    ['foo;bar="hi"', { foo: [{ bar: ["hi"] }] }],
    ['foo;bar="\\0"', { foo: [{ bar: ["0"] }] }],
    ['foo;bar="b\\a\\z"', { foo: [{ bar: ["baz"] }] }],
    ['foo;bar="\\b\\a\\z";bar', { foo: [{ bar: ["baz", true] }] }],
    ['foo;bar="a" , baz', { foo: [{ bar: ["a"] }], baz: [{}] }],
    ["!#$%&'*+-.^_`|~;0Zz", { "!#$%&'*+-.^_`|~": [{ "0Zz": [true] }] }],
  ] as const)
    test(`parses ${JSON.stringify(header)}`, ({ library }) => {
      expect(library.extension.parse(header)).toStrictEqual(bare(expected));
    });

  test("names of an object's properties are names like others", ({ library }) => {
    const parsed = library.extension.parse("toString;constructor=1;__proto__, hasOwnProperty");
    expect(Object.keys(parsed)).toEqual(["toString", "hasOwnProperty"]);
    const [parameters = {}] = Object.values(parsed)[0] ?? [];
    expect(Object.entries(parameters)).toEqual([
      ["constructor", ["1"]],
      ["__proto__", [true]],
    ]);
  });

  for (const [header, index] of [
    [",", 0],
    [";", 0],
    ["=", 0],
    ["foo,,", 4],
    ["foo,  ,", 6],
    ["foo;=", 4],
    ["foo; =", 5],
    ["foo;;", 4],
    ["foo; ;", 5],
    ["foo;bar=,", 8],
    ["foo;bar=;", 8],
    ['foo;bar=""', 9],
    [" foo", 0],
    ["\tfoo", 0],
    ["f oo", 2],
    ["foo;ba r", 7],
    ["foo;bar =", 8],
    ["foo;bar= ", 8],
    ["foo;bar= baz", 8],
    ["foo;bar=ba z", 11],
    ['foo;bar="a b"', 10],
    ['foo;bar="baz"qux', 13],
    ['foo;bar="baz" qux', 14],
    ['foo;bar="baz"=', 13],
    ["f@o", 1],
    ["f\\oo", 1],
    ['"foo"', 0],
    ['f"oo"', 1],
    ["f\u00f6o", 1],
    ["f\u0141o", 1],
    ["foo;b@r", 5],
    ["foo;b\\ar", 5],
    ['foo;"bar"', 4],
    ['foo;b"ar"', 5],
    ["foo;bar=b@z", 9],
    ["foo;bar=b\\az ", 9],
    ["foo;bar=b=z", 9],
    ['foo;bar="b@z"', 10],
    ['foo;bar="baz;"', 12],
    ['foo;bar=b"az"', 9],
    ['foo;bar="\\\\"', 10],
    ['foo;bar="\\""', 10],
    ["foo=bar", 3],
  ] as const)
    test(`${JSON.stringify(header)} has an unexpected character at ${index}`, ({ library }) => {
      const parse = () => library.extension.parse(header);
      expect(parse).toThrow(new SyntaxError(`Unexpected character at index ${index}`));
      expect(parse).toThrow(SyntaxError);
    });

  for (const header of [
    "",
    "foo ",
    "foo\t",
    "foo,",
    "foo, ",
    "foo;",
    "foo; ",
    "foo;bar ",
    "foo;bar,",
    "foo;bar;",
    "foo;bar=",
    'foo;bar="',
    'foo;bar="baz',
    'foo;bar="1\\',
    'foo;bar="baz" ',
  ])
    test(`${JSON.stringify(header)} ends early`, ({ library }) => {
      const parse = () => library.extension.parse(header);
      expect(parse).toThrow(new SyntaxError("Unexpected end of input"));
      expect(parse).toThrow(SyntaxError);
    });

  for (const [extensions, expected] of [
    [{ foo: {} }, "foo"],
    [{ foo: [] }, ""],
    [{ foo: { bar: [true, 2], baz: 1 } }, "foo; bar; bar=2; baz=1"],
    [{ foo: [{}, { baz: true }], bar: { baz: true } }, "foo, foo; baz, bar; baz"],
    [{ foo: { bar: false, baz: "a b" } }, "foo; bar=false; baz=a b"],
    [{}, ""],
  ] as const)
    test(`formats ${JSON.stringify(extensions)}`, ({ library }) => {
      expect(library.extension.format(extensions as Record<string, object>)).toBe(expected);
    });
});
