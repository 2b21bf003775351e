// What `wsimd bench --compress` sends, and how it reads the replies.
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DEFLATE_OFFER } from "../../src/cli/load/deflate-offer.js";
import { MessageBatch } from "../../src/cli/load/messages.js";
import { recordMessages } from "../../src/cli/load/records.js";
import { ReplyParser } from "../../src/cli/load/reply-parser.js";
import { serverDeflate } from "../../src/deflate/index.js";
import { parseExtensions } from "../../src/handshake/extensions.js";
import { acceptExtensions } from "../../src/handshake/index.js";
import { offersOf } from "../../src/handshake/negotiation.js";
import { Connection } from "../../src/index.js";
import { cutAt, everyCut } from "../support/cuts.js";
import { frame as buildFrame } from "../support/frame.js";

const PAYLOADS = recordMessages(150, false, 3);

function frame(first: number, payload: Uint8Array): Uint8Array {
  return buildFrame({ fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, payload });
}

function deflated(payload: Uint8Array): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Replies to the second message and those behind it. */
function parse(chunks: readonly Uint8Array[], check: boolean, compressed = true): number {
  const parser = new ReplyParser({ opcode: 1, payloads: PAYLOADS, compressed }, 1, check, () => {});
  let count = 0;
  for (const chunk of chunks) {
    const buffer = Buffer.from(chunk);
    count += parser.push(buffer, buffer.length);
    buffer.fill(0xa5);
  }
  return count;
}

const [FIRST = Buffer.alloc(0), SECOND = Buffer.alloc(0), THIRD = Buffer.alloc(0)] = PAYLOADS;

describe.each([false, true])("the reply parser with compression, check %s", (check) => {
  test("counts compressed, fragmented and plain replies in turn, cut anywhere", () => {
    const third = deflated(THIRD);
    const stream = Buffer.concat([
      frame(0xc1, deflated(SECOND)),
      frame(0x41, third.subarray(0, 9)),
      frame(0x89, Buffer.from("hi")),
      frame(0x80, third.subarray(9)),
      frame(0x81, FIRST),
      frame(0xc1, deflated(SECOND)),
    ]);
    for (const cuts of everyCut(stream.length)) expect(parse(cutAt(stream, cuts), check)).toBe(4);
  });

  test.each([
    ["RSV1 on a continuation", [frame(0x41, deflated(SECOND)), frame(0xc0, Buffer.alloc(1))]],
    ["RSV1 on a control frame", [frame(0xc9, Buffer.alloc(1))]],
    ["RSV2", [frame(0xe1, deflated(SECOND))]],
  ])("refuses %s", (_what, chunks) => {
    expect(() => parse(chunks, check)).toThrow("a reserved bit");
  });

  test("refuses RSV1 where compression was not agreed on", () => {
    expect(() => parse([frame(0xc1, deflated(SECOND))], check, false)).toThrow("a reserved bit");
  });

  test("refuses a plain reply of another length", () => {
    expect(() => parse([frame(0x81, SECOND.subarray(1))], check)).toThrow("a message of 149 bytes");
  });
});

describe("with check, the reply parser finds", () => {
  test.each([
    ["the reply to another message", deflated(THIRD), "differs from its message at byte"],
    ["a shorter one", deflated(SECOND.subarray(1)), "a message of 149 bytes"],
    ["one that is no DEFLATE data", Buffer.from([0xff, 0xff]), "can't be inflated by itself"],
  ])("%s", (_what, payload, reason) => {
    expect(() => parse([frame(0xc1, payload)], true)).toThrow(reason);
  });
});

describe("the offer of compression", () => {
  const offered = offersOf([DEFLATE_OFFER]);

  test.each([[{ takeover: true }], [{ takeover: false }], [{ windowBits: 9 }]])(
    "is taken by a server with %j",
    (options) => {
      const [agreed] = acceptExtensions(offered, [serverDeflate(options)]);
      expect(DEFLATE_OFFER.accept(agreed?.parameters ?? [])).toBeDefined();
    },
  );

  test.each([
    ["does not confirm that it takes nothing over", "client_no_context_takeover"],
    ["asks for what was not offered", "server_no_context_takeover; client_max_window_bits=9"],
  ])("is not met by a server that %s", (_what, parameters) => {
    const [answer] = parseExtensions([`permessage-deflate; ${parameters}`]) ?? [];
    expect(DEFLATE_OFFER.accept(answer?.parameters ?? [])).toBeUndefined();
  });
});

describe("what is sent", () => {
  test.each([false, true])("are different messages of exactly the size, mixed %s", (mixed) => {
    for (const size of [0, 3, 4, 5, 80, 300, 1000, 16_000]) {
      const messages = recordMessages(size, mixed, 64);
      for (const message of messages) {
        expect(message.length).toBe(size);
        if (size >= 4) JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(message));
      }
      if (size >= 80) expect(new Set(messages.map(String)).size).toBe(64);
    }
  });

  test("can be read by a server, from any message on", () => {
    const batch = new MessageBatch("text", PAYLOADS, 5, true);
    const [agreed] = acceptExtensions(offersOf([DEFLATE_OFFER]), [serverDeflate()]);
    for (let first = 0; first < 3; first++) {
      for (let count = 1; count <= 5; count++) {
        const server = new Connection({ role: "server", extension: agreed?.agreed });
        const texts = server
          .receive(batch.frames(first, count))
          .map((event) => (event.type === "text" ? event.text : event.type));
        expect(texts).toEqual(Array.from({ length: count }, (_, i) => String(PAYLOADS[(first + i) % 3])));
      }
    }
    expect(batch.frames(0, 3).length).toBeLessThan(3 * 150);
  });
});
