// Messages that come through an extension that uses RSV1: a toy one, over all doors of the codec and on each kernel.

import { describe, expect, test } from "vitest";
import { type CloseEvent, Endpoint, type EndpointOptions } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { hostFor } from "../../../src/node/host.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { byteByByte, everyCut } from "../../support/cuts.js";
import { parseFrames } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import {
  type Door,
  type OutcomeEvent,
  outcomeOf,
  sameEvent,
  streamsOutcomeOf,
} from "../../support/outcome.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { inFrames, masked, ToyExtension, type ToyOptions, toyPeer } from "../../support/toy-extension.js";

const RSV1 = 4;
const utf8 = new TextEncoder();
const DOORS: readonly Door[] = ["connection", "receive", "window"];
const FORMS: readonly Partial<EndpointOptions>[] = [
  {},
  { borrow: true },
  { fragments: true },
  { textType: "bytes" },
  { fragments: true, borrow: true },
];
const OUTPUTS: readonly ToyOptions[] = [
  {},
  { outputBytes: 1 },
  { outputBytes: 3, output: "linear" },
  { output: "linear" },
];

/** A stream of everything that is allowed, and what it says. */
function everything(): { stream: Uint8Array; events: OutcomeEvent[] } {
  const encode = toyPeer();
  const payloads = [
    utf8.encode("é€💖 aaaaaaaaaaaaaaaaaaaa"),
    hex("00 ff ff ff 00"),
    utf8.encode("ü".repeat(9)),
  ];
  const [text = hex(""), binary = hex(""), other = hex("")] = payloads;
  const stream = concat([
    masked(1, "plain"),
    inFrames(1, encode(text)),
    inFrames(2, encode(binary), 2, 0, 3),
    masked(9, "ping"),
    inFrames(1, encode(other), 1, 1, 1, 1, 6),
    inFrames(1, encode(hex("")), 0),
    masked(1, "p", 0, false),
    masked(0, "lain"),
    inFrames(2, encode(hex(""))),
    masked(8, hex("03 e8")),
  ]);
  const string = (bytes: Uint8Array): OutcomeEvent => ({
    type: "text",
    text: new TextDecoder().decode(bytes),
  });
  const close: CloseEvent = { type: "close", code: 1000, reason: "", wasClean: true };
  return {
    stream,
    events: [
      string(utf8.encode("plain")),
      string(text),
      { type: "binary", payload: binary },
      { type: "ping", payload: utf8.encode("ping") },
      string(other),
      string(hex("")),
      string(utf8.encode("plain")),
      { type: "binary", payload: hex("") },
      close,
    ],
  };
}

/** Why a connection failed, and the code that went out. */
function failureOf(events: readonly OutcomeEvent[]): string {
  const last = events.at(-1);
  return last?.type === "close" ? `${last.failure?.code} ${last.failure?.closeCode}` : "none";
}

function same(actual: readonly OutcomeEvent[], expected: readonly OutcomeEvent[]): boolean {
  return actual.length === expected.length && actual.every((event, i) => sameEvent(event, expected[i]));
}

describeKernels("receiving through an extension", (kernel) => {
  const { stream, events } = everything();

  describe.each(OUTPUTS)("%o", (toy) => {
    test.each(FORMS)("all doors, whole, cut at every byte and byte by byte: %o", (form) => {
      for (const door of DOORS) {
        for (const cuts of [[], byteByByte(stream.length), ...everyCut(stream.length)]) {
          const options = {
            role: "server",
            kernel,
            extension: payloadPath(new ToyExtension(toy)),
            ...form,
          } as const;
          const { events: found } = outcomeOf(stream, cuts, options, door);
          expect(same(found, events), `${door}, cut at ${cuts.slice(0, 3)}`).toBe(true);
        }
      }
    });

    test("by streams, and with the strings of Node", async () => {
      const options = { role: "server", kernel, host: hostFor(12) } as const;
      for (const cuts of [[], byteByByte(stream.length)]) {
        const found = await streamsOutcomeOf(stream, cuts, {
          ...options,
          extension: payloadPath(new ToyExtension(toy)),
        });
        expect(same(found.events, events)).toBe(true);
      }
    });
  });

  test("without an extension RSV1 breaks a rule; with one it does on continuations and control frames", () => {
    const encoded = toyPeer()(hex("01"));
    const extension = new ToyExtension();
    const failureIn = (bytes: Uint8Array, options: Partial<EndpointOptions>) =>
      failureOf(outcomeOf(bytes, [], { role: "server", kernel, ...options }, "connection").events);
    expect(failureIn(inFrames(2, encoded), {})).toBe("RESERVED_BITS 1002");
    const continued = concat([masked(2, encoded, RSV1, false), masked(0, "", RSV1)]);
    expect(failureIn(continued, { extension: payloadPath(extension) })).toBe("RESERVED_BITS 1002");
    for (const opcode of [8, 9, 10])
      expect(failureIn(masked(opcode, "", RSV1), { extension: payloadPath(extension) })).toBe(
        "RESERVED_BITS 1002",
      );
  });

  describe("the message limit counts decoded bytes", () => {
    const limits = { maxMessageBytes: 100 };
    const distinct = Uint8Array.from({ length: 101 }, (_, i) => i);
    const alike = new Uint8Array(101).fill(0x61);

    test.each([distinct, alike])("exactly, whole, in fragments and as it comes", (bytes) => {
      for (const fragments of [false, true]) {
        for (const output of OUTPUTS) {
          for (const opcode of [1, 2]) {
            const extension = new ToyExtension(output);
            const options = {
              role: "server",
              kernel,
              limits,
              fragments,
              extension: payloadPath(extension),
            } as const;
            const outcome = (encoded: Uint8Array, ...lengths: number[]) =>
              outcomeOf(inFrames(opcode, encoded, ...lengths), [], options, "connection").events;
            for (const lengths of [[], [1], [3, 1]]) {
              const within = outcome(toyPeer()(bytes.subarray(1)), ...lengths);
              expect(within.map(({ type }) => type)).toEqual([opcode === 1 ? "text" : "binary", "close"]);
              extension.asked = 0;
              const over = outcome(toyPeer()(bytes), ...lengths);
              expect(failureOf(over)).toBe("MESSAGE_TOO_LONG 1009");
              expect(over).toHaveLength(1);
            }
          }
        }
      }
    });

    test("nothing is decoded behind the first byte that is too much", () => {
      const extension = new ToyExtension({ outputBytes: 1 << 20 });
      const options = { role: "server", kernel, limits, extension: payloadPath(extension) } as const;
      const bomb = toyPeer()(new Uint8Array(20_000));
      expect(failureOf(outcomeOf(inFrames(2, bomb), [], options, "receive").events)).toBe(
        "MESSAGE_TOO_LONG 1009",
      );
      expect(extension.asked).toBe(101);
      expect(extension.stopped).toBe(1);
    });

    test("of messages that are not encoded, too", () => {
      for (const frames of [[100], [101], [60, 40], [60, 41]]) {
        const total = frames.reduce((a, b) => a + b, 0);
        const bytes = concat(
          frames.map((n, i) => masked(i === 0 ? 2 : 0, new Uint8Array(n), 0, i === frames.length - 1)),
        );
        for (const cuts of [[], byteByByte(bytes.length)]) {
          const options = {
            role: "server",
            kernel,
            limits,
            extension: payloadPath(new ToyExtension()),
          } as const;
          const { events: found } = outcomeOf(bytes, cuts, options, "receive");
          expect(failureOf(found)).toBe(total > 100 ? "MESSAGE_TOO_LONG 1009" : "undefined undefined");
        }
      }
    });

    test.each([
      ["encoded bytes that can't be within it", RSV1, [201], [202]],
      ["encoded bytes of several frames", RSV1, [150, 51], [150, 52]],
      ["a message that is not encoded", 0, [100], [101]],
      ["a message of several frames that is not encoded", 0, [60, 40], [60, 41]],
    ])("%s: the header that is too much fails", (_, rsv, within, over) => {
      const extension = () => payloadPath(new ToyExtension());
      // A valid encoding: its kind, and runs of one byte.
      const encoded = new Uint8Array(300).fill(1);
      const failure = (lengths: readonly number[]) => {
        let at = 0;
        const frames = lengths.map((length, i) => {
          const last = i === lengths.length - 1;
          const payload = encoded.subarray(at, at + length);
          at += length;
          const bytes = masked(i === 0 ? 2 : 0, payload, i === 0 ? rsv : 0, last);
          return last ? bytes.subarray(0, bytes.length - length) : bytes;
        });
        const options = { role: "server", kernel, limits, fragments: true, extension: extension() } as const;
        const { events: found } = outcomeOf(concat(frames), [], options, "receive");
        return failureOf(found.filter(({ type }) => type === "close"));
      };
      expect(failure(within)).toBe("undefined undefined");
      expect(failure(over)).toBe("MESSAGE_TOO_LONG 1009");
    });
  });

  describe("text", () => {
    const good = utf8.encode("aé€💖z");

    test("that is cut anywhere, by frames and by the output", () => {
      for (let cut = 0; cut <= 12; cut++) {
        for (const outputBytes of [1, 2, 3, 4, 5]) {
          const options = {
            role: "server",
            kernel,
            extension: payloadPath(new ToyExtension({ outputBytes })),
          } as const;
          const { events: found } = outcomeOf(inFrames(1, toyPeer()(good), cut), [], options, "receive");
          expect(found[0]).toEqual({ type: "text", text: "aé€💖z" });
        }
      }
    });

    test("fails at the first byte that is not UTF-8, inside of a message, and what was valid comes before", () => {
      for (const outputBytes of [1, 2, 3, 1000]) {
        for (const output of ["shared", "linear"] as const) {
          for (let at = 0; at < good.length; at++) {
            const bad = Uint8Array.from(good);
            bad[at] = 0xff;
            const encoded = toyPeer()(bad);
            // All but the last frame, of a message that goes on.
            const begun = masked(1, encoded, RSV1, false);
            const sink = new RecordingSink();
            const extension = new ToyExtension({ outputBytes, output });
            const endpoint = new Endpoint(sink, {
              role: "server",
              kernel,
              fragments: true,
              extension: payloadPath(extension),
            });
            let bytes: number[] = [];
            sink.onFragment = (payload) => {
              bytes = [...bytes, ...payload];
            };
            endpoint.receive(begun);
            expect(sink.closed?.failure).toMatchObject({ code: "INVALID_UTF8", closeCode: 1007 });
            expect(bytes).toEqual([...good.subarray(0, at)]);
          }
        }
      }
    });

    test("that ends inside of a character fails", () => {
      for (const end of [2, 4, 5, 7, 8, 9]) {
        const options = {
          role: "server",
          kernel,
          extension: payloadPath(new ToyExtension({ outputBytes: 2 })),
        } as const;
        const bytes = inFrames(1, toyPeer()(good.subarray(0, end)), 2);
        const complete = [1, 3, 6, 10].includes(end);
        expect(failureOf(outcomeOf(bytes, [], options, "receive").events)).toBe(
          complete ? "undefined undefined" : "INVALID_UTF8 1007",
        );
      }
    });

    test("fails for what comes first, a bad byte or the limit", () => {
      const limits = { maxMessageBytes: 3 };
      const failureIn = (bytes: Uint8Array) => {
        const options = {
          role: "server",
          kernel,
          limits,
          extension: payloadPath(new ToyExtension()),
        } as const;
        return failureOf(outcomeOf(inFrames(1, toyPeer()(bytes)), [], options, "receive").events);
      };
      expect(failureIn(hex("61 61 ff 61"))).toBe("INVALID_UTF8 1007");
      expect(failureIn(hex("61 61 61 ff"))).toBe("MESSAGE_TOO_LONG 1009");
    });
  });

  test.each([
    ["an empty payload", hex("")],
    ["a kind that there is not", hex("07 01 61")],
    ["a count of 0", hex("01 00 61")],
    ["an end inside of a run", hex("01 01 61 05")],
  ])("%s is bad data: 1007", (_, encoded) => {
    for (const fragments of [false, true]) {
      for (const cuts of [[], byteByByte(masked(2, encoded).length)]) {
        const options = {
          role: "server",
          kernel,
          fragments,
          extension: payloadPath(new ToyExtension()),
        } as const;
        const { events: found, output } = outcomeOf(inFrames(2, encoded), cuts, options, "receive");
        expect(failureOf(found)).toBe("EXTENSION_DATA 1007");
        expect(parseFrames(output)).toMatchObject([{ opcode: 8, rsv: 0, payload: hex("03 ef") }]);
      }
    }
  });

  test("handlers that feed another connection through the same extension", () => {
    for (const toy of OUTPUTS) {
      for (const form of FORMS) {
        const extension = new ToyExtension(toy);
        const options = { role: "server", kernel, extension: payloadPath(extension), ...form } as const;
        const payloads = [5, 300, 1, 70].map((n, i) => new Uint8Array(n).fill(0x61 + i));
        const encode = toyPeer();
        const bytes = concat(payloads.map((payload, i) => inFrames(1 + (i & 1), encode(payload), i)));
        const alone = new RecordingSink();
        new Endpoint(alone, options).receive(bytes);
        const sink = new RecordingSink();
        let nested = 0;
        sink.inside = () => {
          const inner = new RecordingSink();
          new Endpoint(inner, options).receive(bytes);
          expect(inner.lines).toEqual(alone.lines);
          nested++;
        };
        new Endpoint(sink, options).receive(bytes);
        expect(nested).toBeGreaterThan(3);
        expect(sink.lines).toEqual(alone.lines);
      }
    }
  });

  test("walks that are interrupted lose nothing", () => {
    const encode = toyPeer();
    const bytes = concat(
      Array.from({ length: 500 }, (_, i) => inFrames(2, encode(Uint8Array.of(i, i, 1)), i & 1)),
    );
    const found = [1e-9, Number.POSITIVE_INFINITY].map((turnMs) => {
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, {
        role: "server",
        kernel,
        turnMs,
        extension: payloadPath(new ToyExtension()),
      });
      for (let at = 0; at < bytes.length; ) {
        at += endpoint.receive(bytes.subarray(at));
        while (endpoint.interrupted) endpoint.resume();
      }
      return sink.lines;
    });
    expect(found[0]).toHaveLength(500);
    expect(found[0]).toEqual(found[1]);
  });

  test("a handler that fails the connection gets no more of a message", () => {
    const sink = new RecordingSink();
    const extension = new ToyExtension({ outputBytes: 10 });
    const endpoint = new Endpoint(sink, {
      role: "server",
      kernel,
      fragments: true,
      extension: payloadPath(extension),
    });
    sink.inside = () => endpoint.fail(1008);
    endpoint.receive(inFrames(2, toyPeer()(new Uint8Array(1000))));
    expect(sink.lines).toHaveLength(2);
    expect(extension.stopped).toBe(1);
  });

  test("a decoder that throws closes its connection with 1011, and no other", () => {
    const extension = new ToyExtension();
    const bug = new Error("a bug");
    const make = extension.decoder.bind(extension);
    extension.decoder = (linear) =>
      Object.assign(make(linear), {
        pull: () => {
          throw bug;
        },
      });
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "server", kernel, extension: payloadPath(extension) });
    endpoint.receive(inFrames(2, toyPeer()(hex("01"))));
    expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011, cause: bug });
    expect(endpoint.state).toBe("closed");
  });

  test("a trap of a decoder closes its connection with 1011 and its cause", () => {
    const { linear } = sharedWorkspace(kernel);
    const extension = new ToyExtension();
    const trap = new WebAssembly.RuntimeError("unreachable");
    const make = extension.decoder.bind(extension);
    extension.decoder = (memory) =>
      Object.assign(make(memory), { pull: () => memory.validateUtf8(layout.SCRATCH_WINDOW_PTR, 1, 0) });
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "server", kernel, extension: payloadPath(extension) });
    linear.use({
      ...linear.kernel,
      validateUtf8: () => {
        throw trap;
      },
    });
    endpoint.receive(inFrames(2, toyPeer()(hex("01"))));
    expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011, cause: trap });
  });

  test("a trap inside of a handler between two pieces leaves the message whole", () => {
    const { linear } = sharedWorkspace(kernel);
    for (const output of ["shared", "linear"] as const) {
      const extension = new ToyExtension({ outputBytes: 10, output });
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, {
        role: "server",
        kernel,
        fragments: true,
        extension: payloadPath(extension),
      });
      let taken: number[] = [];
      sink.onFragment = (payload) => {
        taken = [...taken, ...payload];
        const victim = new RecordingSink();
        const { kernel: whole } = linear;
        linear.use({
          ...whole,
          decode: () => {
            throw new WebAssembly.RuntimeError("unreachable");
          },
        });
        new Endpoint(victim, { role: "server", kernel }).receive(masked(2, "x"));
        expect(victim.closed?.failure?.code).toBe("INTERNAL");
      };
      const payload = Uint8Array.from({ length: 95 }, (_, i) => i >> 2);
      endpoint.receive(inFrames(2, toyPeer()(payload)));
      expect(taken).toEqual([...payload]);
      expect(endpoint.state).toBe("open");
    }
  });
});
