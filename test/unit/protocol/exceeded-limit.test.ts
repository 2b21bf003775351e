// The limit that a failure names, and by how much it was exceeded, on each kernel.
import { describe, expect, test } from "vitest";
import { Connection, type ConnectionOptions, Endpoint, FAILURES, type Role } from "../../../src/index.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { inFrames, ToyExtension, toyPeer } from "../../support/toy-extension.js";

const ROLES: readonly Role[] = ["server", "client"];

describeKernels("an exceeded limit", (kernel) => {
  /** The failure of a connection that gets these chunks. */
  function failureOf(options: ConnectionOptions, ...chunks: readonly Uint8Array[]) {
    const connection = new Connection({ kernel, ...options });
    const last = chunks.flatMap((chunk) => connection.receive(chunk)).at(-1);
    return last?.type === "close" ? last.failure : undefined;
  }

  describe.each(ROLES)("of a %s", (role) => {
    const mask = role === "server" ? KEY : undefined;
    const part = (length: number, fin: boolean, opcode = 0, announced?: number | bigint) =>
      frame({
        fin,
        opcode,
        mask,
        payload: new Uint8Array(length),
        ...(announced !== undefined && { length: announced }),
      });

    test.each([
      ["in the first frame, with a length of 7 bits", 100, [part(101, true, 2)], 101],
      ["in the first frame, with a length of 16 bits", 125, [part(126, true, 2)], 126],
      ["in the first frame, with a length of 64 bits", 65_535, [part(0, true, 2, 70_000)], 70_000],
      [
        "in the third fragment, of which only the header came",
        100,
        [part(40, false, 2), part(60, false), part(0, true, 0, 7)],
        107,
      ],
      ["of a message behind another", 100, [part(100, true, 2), part(60, false, 2), part(60, true)], 120],
      ["of nothing", 0, [part(1, true, 2)], 1],
      ["by the longest length that is exact", 1000, [part(0, true, 2, 2 ** 53 - 1)], 2 ** 53 - 1],
      [
        "by a length of 2^53 behind a fragment",
        Number.POSITIVE_INFINITY,
        [part(1, false, 2), part(0, true, 0, 2n ** 53n)],
        2 ** 53,
      ],
      ["by the longest length", Number.POSITIVE_INFINITY, [part(0, true, 2, 2n ** 63n - 1n)], 2 ** 63],
    ] as const)("bytes, %s", (_, maxMessageBytes, frames, actual) => {
      const stream = concat(frames);
      const limit = { name: "maxMessageBytes", value: maxMessageBytes, actual };
      const { section, message } = FAILURES.MESSAGE_TOO_LONG;
      const expected = { code: "MESSAGE_TOO_LONG", closeCode: 1009, section, message, limit };
      const options = { role, limits: { maxMessageBytes } };
      expect(failureOf(options, stream)).toEqual({ ...expected, offset: expect.any(Number) });
      const bytes = Array.from(stream, (byte) => Uint8Array.of(byte));
      expect(failureOf(options, ...bytes)).toEqual(failureOf(options, stream));
    });

    test.each([1, 2, 100])("of %i fragments", (maxFragments) => {
      const frames = Array.from({ length: maxFragments + 1 }, (_, i) => part(1, false, i === 0 ? 1 : 0));
      const limit = { name: "maxFragments", value: maxFragments, actual: maxFragments + 1 };
      const options = { role, limits: { maxFragments } };
      expect(failureOf(options, concat(frames))).toMatchObject({ code: "TOO_MANY_FRAGMENTS", limit });
      expect(failureOf(options, ...frames)).toMatchObject({ code: "TOO_MANY_FRAGMENTS", limit });
    });

    test("is named although other connections were read before it was reported", () => {
      const bystander = new Endpoint(new RecordingSink(), { role, kernel });
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, { role, kernel, limits: { maxMessageBytes: 10 } });
      sink.onBinary = () => void bystander.receive(concat([part(5, false, 2), part(6, false)]));
      endpoint.receive(concat([part(1, true, 2), part(9, false, 2), part(8, true)]));
      expect(sink.closed?.failure?.limit).toEqual({ name: "maxMessageBytes", value: 10, actual: 17 });
    });

    test("is named by no other failure", () => {
      for (const broken of [frame({ opcode: 3, mask }), part(0, true)])
        expect(failureOf({ role, limits: { maxMessageBytes: 10 } }, broken)).not.toHaveProperty("limit");
    });
  });

  test("is none for fragments with Infinity", () => {
    const connection = new Connection({
      role: "server",
      kernel,
      limits: { maxFragments: Number.POSITIVE_INFINITY },
    });
    const fragments = concat(
      Array.from({ length: 10_000 }, () => frame({ fin: false, opcode: 0, mask: KEY })),
    );
    connection.receive(frame({ fin: false, opcode: 2, mask: KEY }));
    for (let i = 0; i < 15; i++) expect(connection.receive(fragments)).toEqual([]);
    expect(connection.receive(frame({ opcode: 0, mask: KEY }))).toMatchObject([{ type: "binary" }]);
  });

  test("of what an extension decodes is named with the bytes decoded so far, or with those on the wire", () => {
    const extension = payloadPath(new ToyExtension());
    const encode = toyPeer();
    const options = { role: "server", limits: { maxMessageBytes: 100 }, extension } as const;
    const limit = { name: "maxMessageBytes", value: 100, actual: 101 };
    expect(failureOf(options, inFrames(2, encode(new Uint8Array(150))))).toMatchObject({ limit });
    const plain = frame({ opcode: 2, mask: KEY, payload: new Uint8Array(120) });
    expect(failureOf(options, plain)).toMatchObject({ limit: { ...limit, actual: 120 } });
    const wire = frame({ opcode: 2, rsv: 4, mask: KEY, length: 500 });
    expect(failureOf(options, wire)).toMatchObject({ limit: { ...limit, actual: 500 } });
  });
});

test("a limit of its owner decides the code of an endpoint's failure", () => {
  const sink = new RecordingSink();
  const endpoint = new Endpoint(sink, { role: "server" });
  const limit = { name: "maxBackpressureBytes", value: 10, actual: 20 } as const;
  endpoint.fail(1013, "too slow", { limit });
  expect(sink.closed?.failure).toMatchObject({
    code: "BACKPRESSURE",
    closeCode: 1013,
    message: "too slow",
    limit,
  });
});
