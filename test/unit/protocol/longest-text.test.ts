// Text that is longer than any string fails the connection. All of this host's blocks are one, or it would take half a gigabyte.
import { expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import { Connection, type Host } from "../../../src/index.js";
import { frame } from "../../support/frame.js";

/** Node's: `buffer.constants.MAX_STRING_LENGTH`. */
const MAX_STRING_LENGTH = 0x1fffffe8;

const block = new Uint8Array(1 << 16);
const host: Host = {
  ...portableHost,
  allocate: (length) => (length <= block.length ? block.subarray(0, length) : new Uint8Array(length)),
};
const limits = { maxMessageBytes: Number.POSITIVE_INFINITY };
const chunk = new Uint8Array(1 << 18).fill(0x61);

/** Receives as much text as a string holds. @returns how much of a chunk that left out */
function receiveMost(connection: Connection, length: number): number {
  expect(connection.receive(frame({ opcode: 1, length }))).toEqual([]);
  let received = 0;
  for (; received + chunk.length <= MAX_STRING_LENGTH; received += chunk.length) {
    if (connection.receive(chunk).length > 0) expect.fail(`an event after ${received} bytes`);
  }
  return MAX_STRING_LENGTH - received;
}

test("a message of more text than a string holds is too long, whatever the limit", () => {
  const connection = new Connection({ role: "client", limits, host });
  const left = receiveMost(connection, MAX_STRING_LENGTH + 1);
  const offset = frame({ opcode: 1, length: MAX_STRING_LENGTH + 1 }).length + MAX_STRING_LENGTH - left;
  expect(connection.receive(chunk.subarray(0, left + 1))).toMatchObject([
    { type: "close", failure: { code: "MESSAGE_TOO_LONG", closeCode: 1009, offset } },
  ]);
});

test("text that makes no string may be longer", () => {
  const connection = new Connection({ role: "client", limits, host, textType: "bytes" });
  const left = receiveMost(connection, MAX_STRING_LENGTH + 10);
  expect(connection.receive(chunk.subarray(0, left + 1))).toEqual([]);
  expect(connection.state).toBe("open");
});
