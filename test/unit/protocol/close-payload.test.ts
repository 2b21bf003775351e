// How the payload of a Close frame is written.
import { expect, test } from "vitest";
import { Workspace } from "../../../src/memory/workspace.js";
import { closePayload, parseClosePayload } from "../../../src/protocol/close-payload.js";
import { hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";

test("a status code in network byte order, then the reason", () => {
  expect(toHex(closePayload(1000, hex("")))).toBe("03 e8");
  expect(toHex(closePayload(4999, hex("'bye'")))).toBe("13 87 62 79 65");
});

describeKernels("parseClosePayload", (kernel) => {
  const { linear } = new Workspace(kernel);
  test.each([
    ["", { code: 1005, reason: "" }],
    ["03 e8", { code: 1000, reason: "" }],
    ["0b b8 f0 9f 92 96", { code: 3000, reason: "💖" }],
    ["03 ed", { failure: "CLOSE_CODE", at: 0 }],
    ["03 e8 'abc' ff", { failure: "CLOSE_REASON", at: 5 }],
    ["03 e8 'abc' e2 82", { failure: "CLOSE_REASON", at: 7 }],
    ["03 e8 61*122 c3", { failure: "CLOSE_REASON", at: 125 }],
  ])("%s", (payload, expected) => {
    expect(parseClosePayload(hex(payload), linear)).toEqual(expected);
  });
});
