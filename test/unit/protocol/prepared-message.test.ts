// A prepared message is the frame that each role would send.
import { expect, test } from "vitest";
import { Connection, PreparedMessage } from "../../../src/index.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";

const LENGTHS = [0, 1, 125, 126, 32_767, 32_768, 65_535, 65_536, 200_000];

describeKernels("a prepared message", (kernel) => {
  test.each(LENGTHS)("of %i bytes is the frame that each role would send", (length) => {
    for (const message of ["x".repeat(length), new Uint8Array(length).fill(0xc3)]) {
      const prepared = new PreparedMessage(message);
      const opcode = typeof message === "string" ? 1 : 2;
      const server = new Connection({ role: "server", kernel });
      const client = new Connection({ role: "client", kernel, maskingKey: () => 0x3d21fa37 });
      for (let i = 0; i < 2; i++) {
        server.sendPrepared(prepared);
        client.sendPrepared(prepared);
        const fromServer = concat(server.takeOutput());
        const fromClient = concat(client.takeOutput());
        expect(Buffer.compare(fromServer, frame({ opcode, payload: message }))).toBe(0);
        expect(Buffer.compare(fromClient, frame({ opcode, mask: KEY, payload: message }))).toBe(0);
      }
    }
  });

  test("keeps its place among other frames", () => {
    const server = new Connection({ role: "server", kernel });
    const prepared = new PreparedMessage("b");
    server.sendText("a");
    server.sendPrepared(prepared);
    server.sendText("c");
    expect(toHex(concat(server.takeOutput()))).toBe("81 01 61 81 01 62 81 01 63");
  });
});

test.each([10, 40_000])("the message is the caller's again: %i bytes", (length) => {
  const message = new Uint8Array(length).fill(1);
  const prepared = new PreparedMessage(message);
  message.fill(0xa5);
  expect(prepared.payload).toEqual(new Uint8Array(length).fill(1));
  expect(prepared.serverFrame.subarray(-1)).toEqual(hex("01"));
});

test("a server shares its bytes", () => {
  const server = new Connection({ role: "server" });
  const prepared = new PreparedMessage("a");
  server.sendPrepared(prepared);
  expect(server.takeOutput()[0]).toBe(prepared.serverFrame);
});

test.each([[[1, 2]], [5], [null], [undefined], [{ byteLength: 2 }]])("%o is no message", (message) => {
  // @ts-expect-error: neither a string nor bytes
  expect(() => new PreparedMessage(message)).toThrow(new TypeError("a message must be a string or bytes"));
});

test.each(["server", "client"] as const)("a %s sends no other object as a prepared message", (role) => {
  const connection = new Connection({ role });
  for (const message of [undefined, null, "a", hex("81 00"), {}]) {
    // @ts-expect-error: no PreparedMessage
    expect(() => connection.sendPrepared(message)).toThrow(new TypeError("not a PreparedMessage"));
  }
  expect(connection.takeOutput()).toEqual([]);
});
