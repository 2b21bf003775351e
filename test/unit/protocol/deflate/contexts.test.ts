// What connections that compress keep between messages, and that nothing of one reaches another.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { javascriptKernel } from "../../../../src/kernel/javascript.js";
import { sharedWorkspace } from "../../../../src/memory/workspace.js";
import { deflateUnavailable, permessageDeflate } from "../../../../src/protocol/deflate/index.js";
import { threadWindows } from "../../../../src/protocol/deflate/window-store.js";
import { agreed, Direction, decodePart, SETTINGS } from "../../../support/deflate-connection.js";
import { randomPayload, zlibInflated } from "../../../support/deflate-data.js";
import { DEFLATE_KERNELS } from "../../../support/deflate-kernel.js";
import { Random } from "../../../support/reference-random.js";

const event = (i: number): Buffer =>
  Buffer.from(JSON.stringify({ id: i * 7919, type: "message.created", user: `user ${i % 7}`, at: 1e12 + i }));

describe.each(DEFLATE_KERNELS)("compressed connections [%s]", (kernel) => {
  const { linear } = sharedWorkspace(kernel);
  let directions: Direction[] = [];

  const direction = (
    ...args: ConstructorParameters<typeof Direction> extends [unknown, ...infer Rest] ? Rest : never
  ) => {
    const made = new Direction(linear, ...args);
    directions.push(made);
    return made;
  };

  beforeEach(() => {
    expect(threadWindows.bytes).toBe(0);
  });
  afterEach(() => {
    for (const each of directions) each.stop();
    directions = [];
    expect(threadWindows.bytes, "windows of connections that are stopped").toBe(0);
  });

  test("the kernel runs", () => {
    expect(deflateUnavailable(kernel)).toBeUndefined();
  });

  describe.each([true, false])("takeover %s", (takeover) => {
    test.each([8, 9, 12, 15])(
      "many of them in turn, windows of 2^%i bytes: zlib and their peers read all",
      (bits) => {
        const random = new Random(bits);
        const all = Array.from({ length: 5 }, (_, i) =>
          direction(agreed(bits, takeover), { effort: i === 4 ? "fast" : "default" }),
        );
        for (let turn = 0; turn < 150; turn++) {
          const one = random.pick(all);
          const payload = random.oneIn(3) ? randomPayload(random, 100_000) : event(turn);
          const parts = random.oneIn(5) ? [payload.subarray(0, 100), payload.subarray(100)] : [payload];
          const encoded = one.send(...parts);
          if (encoded === undefined) continue;
          const received = one.receive(encoded);
          expect(received !== undefined && Buffer.compare(received, payload), `turn ${turn}`).toBe(0);
        }
        for (const { sent, encoded } of all) {
          const read = takeover
            ? zlibInflated(encoded, bits)
            : Buffer.concat(encoded.map((one) => zlibInflated([one], bits)));
          expect(Buffer.compare(read, Buffer.concat(sent))).toBe(0);
        }
      },
    );
  });

  test("with takeover a message refers to the ones before; without it does not", () => {
    const [kept, alone] = [direction(agreed(12, true)), direction(agreed(12, false))];
    const lengths = [kept, alone].map((one) => [1, 2, 3].map((i) => one.send(event(i))?.length ?? 0));
    const [[first = 0, , third = 0] = [], [again = 0, , last = 0] = []] = lengths;
    expect(first).toBe(again);
    expect(third).toBeLessThan(0.6 * last);
  });

  test("without takeover a connection that is between messages holds nothing", () => {
    for (let i = 0; i < 10; i++) {
      const one = direction(agreed(15, false));
      const encoded = one.send(event(i)) ?? event(i);
      expect(one.receive(encoded)).toEqual(event(i));
    }
    expect(threadWindows.bytes).toBe(0);
  });

  test("a message that would grow goes out as it is, and the window is that of the message before", () => {
    for (const takeover of [true, false]) {
      const one = direction(agreed(12, takeover));
      const random = new Random(1);
      one.send(event(1));
      for (const length of [0, 1, 20, 1000, 70_000]) {
        expect(one.send(random.bytes(length)), `${length} bytes`).toBeUndefined();
        expect(one.send(event(length))).toBeDefined();
      }
      for (const [i, encoded] of one.encoded.entries()) expect(one.receive(encoded)).toEqual(one.sent[i]);
    }
  });

  test("a threshold holds for whole messages", () => {
    const one = permessageDeflate("server", agreed(12, true), { ...SETTINGS, threshold: 100 }).encoder(
      linear,
    );
    expect([one.wants(99, true), one.wants(100, true), one.wants(0, false)]).toEqual([false, true, true]);
    one.stop();
  });

  test("a prepared message is the same for all connections, and each goes on with its window", () => {
    const parameters = agreed(12, true);
    const payload = Buffer.concat(Array.from({ length: 10 }, (_, i) => event(i)));
    const extension = permessageDeflate("server", parameters, SETTINGS);
    expect(permessageDeflate("server", { ...parameters }, { ...SETTINGS })).toBe(extension);
    const prepared = extension.prepare(payload, linear) ?? payload;
    expect(prepared.length).toBeLessThan(payload.length / 2);
    expect(extension.prepare(new Random(1).bytes(100), linear)).toBeUndefined();
    const all = Array.from({ length: 4 }, () => direction(parameters));
    for (let turn = 0; turn < 40; turn++) {
      // Now and then twice, so that the connection is still the owner of the area.
      const one = all[(turn >> (turn % 3 === 0 ? 1 : 0)) % all.length];
      if (one === undefined) continue;
      one.send(event(turn));
      // One message, or several at once.
      const messages = 1 + (turn % 3);
      one.encoder.sentPrepared(Buffer.concat(Array.from({ length: messages }, () => payload)), messages);
      for (let i = 0; i < messages; i++) {
        one.sent.push(payload);
        one.encoded.push(prepared);
      }
      one.send(event(turn + 1));
    }
    const long = Buffer.alloc(5000, "prepared ");
    for (const one of all) {
      one.encoder.sentPrepared(long, 1);
      one.sent.push(long);
      one.encoded.push(extension.prepare(long, linear) ?? long);
      one.send(event(1));
      expect(Buffer.compare(zlibInflated(one.encoded, 12), Buffer.concat(one.sent))).toBe(0);
    }
  });

  test("a decoder of another connection is used between two pieces", () => {
    for (const takeover of [true, false]) {
      const [one, other] = [direction(agreed(12, takeover)), direction(agreed(10, takeover))];
      for (let i = 0; i < 4; i++) {
        const payload = Buffer.from(Array.from({ length: 900 }, (_, j) => event(i * j)).join());
        const encoded = one.send(payload) ?? payload;
        const short = other.send(event(i)) ?? event(i);
        for (const [from, to] of [
          [0, 1],
          [1, 900],
          [900, encoded.length],
        ]) {
          const received = decodePart(
            linear,
            one.decoder,
            encoded.subarray(from, to),
            to === encoded.length,
            () => {
              expect(other.receive(short)).toEqual(event(i));
              if (takeover) other.encoded.length = 0;
            },
            700,
          );
          expect(received, `${i}: ${from}`).toBeDefined();
          if (takeover) break;
        }
        if (takeover) break;
      }
    }
  });

  test("a message that another connection interrupts at each of its bytes", () => {
    for (const takeover of [true, false]) {
      const all = [direction(agreed(9, takeover)), direction(agreed(15, takeover))];
      for (let round = 0; round < 3; round++) {
        const payloads = all.map((_, i) =>
          Buffer.concat([event(round), event(round + i), Buffer.alloc(99, "x")]),
        );
        const encodings = all.map((one, i) => one.send(payloads[i] ?? event(0)) ?? event(0));
        const received: Uint8Array[][] = all.map(() => []);
        for (let at = 0; at < Math.max(...encodings.map((each) => each.length)); at++) {
          for (const [i, one] of all.entries()) {
            const encoding = encodings[i] ?? event(0);
            if (at >= encoding.length) continue;
            const part = encoding.subarray(at, at + 1);
            received[i]?.push(decodePart(linear, one.decoder, part, at === encoding.length - 1) ?? event(0));
          }
        }
        expect(received.map((pieces) => Buffer.concat(pieces))).toEqual(payloads);
      }
    }
  });

  test("bad data: what came before it is handed on", () => {
    const one = direction(agreed(15, false));
    const encoded = one.send(Buffer.from("some text, some text, some more text")) ?? event(0);
    linear.memory.set(Uint8Array.of(...encoded.subarray(0, -1), 0x07), 0x14000);
    one.decoder.push(0x14000, encoded.length, true);
    expect(one.decoder.pull(100)).toBe(36);
    expect(one.decoder.done).toBe(false);
    expect(one.decoder.pull(100)).toBe(-1);
  });

  test("the length of a message tells nothing of what another connection has sent", () => {
    const random = new Random(8);
    for (let round = 0; round < 300; round++) {
      // The table is small, so that its places are fought for.
      const parameters = agreed(8, true);
      const noise = random.bytes(120);
      const first = Buffer.concat([noise, noise.subarray(0, 60)]);
      const second = Buffer.concat([noise.subarray(60), first.subarray(0, 120)]);
      const outputs = [0x00, 0xa5, 0xff].map((byte) => {
        const [one, other] = [direction(parameters), direction(parameters)];
        other.send(Buffer.alloc(4000, byte));
        const encoded = [one.send(first), one.send(second)];
        one.stop();
        other.stop();
        return encoded;
      });
      expect(outputs[1], `round ${round}`).toEqual(outputs[0]);
      expect(outputs[2], `round ${round}`).toEqual(outputs[0]);
    }
  });

  test("an empty payload is an empty message, and leaves the window as it is", () => {
    const one = direction(agreed(12, true));
    const [first, second] = [one.send(event(1)) ?? event(0), one.send(event(2)) ?? event(0)];
    expect(one.receive(first)).toEqual(event(1));
    expect(one.receive(new Uint8Array(0))).toEqual(Buffer.alloc(0));
    expect(one.receive(Uint8Array.of(0))).toEqual(Buffer.alloc(0));
    expect(one.receive(second)).toEqual(event(2));
  });

  test("the peer's distances are held to the window that was agreed on", () => {
    const random = new Random(4);
    const chunk = random.bytes(200);
    const payload = Buffer.concat([chunk, Buffer.alloc(3000), chunk]);
    const wide = direction(agreed(15, false)).send(payload) ?? payload;
    expect(direction(agreed(12, false)).receive(wide)).toEqual(payload);
    expect(direction(agreed(11, false)).receive(wide)).toBeUndefined();
  });

  describe("a trap", () => {
    test("after which the codec's kernel has no compression costs each connection that needs it", () => {
      const [one, other] = [direction(agreed(12, true)), direction(agreed(12, true))];
      const encoded = one.send(event(1)) ?? event(0);
      expect(one.receive(encoded)).toEqual(event(1));
      linear.use(javascriptKernel());
      for (const each of [one, other, one, other]) {
        expect(() => each.encoder.encode(event(2), true)).toThrow("no compression");
        expect(() => each.receive(encoded)).toThrow("no compression");
      }
      linear.replace();
    });

    test("of the codec's kernel costs no connection its windows", () => {
      const [one, other] = [direction(agreed(12, true)), direction(agreed(12, true))];
      for (let i = 0; i < 4; i++) {
        for (const each of [one, other])
          expect(each.receive(each.send(event(i)) ?? event(0))).toEqual(event(i));
        linear.replace();
      }
    });

    test("of the codec's kernel in the middle of a message leaves it whole", () => {
      const one = direction(agreed(12, true));
      const payload = Buffer.from(Array.from({ length: 500 }, (_, j) => event(j)).join());
      const encoded = one.send(payload) ?? payload;
      let turn = 0;
      const received = decodePart(
        linear,
        one.decoder,
        encoded,
        true,
        () => turn++ % 3 === 0 && linear.replace(),
        999,
      );
      expect(received).toEqual(payload);
      expect(turn).toBeGreaterThan(20);
    });

    test("of the deflate kernel costs its own connection, and no other", () => {
      const [one, other] = [direction(agreed(12, true)), direction(agreed(12, true))];
      for (const each of [one, other])
        expect(each.receive(each.send(event(1)) ?? event(0))).toEqual(event(1));
      const before = linear.kernel;
      // An address outside of memory, as a bug would have it.
      one.decoder.push(0x7fff0000, 100, true);
      expect(() => one.decoder.pull(100)).toThrow("the kernel trapped");
      expect(linear.kernel).not.toBe(before);
      one.stop();
      for (const i of [2, 3]) expect(other.receive(other.send(event(i)) ?? event(0))).toEqual(event(i));
    });
  });
});

test("the JavaScript kernel has no compression, and says so", () => {
  expect(deflateUnavailable("js")).toBe("TypeError: the JavaScript kernel has no compression");
});
