// `subprotocol`: reads Sec-WebSocket-Protocol.
import { expect } from "vitest";
import { suite } from "./suite.js";

suite("subprotocol", "classes", (test) => {
  for (const [header, expected] of [
    ["foo", ["foo"]],
    ["foo,bar,baz", ["foo", "bar", "baz"]],
    ["foo , bar\t, \tbaz\t ,  qux\t\t,norf", ["foo", "bar", "baz", "qux", "norf"]],
    ["foo,FOO", ["foo", "FOO"]],
  ] as const)
    test(`parses ${JSON.stringify(header)}`, ({ library }) => {
      const parsed = library.subprotocol.parse(header);
      expect(parsed).toBeInstanceOf(Set);
      expect([...parsed]).toEqual(expected);
    });

  for (const [header, index] of [
    [",", 0],
    ["foo,,", 4],
    ["foo,  ,", 6],
    ["f oo", 2],
    [" foo", 0],
    ["f@o", 1],
    ["f\\oo", 1],
    ["foo;bar", 3],
    ["foo,b@r", 5],
    ["foo,foo@", 7],
  ] as const)
    test(`${JSON.stringify(header)} has an unexpected character at ${index}`, ({ library }) => {
      const parse = () => library.subprotocol.parse(header);
      expect(parse).toThrow(new SyntaxError(`Unexpected character at index ${index}`));
      expect(parse).toThrow(SyntaxError);
    });

  for (const header of ["", "foo ", "foo, ", "foo,bar ", "foo,bar,", "foo,foo "])
    test(`${JSON.stringify(header)} ends early`, ({ library }) => {
      expect(() => library.subprotocol.parse(header)).toThrow(new SyntaxError("Unexpected end of input"));
    });

  for (const header of ["foo,foo,bar", "foo,bar,foo", "foo , foo", "foo,foo,"])
    test(`${JSON.stringify(header)} names one twice`, ({ library }) => {
      const parse = () => library.subprotocol.parse(header);
      expect(parse).toThrow(new SyntaxError('The "foo" subprotocol is duplicated'));
    });
});
