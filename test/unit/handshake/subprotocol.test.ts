// The choice of a subprotocol.
import { expect, test } from "vitest";
import { selectSubprotocol } from "../../../src/handshake/index.js";

test.each([
  [["a", "b"], ["b", "a"], "a"],
  [["x", "b"], ["b", "a"], "b"],
  [["x"], ["a"], undefined],
  [["x"], [], undefined],
  [[], ["a"], undefined],
  [["A"], ["a"], undefined],
] as const)("of %j, and %j spoken here, it is %j (RFC 6455 section 4.2.2)", (offered, spoken, chosen) => {
  expect(selectSubprotocol(offered, spoken)).toBe(chosen);
});
