// What fast-check draws from: messages, the frames they may be cut into, and streams that were tampered with.
import fc from "fast-check";
import type { Role } from "../../src/index.js";
import { frame } from "./frame.js";
import { concat } from "./hex.js";
import type { ZlibStream } from "./zlib-deflate.js";

const RSV1 = 4;

/** Lengths around the edges of the length forms, and short ones. */
export const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(124, 125, 126, 127, 128, 1023, 1024, 1025) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 65_537, 131_071, 131_072, 131_073) },
);

export type Message =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly payload: Uint8Array };

const units = fc.constantFrom(
  "a",
  "Z",
  "\u0000",
  "é",
  "\u07ff",
  "€",
  "\uffff",
  "💖",
  "\u{10ffff}",
  "0123456789abcdef",
);

export const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("text" as const),
    text: fc.array(units, { maxLength: 30 }).map((all) => all.join("")),
  }),
  fc
    .tuple(lengths, units)
    .map(([length, unit]) => ({ type: "text" as const, text: unit.repeat(Math.ceil(length / 3)) })),
  fc.tuple(lengths, fc.integer({ min: 0, max: 255 })).map(([length, seed]) => ({
    type: "binary" as const,
    payload: Uint8Array.from({ length }, (_, i) => seed + i * 7 + (i >> 8)),
  })),
);

export function payloadOf(message: Message): Uint8Array {
  return message.type === "text" ? new TextEncoder().encode(message.text) : message.payload;
}

/** Rising offsets into `length` bytes, from fractions. */
export function cutsOf(fractions: readonly number[], length: number): number[] {
  return [...new Set(fractions.map((fraction) => Math.floor(fraction * (length + 1))))].sort((a, b) => a - b);
}

/** Evenly spread, which a double of fast-check is not: most of those are next to 0. */
const fraction = fc.noBias(fc.integer({ min: 0, max: 0xfffff })).map((n) => n / 0x100000);

export const fractions = fc.array(fraction, { maxLength: 8 });

const masks = fc.tuple(...([0, 1, 2, 3] as const).map(() => fc.integer({ min: 0, max: 255 })));

const smallText = fc.array(units, { maxLength: 8 }).map((all) => new TextEncoder().encode(all.join("")));
const smallPayloads = fc.oneof(
  { weight: 8, arbitrary: smallText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 100, max: 260 }).map((length) => new Uint8Array(length).fill(0x61)),
  },
);

interface Part {
  readonly control: { readonly opcode: number; readonly payload: Uint8Array } | undefined;
  readonly mask: number[];
  readonly cut: number;
  /** Not the shortest one for once. */
  readonly lengthForm: 16 | 64 | undefined;
}

const parts: fc.Arbitrary<Part> = fc.record({
  control: fc.option(
    fc.record({ opcode: fc.constantFrom(9, 10), payload: fc.uint8Array({ maxLength: 125 }) }),
    { nil: undefined, freq: 2 },
  ),
  mask: masks,
  cut: fraction,
  lengthForm: fc.oneof(
    { weight: 40, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(16 as const, 64 as const) },
  ),
});

interface Fragmented {
  readonly text: boolean;
  readonly payload: Uint8Array;
  readonly parts: readonly Part[];
  /** What zlib is told, if the message is compressed. */
  readonly zlib?: { readonly level: number; readonly strategy: number } | undefined;
}

const fragmented = {
  text: fc.boolean(),
  payload: smallPayloads,
  parts: fc.array(parts, { minLength: 1, maxLength: 6 }),
};

const deflated = {
  ...fragmented,
  zlib: fc.option(fc.record({ level: fc.constantFrom(0, 1, 6), strategy: fc.integer({ min: 0, max: 4 }) }), {
    nil: undefined,
    freq: 3,
  }),
};

/**
 * A stream of frames for this role, most of them valid: some text is not, some are too long, Close payloads are anything.
 * @param deflate - compresses messages, as permessage-deflate does
 */
export function streams(role: Role, deflate?: () => ZlibStream): fc.Arbitrary<Uint8Array> {
  const message: fc.Arbitrary<Fragmented> =
    deflate === undefined ? fc.record(fragmented) : fc.record(deflated);
  const closing = fc.option(
    fc.tuple(fc.constantFrom(1000, 1001, 1005, 2999, 3000, 4999, 5000), smallPayloads),
    {
      nil: undefined,
      freq: 2,
    },
  );
  return fc.tuple(fc.array(message, { maxLength: 5 }), closing, masks).map(([all, close, mask]) => {
    const key = (each: number[]) => (role === "server" ? each : undefined);
    const zlib = deflate?.();
    const frames = all.flatMap((plain) => {
      const payload = plain.zlib && zlib?.deflate(plain.payload, plain.zlib);
      const message = { ...plain, payload: payload ?? plain.payload };
      const rsv = payload === undefined ? 0 : RSV1;
      const edges = [
        ...cutsOf(
          message.parts.slice(1).map(({ cut }) => cut),
          message.payload.length,
        ),
        message.payload.length,
      ];
      let from = 0;
      return edges.flatMap((to, i) => {
        const part = message.parts[i];
        const payload = message.payload.subarray(from, Math.min(to, message.payload.length));
        from = Math.min(to, message.payload.length);
        const fin = i === edges.length - 1;
        const opcode = i > 0 ? 0 : message.text ? 1 : 2;
        const form = part?.lengthForm === undefined ? {} : { lengthForm: part.lengthForm };
        const data = frame({
          fin,
          rsv: i === 0 ? rsv : 0,
          opcode,
          mask: key(part?.mask ?? mask),
          payload,
          ...form,
        });
        const control = part?.control;
        return control === undefined ? [data] : [data, frame({ ...control, mask: key(mask) })];
      });
    });
    if (close !== undefined) {
      const [code, reason] = close;
      frames.push(
        frame({ opcode: 8, mask: key(mask), payload: concat([Uint8Array.of(code >> 8, code), reason]) }),
      );
    }
    return concat(frames);
  });
}

const mutation = fc.record({
  at: fraction,
  kind: fc.constantFrom("flip", "set", "insert", "delete", "cut"),
  byte: fc.integer({ min: 0, max: 255 }),
});

/** Streams in which bytes were changed, put in, taken out, or cut off. */
export function mutatedStreams(role: Role, deflate?: () => ZlibStream): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(streams(role, deflate), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([stream, mutations]) => {
      const bytes = Array.from(stream);
      for (const { at, kind, byte } of mutations) {
        const index = Math.floor(at * bytes.length);
        if (kind === "flip") bytes[index] = (bytes[index] ?? 0) ^ (1 << (byte & 7));
        else if (kind === "set") bytes[index] = byte;
        else if (kind === "insert") bytes.splice(index, 0, byte);
        else if (kind === "delete") bytes.splice(index, 1);
        else bytes.length = index;
      }
      return Uint8Array.from(bytes);
    });
}
