// Classes of characters, against the grammars of the RFCs.
import { describe, expect, test } from "vitest";
import {
  DIGIT,
  equalsIgnoringCase,
  HOST_CHARACTER,
  IP_LITERAL_CHARACTER,
  isSpace,
  TARGET_CHARACTER,
  TOKEN_CHARACTER,
  VALUE_CHARACTER,
} from "../../../src/http/characters.js";

/** Every code that a table has an entry for. */
const CODES = Array.from({ length: 256 }, (_, code) => code);

const ofClass = (table: Uint8Array, wanted: number) => CODES.filter((code) => table[code] === wanted);
const matching = (rule: RegExp) => CODES.filter((code) => rule.test(String.fromCharCode(code)));

describe("character classes", () => {
  test.each([
    ["tchar (RFC 9110 section 5.6.2)", TOKEN_CHARACTER, /[!#$%&'*+\-.^_`|~0-9A-Za-z]/],
    ["a request target", TARGET_CHARACTER, /[!"$-~]/],
    ["reg-name (RFC 3986 section 3.2.2)", HOST_CHARACTER, /[\w\-.~%!$&'()*+,;=]/],
    ["IP-literal (RFC 3986 section 3.2.2)", IP_LITERAL_CHARACTER, /[\w\-.~!$&'()*+,;=:]/],
    ["DIGIT (RFC 5234 appendix B.1)", DIGIT, /[0-9]/],
  ])("%s has the characters of the grammar and no other", (_, table, rule) => {
    expect(ofClass(table, 1)).toEqual(matching(rule));
    expect(ofClass(table, 0)).toEqual(CODES.filter((code) => !matching(rule).includes(code)));
  });

  test("field-value tells ASCII, obs-text and control characters apart (RFC 9110 section 5.5)", () => {
    expect(ofClass(VALUE_CHARACTER, 1)).toEqual(matching(/[\t -~]/));
    expect(ofClass(VALUE_CHARACTER, 2)).toEqual(matching(/[\x80-\xff]/));
  });

  test("OWS is of spaces and tabs (RFC 9110 section 5.6.3)", () => {
    expect(CODES.filter(isSpace)).toEqual([0x09, 0x20]);
  });
});

test("of all characters only A to Z and a to z have another case (RFC 6455 section 2.1)", () => {
  const letters = matching(/[A-Za-z]/);
  for (const code of CODES) {
    const others = CODES.filter((other) =>
      equalsIgnoringCase(String.fromCharCode(code), String.fromCharCode(other)),
    );
    expect(others).toEqual(letters.includes(code) ? [code & ~0x20, code | 0x20] : [code]);
  }
  expect(equalsIgnoringCase("upgrade", "upgrades")).toBe(false);
  expect(equalsIgnoringCase("UPGRADE", "upgradf")).toBe(false);
});
