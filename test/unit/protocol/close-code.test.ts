// Which close codes may be sent.
import { expect, test } from "vitest";
import { CloseCode, isSendableCloseCode } from "../../../src/index.js";

test("the codes that may be sent are 1000-1003, 1007-1014 and 3000-4999", () => {
  const sendable = Array.from({ length: 70_000 }, (_, code) => code).filter(isSendableCloseCode);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  expect(sendable).toEqual([...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
});

test.each([-1, -1000, 1000.5, Number.NaN, Number.POSITIVE_INFINITY])("%s is not a code", (code) => {
  expect(isSendableCloseCode(code)).toBe(false);
});

test("each named code but 1005, 1006 and 1015 may be sent", () => {
  const never: number[] = [CloseCode.NO_STATUS, CloseCode.ABNORMAL, CloseCode.TLS_HANDSHAKE];
  expect(never).toEqual([1005, 1006, 1015]);
  for (const code of Object.values(CloseCode)) expect(isSendableCloseCode(code)).toBe(!never.includes(code));
});
