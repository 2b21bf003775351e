import { expect, test } from "vitest";
import { Opcode } from "../../../src/index.js";

test("the opcodes of section 5.2", () => {
  expect(Opcode).toEqual({ CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });
});
