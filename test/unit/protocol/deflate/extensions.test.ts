// The extensions that connections with the same parameters share.
import { expect, test } from "vitest";
import { permessageDeflate } from "../../../../src/protocol/deflate/index.js";
import { agreed, SETTINGS } from "../../../support/deflate-connection.js";

const withThreshold = (threshold: number) =>
  permessageDeflate("server", agreed(12, true), { ...SETTINGS, threshold });

test("the same parameters give the same extension, others another one", () => {
  const extension = withThreshold(7);
  expect(withThreshold(7)).toBe(extension);
  expect(withThreshold(8)).not.toBe(extension);
  expect(permessageDeflate("server", agreed(12, false), { ...SETTINGS, threshold: 7 })).not.toBe(extension);
  expect(permessageDeflate("client", agreed(12, true), { ...SETTINGS, threshold: 7 })).toBe(extension);
});

test("of very many, the oldest is not kept", () => {
  const oldest = withThreshold(1_000_000);
  for (let i = 1; i <= 1023; i++) withThreshold(1_000_000 + i);
  expect(withThreshold(1_000_000)).toBe(oldest);
  const newest = withThreshold(1_001_024);
  expect(withThreshold(1_000_000)).not.toBe(oldest);
  expect(withThreshold(1_001_024)).toBe(newest);
});
