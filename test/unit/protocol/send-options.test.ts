// The options of one message that is sent.
import { expect, test } from "vitest";
import { Connection, PreparedMessage, type SendOptions } from "../../../src/index.js";
import { hex, toHex } from "../../support/hex.js";

test("only the caller's own properties count", () => {
  const inherited: SendOptions = Object.create({ type: "text", misspelled: true });
  expect(new PreparedMessage(hex("'a'"), inherited).opcode).toBe(2);
  const connection = new Connection({ role: "server" });
  connection.sendFragment(hex("'a'"), true, inherited);
  expect(toHex(Buffer.concat(connection.takeOutput()))).toBe("82 01 61");
  const own: SendOptions = Object.assign(inherited, { type: "text" });
  expect(new PreparedMessage(hex("'a'"), own).opcode).toBe(1);
});
