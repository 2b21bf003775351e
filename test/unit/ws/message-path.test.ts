// Compression in the connections of wsimd/ws: which messages are compressed, and what connections share.
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Connection } from "../../../src/protocol/connection.js";
import { deflateUnavailable } from "../../../src/protocol/deflate/index.js";
import { PreparedMessage } from "../../../src/protocol/prepared-message.js";
import { compresses, deflatePath } from "../../../src/ws/message-path.js";
import { PerMessageDeflate } from "../../../src/ws/permessage-deflate.js";
import { Random } from "../../support/reference-random.js";

const FORGETS = { server_no_context_takeover: true, client_no_context_takeover: true } as const;

function server(agreed = {}, threshold = 1024): Connection {
  return new Connection({ role: "server", extension: deflatePath("server", agreed, threshold) });
}

/** The frames that a connection has for its transport. */
function framesOf(connection: Connection): Buffer[] {
  let rest = Buffer.concat(connection.takeOutput());
  const frames: Buffer[] = [];
  while (rest.length > 0) {
    const short = rest[1] ?? 0;
    const end =
      short < 126
        ? 2 + short
        : short === 126
          ? 4 + rest.readUInt16BE(2)
          : 10 + Number(rest.readBigUInt64BE(2));
    frames.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return frames;
}

const firstBytes = (connection: Connection): string[] =>
  framesOf(connection).map((frame) => (frame[0] ?? 0).toString(16).padStart(2, "0"));

describe("the threshold", () => {
  test("counts bytes of whole messages, where they are forgotten", () => {
    const connection = server(FORGETS, 6);
    connection.sendText("abcde");
    connection.sendText("abcdef");
    connection.sendText("\u20ac");
    connection.sendText("\u20ac\u20ac");
    connection.sendText("\u00e9\u00e9");
    connection.sendText("\u00e9\u00e9\u00e9");
    connection.sendText(Buffer.from("abcde"));
    connection.sendText(Buffer.from("abcdef"));
    connection.sendBinary(new Uint8Array(5));
    connection.sendBinary(new Uint8Array(6));
    expect(firstBytes(connection)).toEqual(["81", "c1", "81", "c1", "81", "c1", "81", "c1", "82", "c2"]);
  });

  test("counts the first fragment of a message", () => {
    const connection = server(FORGETS, 6);
    for (const [first, second] of [
      ["abcde", "abcdefgh"],
      ["abcdef", "a"],
    ] as const) {
      connection.sendFragment(first, false);
      connection.sendFragment(second, true);
      connection.sendFragment(Buffer.from(first), false);
      connection.sendFragment(Buffer.from(second), true);
    }
    expect(firstBytes(connection)).toEqual(["01", "80", "02", "80", "41", "80", "42", "80"]);
  });

  test("counts prepared messages", () => {
    const connection = server(FORGETS, 6);
    connection.sendPrepared(new PreparedMessage("abcde"));
    connection.sendPrepared(new PreparedMessage("abcabcabcabcabcabc"));
    expect(firstBytes(connection)).toEqual(["81", "c1"]);
  });

  test("counts nothing, where a message may refer to earlier ones", () => {
    const connection = server({}, 1024);
    connection.sendText("a");
    connection.sendText("");
    connection.sendBinary(new Uint8Array(1));
    expect(firstBytes(connection)).toEqual(["c1", "c1", "c2"]);
    // What the peer forgets does not matter.
    const other = server({ client_no_context_takeover: true }, 1024);
    other.sendText("a");
    expect(firstBytes(other)).toEqual(["c1"]);
    const client = new Connection({
      role: "client",
      extension: deflatePath("client", { client_no_context_takeover: true }, 1024),
    });
    client.sendText("a");
    expect(Buffer.concat(client.takeOutput())[0]).toBe(0x81);
  });
});

test("a message is compressed even if that makes it longer", () => {
  const bytes = new Random(1).bytes(2000);
  const connection = server(FORGETS);
  connection.sendBinary(bytes);
  const [frame = Buffer.alloc(0)] = framesOf(connection);
  expect(frame[0]).toBe(0xc2);
  expect(frame.length).toBeGreaterThan(2000);
  const data = Buffer.concat([frame.subarray(4), Buffer.from([0, 0, 0xff, 0xff])]);
  expect(inflateRawSync(data, { finishFlush: 2 })).toEqual(Buffer.from(bytes));
});

test("an empty message is compressed, and comes out empty", () => {
  for (const agreed of [{}, FORGETS]) {
    const connection = server(agreed, 0);
    const peer = new Connection({ role: "client", extension: deflatePath("client", agreed, 0) });
    for (let i = 0; i < 3; i++) {
      connection.sendText("");
      connection.sendText("a");
    }
    const output = Buffer.concat(connection.takeOutput());
    const texts = peer.receive(output).map((event) => (event.type === "text" ? event.text : event.type));
    expect(texts).toEqual(["", "a", "", "a", "", "a"]);
  }
});

test("connections with the same parameters share the path", () => {
  const path = deflatePath("server", FORGETS, 100);
  expect(deflatePath("server", { ...FORGETS }, 100)).toBe(path);
  expect(deflatePath("server", { ...FORGETS, server_max_window_bits: 15 }, 100)).toBe(path);
  expect(deflatePath("server", FORGETS, 101)).not.toBe(path);
  expect(deflatePath("server", {}, 100)).toBe(deflatePath("server", {}, 101));
});

test("an object of the extension has a path once it has agreed", () => {
  const deflate = new PerMessageDeflate({ isServer: true, threshold: 7 });
  expect(deflate.messagePath()).toBeUndefined();
  deflate.accept([{ server_no_context_takeover: [true] }]);
  expect(deflate.messagePath()).toBe(deflatePath("server", { server_no_context_takeover: true }, 7));
});

test("windows are as large as was agreed on", () => {
  const block = new Random(2).bytes(600);
  const payload = Buffer.concat([block, new Random(3).bytes(300), block]);
  const lengths = [9, 15].map((bits) => {
    const connection = server({ ...FORGETS, server_max_window_bits: bits }, 0);
    connection.sendBinary(payload);
    return Buffer.concat(connection.takeOutput()).length;
  });
  expect((lengths[0] ?? 0) - (lengths[1] ?? 0)).toBeGreaterThan(400);
});

test("connections are compressed with a kernel in WebAssembly, and without a dictionary", () => {
  expect(compresses({})).toBe(deflateUnavailable() === undefined);
  const dictionary = Buffer.from("a");
  expect(compresses({ zlibDeflateOptions: { dictionary } })).toBe(false);
  expect(compresses({ zlibInflateOptions: { dictionary } })).toBe(false);
});
