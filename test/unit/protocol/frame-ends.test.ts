// What a decoder tells of the frames of a message, and of the byte that breaks a rule, on each kernel and cut anywhere.
import { expect, test } from "vitest";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { Decoder } from "../../../src/protocol/decoder.js";
import { ResolvedEndpointOptions } from "../../../src/protocol/endpoint-options.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { byteByByte, cutAt, everyCut } from "../../support/cuts.js";
import { describeKernels } from "../../support/kernels.js";
import { ToyExtension } from "../../support/toy-extension.js";
import { keyFor, wire } from "../../support/wire.js";

type Options = ConstructorParameters<typeof ResolvedEndpointOptions>[0];

describeKernels("a decoder's sinks", (kernel) => {
  /** What they are told of a stream. */
  function told(frames: readonly string[], cuts: readonly number[], extra: Partial<Options> = {}): unknown[] {
    const log: unknown[] = [];
    const { bytes } = wire(frames, keyFor("server"));
    const options = new ResolvedEndpointOptions({ role: "server", kernel, textType: "bytes", ...extra });
    const decoder: Decoder = new Decoder(
      sharedWorkspace(kernel),
      options,
      {
        onText: (text) => log.push(text.length),
        onBinary: (payload) => log.push(payload.length),
        onFragment() {},
        onPong() {},
        onFrameEnd: (length) => log.push(`frame ${length}`),
      },
      {
        onPing: () => log.push("ping"),
        onCloseFrame() {},
        onViolation: ({ code, found }) => log.push([code, found]),
        onTrap() {},
      },
    );
    for (const chunk of cutAt(bytes, cuts)) decoder.push(chunk);
    return log;
  }

  /** The same for all ways to cut the stream. */
  function always(frames: readonly string[], extra?: Partial<Options>): unknown[] {
    const whole = told(frames, [], extra);
    const { length } = wire(frames, keyFor("server")).bytes;
    for (const cuts of [byteByByte(length), ...everyCut(length)])
      expect(told(frames, cuts, extra)).toEqual(whole);
    return whole;
  }

  test("where the frames of a message end, but for the last one and those that are empty at the beginning", () => {
    const frames = ["02 00 |", "00 02 | 01 02", "89 00 |", "00 01 | 03", "80 01 | 04", "82 01 | 05"];
    expect(always(frames)).toEqual(["frame 2", "ping", "frame 3", 4, 1]);
    expect(always(["01 01 | 'a'", "80 00 |"])).toEqual(["frame 1", 1]);
  });

  test("the same of messages that an extension decodes, in bytes that were decoded", () => {
    const extension = payloadPath(new ToyExtension());
    const ends = told(["02 02 | 01 02", "80 01 | 04"], [], { extension });
    expect(ends).toEqual(["frame 2", 3]);
  });

  test.each([
    ["RSV1", ["c1 00 |"], "RESERVED_BITS", 0xc1],
    ["RSV2", ["a1 00 |"], "RESERVED_BITS", 0xa1],
    ["a reserved opcode", ["82 00 |", "85 00 |"], "RESERVED_OPCODE", 0x85],
    ["a fragmented ping", ["09 00 |"], "CONTROL_FRAGMENTED", 0x09],
    ["a continuation of nothing", ["80 00 |"], "UNEXPECTED_CONTINUATION", 0x80],
    ["text in text", ["01 01 | 'a'", "81 00 |"], "EXPECTED_CONTINUATION", 0x81],
    ["a ping of 126 bytes", ["89 7e 00 7e |"], "CONTROL_TOO_LONG", 0xfe],
    ["a Close of one byte", ["88 01 | 00"], "CLOSE_LENGTH", 0x81],
  ] as const)("the byte that breaks a rule: %s", (_, frames, code, found) => {
    expect(always(frames).at(-1)).toEqual([code, found]);
  });

  test("no byte of a rule about more than one byte", () => {
    expect(always(["81 01 | ff"]).at(-1)).toEqual(["INVALID_UTF8", undefined]);
    expect(always(["82 7e 00 01 |"]).at(-1)).toEqual(["LENGTH_NOT_MINIMAL", undefined]);
  });
});
