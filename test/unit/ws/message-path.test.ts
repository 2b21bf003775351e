// Compression in the connections of wsimd/ws: what it does with messages, and what connections share.
import { inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { Connection } from "../../../src/protocol/connection.js";
import { deflateUnavailable } from "../../../src/protocol/deflate/index.js";
import { compresses, deflatePath } from "../../../src/ws/message-path.js";
import { PerMessageDeflate } from "../../../src/ws/permessage-deflate.js";
import { agreeOnExtensions } from "../../../src/ws/upgrade-answer.js";
import { Random } from "../../support/reference-random.js";

const FORGETS = { server_no_context_takeover: true, client_no_context_takeover: true } as const;

function server(agreed = {}): Connection {
  return new Connection({ role: "server", extension: deflatePath("server", agreed) });
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
    const connection = server(agreed);
    const peer = new Connection({ role: "client", extension: deflatePath("client", agreed) });
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
  const path = deflatePath("server", FORGETS);
  expect(deflatePath("server", { ...FORGETS })).toBe(path);
  expect(deflatePath("server", { ...FORGETS, server_max_window_bits: 15 })).toBe(path);
  expect(deflatePath("server", { ...FORGETS, server_max_window_bits: 14 })).not.toBe(path);
});

test("an object of the extension has a path once it has agreed, and a threshold where it forgets", () => {
  for (const [parameters, from] of [
    [{ server_no_context_takeover: [true] }, 7],
    [{ client_no_context_takeover: [true] }, 0],
  ] as const) {
    const deflate = new PerMessageDeflate({ isServer: true, threshold: 7 });
    expect(deflate.messagePath()).toBeUndefined();
    const agreed = deflate.accept([parameters]);
    expect(deflate.messagePath()).toBe(deflatePath("server", agreed));
    expect(deflate.compressFrom).toBe(from);
  }
});

test("windows are as large as was agreed on", () => {
  const block = new Random(2).bytes(600);
  const payload = Buffer.concat([block, new Random(3).bytes(300), block]);
  const lengths = [9, 15].map((bits) => {
    const connection = server({ ...FORGETS, server_max_window_bits: bits });
    connection.sendBinary(payload);
    return Buffer.concat(connection.takeOutput()).length;
  });
  expect((lengths[0] ?? 0) - (lengths[1] ?? 0)).toBeGreaterThan(400);
});

test("connections are compressed with a kernel in WebAssembly", () => {
  expect(compresses({})).toBe(deflateUnavailable() === undefined);
});

test("a dictionary of zlib's turns compression off", () => {
  const dictionary = Buffer.from("a");
  for (const options of [{ zlibDeflateOptions: { dictionary } }, { zlibInflateOptions: { dictionary } }]) {
    expect(compresses(options)).toBe(false);
    const deflate = new PerMessageDeflate(options);
    deflate.accept([{}]);
    expect(deflate.messagePath()).toBeUndefined();
    const agreed = (offers: string) => agreeOnExtensions({ perMessageDeflate: options }, offers);
    expect(agreed("permessage-deflate")).toEqual({});
    expect(agreed("permessage-deflate;")).toBeUndefined();
  }
});
