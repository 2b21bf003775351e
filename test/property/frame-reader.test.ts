// A reader of frames loses no byte, whatever the bytes are and however they are cut, and agrees with the kernels.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, encodeFrameHeader, FrameReader, type FrameReaderEvent } from "../../src/index.js";
import { cutsOf, fractions } from "../support/arbitraries.js";
import { cutAt } from "../support/cuts.js";
import { frame } from "../support/frame.js";
import { concat } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { Random } from "../support/reference-random.js";
import { randomStream } from "../support/reference-stream.js";

/** A stream as a proxy would write it: headers from their fields, payloads as they came. */
class Emitter {
  readonly #reader = new FrameReader();
  readonly #bytes: Uint8Array[] = [];
  #failed = false;

  take(chunk: Uint8Array): void {
    if (this.#failed) this.#bytes.push(chunk);
    for (const event of this.#reader.receive(chunk)) this.#emit(event);
  }

  #emit(event: FrameReaderEvent): void {
    if (event.type === "header") {
      const header = encodeFrameHeader(event);
      expect(Buffer.compare(header, event.headerBytes)).toBe(0);
      this.#bytes.push(header);
    } else if (event.type === "payload") {
      expect(event.payload.length).toBeGreaterThan(0);
      this.#bytes.push(event.payload);
    } else {
      this.#failed = true;
      this.#bytes.push(event.bytes);
    }
  }

  get bytes(): Uint8Array {
    return concat([...this.#bytes, this.#reader.incompleteHeader]);
  }
}

const frames = fc
  .record({
    fin: fc.boolean(),
    rsv: fc.integer({ min: 0, max: 7 }),
    opcode: fc.integer({ min: 0, max: 15 }),
    mask: fc.option(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), { nil: undefined }),
    payload: fc.uint8Array({ maxLength: 200 }),
    form: fc.constantFrom(7 as const, 16 as const, 64 as const),
  })
  .map(({ form, ...fields }) =>
    frame({ ...fields, lengthForm: form === 7 && fields.payload.length > 125 ? 16 : form }),
  );

const streams = fc.oneof(
  fc.array(frames, { maxLength: 6 }).map(concat),
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.array(frames, { maxLength: 3 }), fc.uint8Array({ maxLength: 40 }))
    .map(([some, tail]) => concat([...some, tail])),
);

test("what is written of the events is what was read, byte for byte", () => {
  fc.assert(
    fc.property(streams, fractions, (stream, cuts) => {
      const emitter = new Emitter();
      for (const chunk of cutAt(stream, cutsOf(cuts, stream.length))) emitter.take(chunk);
      expect(Buffer.compare(emitter.bytes, stream)).toBe(0);
    }),
    { seed: 20_270, numRuns: 3000 },
  );
});

test("the events are the same however the stream is cut, except for where payloads are", () => {
  const joined = (events: readonly FrameReaderEvent[]): unknown[] => {
    const lines: unknown[] = [];
    for (const event of events) {
      if (event.type !== "payload")
        lines.push(event.type === "header" ? event : { ...event, bytes: undefined });
      else for (const byte of event.payload) lines.push(byte);
    }
    return lines;
  };
  fc.assert(
    fc.property(streams, fractions, fc.boolean(), (stream, cuts, unmask) => {
      const whole = new FrameReader({ unmask }).receive(stream);
      const reader = new FrameReader({ unmask });
      const parts = cutAt(stream, cutsOf(cuts, stream.length)).flatMap((chunk) => reader.receive(chunk));
      expect(joined(parts)).toEqual(joined(whole));
    }),
    { seed: 20_271, numRuns: 1000 },
  );
});

describeKernels("a reader of frames and a kernel", (kernel) => {
  test("find the same messages in streams that break no rule", () => {
    let compared = 0;
    for (let seed = 0; seed < 800; seed++) {
      const random = new Random(seed);
      const fromServer = random.oneIn(2);
      const stream = randomStream(random, fromServer, 8);
      const connection = new Connection({
        role: fromServer ? "client" : "server",
        kernel,
        textType: "bytes",
        limits: { maxMessageBytes: 1 << 30 },
      });
      const events = connection.receive(stream);
      if (events.some((event) => event.type === "close")) continue;
      const payloads = events.flatMap((event) =>
        "payload" in event ? [Buffer.from(event.payload).toString("hex")] : [],
      );
      expect(messagesOf(new FrameReader({ unmask: true }).receive(stream)), `seed ${seed}`).toEqual(payloads);
      compared += payloads.length;
    }
    expect(compared).toBeGreaterThan(500);
  });
});

/** The messages and control frames that are whole, in hex. */
function messagesOf(events: readonly FrameReaderEvent[]): string[] {
  const messages: string[] = [];
  let message: Uint8Array[] = [];
  let current: Uint8Array[] = [];
  let fin = false;
  const ended = (): void => {
    if (!fin) return;
    messages.push(Buffer.from(concat(current)).toString("hex"));
    current.length = 0;
  };
  for (const event of events) {
    if (event.type === "header") {
      fin = event.fin;
      if (event.opcode >= 8) current = [];
      else if (event.opcode > 0) current = message = [];
      else current = message;
      if (event.payloadLength === 0) ended();
    } else if (event.type === "payload") {
      current.push(event.payload);
      if (event.remaining === 0) ended();
    }
  }
  return messages;
}
