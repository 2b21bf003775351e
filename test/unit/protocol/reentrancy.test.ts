// User code runs while records are being walked. It may use other connections, and no connection's bytes may change.
import { afterEach, describe, expect, test } from "vitest";
import {
  Connection,
  Endpoint,
  type EndpointOptions,
  InvalidStateError,
  type Kernel,
} from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { bytesLine } from "../../support/run.js";

interface Peer {
  readonly sink: RecordingSink;
  readonly endpoint: Endpoint;
}

function peer(options: Partial<EndpointOptions> = {}): Peer {
  const sink = new RecordingSink();
  return { sink, endpoint: new Endpoint(sink, { role: "server", maskingKey: () => 0, ...options }) };
}

function binary(...payloads: Uint8Array[]): Uint8Array {
  return concat(payloads.map((payload) => frame({ opcode: 2, mask: KEY, payload })));
}

/** Payloads of these lengths, each of another byte. */
function tainted(first: number, lengths: readonly number[]): Uint8Array[] {
  return lengths.map((length, i) => new Uint8Array(length).fill(first + i));
}

function lines(payloads: readonly Uint8Array[]): string[] {
  return payloads.map((payload) => bytesLine("binary", payload));
}

const LENGTHS = [3, 0, 500, 20, 1, 4000, 125];

describeKernels("re-entrancy", (kernel) => {
  describe.each([false, true])("borrow: %s", (borrow) => {
    test("each message feeds another connection, four deep", () => {
      const depth = 4;
      const peers = Array.from({ length: depth }, () => peer({ kernel, borrow }));
      const payloads = peers.map((_, level) => tainted(16 * level + 1, LENGTHS));
      peers.forEach(({ sink }, level) => {
        const next = peers[level + 1];
        if (next === undefined) return;
        const chunk = binary(...(payloads[level + 1] ?? []));
        let fed = false;
        sink.inside = () => {
          // Once for each level, in the middle of a read; on the way up every message of this read is still to come.
          if (fed || sink.lines.length % 3 !== 1) return;
          fed = true;
          next.endpoint.receive(chunk);
        };
      });
      peers[0]?.endpoint.receive(binary(...(payloads[0] ?? [])));
      peers.forEach(({ sink }, level) => {
        expect(sink.lines).toEqual(lines(payloads[level] ?? []));
      });
    });

    test("each inner chunk is longer than the one that it interrupts, or shorter", () => {
      const sizes = [4000, 1, 700, 2, 90_000, 30, 300_000];
      for (const order of [sizes, [...sizes].reverse(), [...sizes].sort((a, b) => a - b)]) {
        const peers = order.map(() => peer({ kernel, borrow }));
        const payloads = order.map((size, level) => tainted(16 * level + 1, [5, size, 0, 3, size, 1]));
        peers.forEach(({ sink }, level) => {
          const next = peers[level + 1];
          if (next === undefined) return;
          let fed = false;
          sink.inside = () => {
            if (fed) return;
            fed = true;
            next.endpoint.receive(binary(...(payloads[level + 1] ?? [])));
          };
        });
        peers[0]?.endpoint.receive(binary(...(payloads[0] ?? [])));
        peers.forEach(({ sink }, level) => {
          expect(sink.lines).toEqual(lines(payloads[level] ?? []));
        });
      }
    });

    test("the inner chunk ends in a cut header, and makes as many records as its bytes can", () => {
      // The inner one is a client: two bytes are a frame of its server's, and it has one byte of the first already.
      for (const length of [1, 2, 3, 13, 64]) {
        const outer = peer({ kernel, borrow });
        const payloads = tainted(
          1,
          Array.from({ length: 60 }, (_, i) => 1 + (i % 7)),
        );
        let inners = 0;
        outer.sink.inside = () => {
          const inner = peer({ kernel, borrow, role: "client" });
          const stream = concat(Array.from({ length: 40 }, () => hex("82 00")));
          inner.endpoint.receive(stream.subarray(0, 1));
          inner.endpoint.receive(stream.subarray(1, 1 + length));
          inner.endpoint.receive(hex("ff ff"));
          inners += inner.sink.lines.length;
        };
        outer.endpoint.receive(binary(...payloads));
        expect(outer.sink.lines).toEqual(lines(payloads));
        expect(inners).toBe(payloads.length * (Math.floor((1 + length) / 2) + 1));
      }
    });

    test("the inner chunk is longer than the window, and the outer one too", () => {
      const outer = peer({ kernel, borrow });
      const inner = peer({ kernel, borrow });
      const outerPayloads = tainted(1, [100, 70_000, 5, 60_000, 7]);
      const innerPayloads = tainted(0x81, [65_536, 3, 131_072, 9]);
      outer.sink.inside = () => inner.endpoint.receive(binary(...innerPayloads));
      outer.endpoint.receive(binary(...outerPayloads));
      expect(outer.sink.lines).toEqual(lines(outerPayloads));
      expect(inner.sink.lines).toEqual(outerPayloads.flatMap(() => lines(innerPayloads)));
    });

    test("the inner connection's messages stay open across the outer one's handlers", () => {
      const outer = peer({ kernel, borrow });
      const inner = peer({ kernel, borrow });
      const payload = Uint8Array.from({ length: 400 }, (_, i) => i);
      const chunk = binary(payload);
      let at = 0;
      outer.sink.inside = () => inner.endpoint.receive(chunk.subarray(at, ++at));
      const one = tainted(
        7,
        Array.from({ length: chunk.length }, () => 2),
      );
      outer.endpoint.receive(binary(...one));
      expect(at).toBe(chunk.length);
      expect(inner.sink.lines).toEqual(lines([payload]));
      expect(outer.sink.lines).toEqual(lines(one));
    });

    test("more records than the table holds, on both sides", () => {
      const outer = peer({ kernel, borrow });
      const inner = peer({ kernel, borrow });
      const many = Array.from({ length: 5000 }, (_, i) => Uint8Array.of(i));
      outer.sink.inside = () => {
        if (outer.sink.lines.length % 1000 === 500) inner.endpoint.receive(binary(...many));
      };
      outer.endpoint.receive(binary(...many));
      expect(outer.sink.lines).toEqual(lines(many));
      expect(inner.sink.lines).toHaveLength(5 * many.length);
      expect(inner.sink.lines.slice(-many.length)).toEqual(lines(many));
    });
  });

  test("the chunk is a borrowed view of linear memory, passed on from one to the next", () => {
    const last = peer({ kernel, borrow: true });
    const middle = peer({ kernel, borrow: true });
    const outer = peer({ kernel, borrow: true });
    const feed = (next: Peer) => (payload: Uint8Array | string) => {
      if (typeof payload !== "string") next.endpoint.receive(payload);
    };
    outer.sink.inside = feed(middle);
    middle.sink.inside = feed(last);
    const inmost = [tainted(1, LENGTHS), tainted(0x41, LENGTHS)];
    const wrapped = inmost.map((payloads) => binary(binary(...payloads)));
    outer.endpoint.receive(binary(...wrapped));
    expect(last.sink.lines).toEqual(lines(inmost.flat()));
    expect(middle.sink.lines).toEqual(lines(inmost.map((payloads) => binary(...payloads))));
    expect(outer.sink.lines).toEqual(lines(wrapped));
  });

  test("a header that the last read cut is whole after others have read", () => {
    const outer = peer({ kernel });
    const inner = peer({ kernel });
    const payloads = tainted(1, [3, 300, 70_000]);
    const stream = binary(...payloads);
    outer.sink.inside = () => inner.endpoint.receive(binary(new Uint8Array(900).fill(0xa5)));
    for (const byte of stream.subarray(0, 30)) outer.endpoint.receive(Uint8Array.of(byte));
    outer.endpoint.receive(stream.subarray(30));
    expect(outer.sink.lines).toEqual(lines(payloads));
  });

  test("what a handler sends, on its own connection and on others, corked or not", () => {
    for (const corked of [false, true]) {
      const other = peer({ kernel });
      const echo = peer({ kernel, borrow: true });
      echo.sink.inside = (payload) => {
        if (typeof payload === "string") return;
        echo.endpoint.sendBinary(payload);
        other.endpoint.receive(binary(payload));
        other.endpoint.sendBinary(payload);
      };
      const payloads = tainted(1, [...LENGTHS, 40_000]);
      if (corked) echo.endpoint.outbox.cork();
      echo.endpoint.receive(binary(...payloads));
      if (corked) echo.endpoint.outbox.uncork();
      const expected = toHex(concat(payloads.map((payload) => frame({ opcode: 2, payload }))));
      expect(toHex(concat(echo.endpoint.outbox.take())) === expected).toBe(true);
      expect(toHex(concat(other.endpoint.outbox.take())) === expected).toBe(true);
      expect(other.sink.lines).toEqual(lines(payloads));
    }
  });

  test("receive() on itself throws and changes nothing", () => {
    const { sink, endpoint } = peer({ kernel });
    const between = peer({ kernel });
    const errors: unknown[] = [];
    const attempt = (): void => {
      try {
        endpoint.receive(binary(hex("ff")));
      } catch (error) {
        errors.push(error);
      }
    };
    sink.inside = () => {
      attempt();
      // By a detour, too.
      between.endpoint.receive(binary(hex("01")));
    };
    between.sink.inside = attempt;
    const payloads = tainted(1, LENGTHS);
    endpoint.receive(binary(...payloads));
    expect(errors).toHaveLength(2 * payloads.length);
    for (const error of errors) expect(error).toBeInstanceOf(InvalidStateError);
    expect(sink.lines).toEqual(lines(payloads));
    sink.inside = () => {};
    endpoint.receive(binary(hex("02")));
    expect(sink.lines.at(-1)).toBe("binary 02");
  });

  test("receiveWindow() throws while another one's handler runs, and changes nothing", () => {
    const outer = peer({ kernel });
    const inner = peer({ kernel });
    const errors: unknown[] = [];
    outer.sink.inside = () => {
      try {
        inner.endpoint.receiveWindow(1);
      } catch (error) {
        errors.push(error);
      }
    };
    const payloads = tainted(1, [3, 5]);
    outer.endpoint.receive(binary(...payloads));
    expect(errors).toEqual([
      new InvalidStateError("the read window is in use"),
      new InvalidStateError("the read window is in use"),
    ]);
    expect(outer.sink.lines).toEqual(lines(payloads));
    expect(inner.sink.lines).toEqual([]);
    const chunk = binary(hex("07"));
    inner.endpoint.readWindow.set(chunk);
    inner.endpoint.receiveWindow(chunk.length);
    expect(inner.sink.lines).toEqual(["binary 07"]);
  });

  test("fail() from inside of a handler stops everything behind it", () => {
    const { sink, endpoint } = peer({ kernel });
    sink.inside = () => {
      if (sink.lines.length === 1) endpoint.fail(4000, "enough");
    };
    endpoint.receive(concat([binary(...tainted(1, LENGTHS)), hex("ff ff")]));
    // The line of the message whose handler failed comes behind that of the close event.
    expect(sink.lines).toEqual([...lines(tainted(1, [3])), 'close 1006 "" unclean', "binary"]);
    endpoint.receive(binary(hex("01")));
    expect(sink.lines).toHaveLength(3);
    expect(toHex(concat(endpoint.outbox.take()))).toBe("88 08 0f a0 65 6e 6f 75 67 68");
  });

  test("end() from inside of a handler stops everything behind it", () => {
    const { sink, endpoint } = peer({ kernel });
    sink.inside = () => endpoint.end();
    endpoint.receive(
      concat([frame({ fin: false, opcode: 1, mask: KEY }), frame({ opcode: 9, mask: KEY }), hex("ff ff")]),
    );
    expect(sink.lines).toEqual(['close 1006 "" unclean', "ping"]);
    endpoint.settle();
    // The pong was there before the handler.
    expect(toHex(concat(endpoint.outbox.take()))).toBe("8a 00");
  });

  test("close() from inside of a handler: what is on the way still comes, up to the peer's Close", () => {
    const { sink, endpoint } = peer({ kernel });
    sink.inside = () => endpoint.close(1000);
    const payloads = tainted(1, [3, 4]);
    endpoint.receive(
      concat([
        binary(...payloads),
        frame({ opcode: 8, mask: KEY, payload: hex("03 e8") }),
        binary(hex("01")),
      ]),
    );
    expect(sink.lines).toEqual([...lines(payloads), 'close 1000 "" clean']);
    expect(toHex(concat(endpoint.outbox.take()))).toBe("88 02 03 e8");
  });

  test("a connection that another one's handler fails stops, too", () => {
    const inner = peer({ kernel });
    const outer = peer({ kernel });
    outer.sink.inside = () => inner.endpoint.receive(binary(hex("01"), hex("02")));
    inner.sink.inside = () => outer.endpoint.fail(4000);
    outer.endpoint.receive(binary(hex("0a"), hex("0b")));
    expect(outer.sink.lines).toEqual(['close 1006 "" unclean', "binary 0a"]);
    expect(inner.sink.lines).toEqual(["binary 01", "binary 02"]);
  });

  test("what a handler throws reaches the caller of receive; the connection can be failed, others live on", () => {
    const thrower = peer({ kernel });
    const outer = peer({ kernel });
    const boom = new Error("boom");
    thrower.sink.inside = () => {
      throw boom;
    };
    let caught: unknown;
    outer.sink.inside = () => {
      try {
        thrower.endpoint.receive(binary(hex("01"), hex("02")));
      } catch (error) {
        caught ??= error;
        thrower.endpoint.fail(1011, "", { cause: error });
      }
    };
    const payloads = tainted(1, LENGTHS);
    outer.endpoint.receive(binary(...payloads));
    expect(caught).toBe(boom);
    expect(outer.sink.lines).toEqual(lines(payloads));
    expect(outer.endpoint.state).toBe("open");
    expect(thrower.sink.lines).toEqual(['close 1006 "" unclean']);
    expect(thrower.sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011, cause: boom });
    expect(toHex(concat(thrower.endpoint.outbox.take()))).toBe("88 02 03 f3");
  });

  test.each(["receive", "receiveWindow"] as const)(
    "what a handler throws in %s fails the connection",
    (by) => {
      const { sink, endpoint } = peer({ kernel });
      const boom = new Error("boom");
      sink.inside = () => {
        throw boom;
      };
      const chunk = binary(hex("01"), hex("02"));
      const act = (): void => {
        endpoint.readWindow.set(chunk);
        if (by === "receive") endpoint.receive(chunk);
        else endpoint.receiveWindow(chunk.length);
      };
      expect(act).toThrow(boom);
      expect(endpoint.state).toBe("closed");
      expect(sink.lines).toEqual(['close 1006 "" unclean']);
      expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011, cause: boom });
      expect(toHex(concat(endpoint.outbox.take()))).toBe("88 02 03 f3");
      endpoint.fail(1011, "", boom);
      endpoint.end();
      sink.inside = () => {};
      act();
      expect(sink.lines).toHaveLength(1);
      expect(endpoint.outbox.bytes).toBe(0);
    },
  );

  test("of two exceptions of a sink the first is thrown", () => {
    const { sink, endpoint } = peer({ kernel });
    const first = new Error("first");
    sink.inside = () => {
      throw first;
    };
    sink.onClose = () => {
      throw new Error("second");
    };
    expect(() => endpoint.receive(binary(hex("01")))).toThrow(first);
    expect(endpoint.state).toBe("closed");
  });
});

describeKernels("a trap", (kernel) => {
  const { linear } = sharedWorkspace(kernel);
  const real = (): Kernel => linear.kernel;
  let before = real();
  afterEach(() => {
    before = real();
  });

  /** The next call of decode traps; the kernel is taken from the workspace only then. */
  function trapNext(): WebAssembly.RuntimeError {
    const trap = new WebAssembly.RuntimeError("unreachable");
    before = real();
    linear.use({
      ...before,
      decode: (start, end) => {
        // The call may have written anything to its own parts of the memory before it trapped.
        const { memory } = before;
        const records = Math.ceil((end - start) / 2) * layout.RECORD_LENGTH;
        memory.fill(0xa5, layout.STATE_PTR, layout.STATE_PTR + layout.STATE_LENGTH);
        memory.fill(0xa5, layout.RECORDS_PTR, layout.RECORDS_PTR + records);
        memory.fill(0xa5, start - layout.READ_HEADROOM, end + layout.PADDING);
        throw trap;
      },
    });
    return trap;
  }

  test("closes that connection with 1011, and the kernel is replaced", () => {
    const victim = new Connection({ role: "server", kernel });
    const bystander = new Connection({ role: "server", kernel });
    bystander.receive(frame({ fin: false, opcode: 1, mask: KEY, payload: "Hel" }));
    const trap = trapNext();
    expect(victim.receive(binary(hex("01")))).toEqual([
      {
        type: "close",
        code: 1006,
        reason: "",
        wasClean: false,
        failure: expect.objectContaining({ code: "INTERNAL", closeCode: 1011, cause: trap }),
      },
    ]);
    expect(toHex(concat(victim.takeOutput()))).toBe("88 02 03 f3");
    expect(linear.kernel).not.toBe(before);
    expect(linear.kernel.name).toBe(kernel);
    expect(linear.memory).toBe(linear.kernel.memory);
    expect(linear.words.buffer).toBe(linear.memory.buffer);
    expect(linear.memory.buffer).not.toBe(before.memory.buffer);
    expect(bystander.receive(frame({ opcode: 0, mask: KEY, payload: "lo" }))).toEqual([
      { type: "text", text: "Hello" },
    ]);
    expect(victim.receive(binary(hex("01")))).toEqual([]);
  });

  test("keeps what others have put into the write window", () => {
    const writer = peer({ kernel });
    writer.endpoint.outbox.cork();
    writer.endpoint.sendText("kept");
    const victim = peer({ kernel });
    trapNext();
    victim.endpoint.receive(binary(hex("01")));
    writer.endpoint.sendText("too");
    expect(toHex(concat(writer.endpoint.outbox.take()))).toBe("81 04 6b 65 70 74 81 03 74 6f 6f");
    writer.endpoint.outbox.uncork();
  });

  test("nested in the handlers of two others: they go on where they were", () => {
    for (const borrow of [false, true]) {
      const outer = peer({ kernel, borrow });
      const middle = peer({ kernel, borrow });
      const victims: Peer[] = [];
      const middlePayloads = tainted(0x41, LENGTHS);
      outer.sink.inside = () => middle.endpoint.receive(binary(...middlePayloads));
      middle.sink.inside = () => {
        if (middle.sink.lines.length % 4 !== 2) return;
        const victim = peer({ kernel });
        victims.push(victim);
        trapNext();
        victim.endpoint.receive(binary(hex("ff")));
      };
      const many = Array.from({ length: 5000 }, (_, i) => Uint8Array.of(i));
      const outerPayloads = [...tainted(1, LENGTHS), ...many.slice(0, 10)];
      outer.endpoint.receive(binary(...outerPayloads));
      expect(victims.length).toBeGreaterThan(20);
      for (const victim of victims) {
        expect(victim.sink.lines).toEqual(['close 1006 "" unclean']);
        expect(victim.sink.closed?.failure?.code).toBe("INTERNAL");
      }
      expect(outer.sink.lines).toEqual(lines(outerPayloads));
      expect(middle.sink.lines).toEqual(outerPayloads.flatMap(() => lines(middlePayloads)));
      expect(outer.endpoint.state).toBe("open");
    }
  });

  test("messages before it are delivered", () => {
    // The first call fills the record table, the second one traps.
    const victim = new Connection({ role: "server", kernel });
    const first = real();
    let calls = 0;
    linear.use({
      ...first,
      decode: (...args) => {
        if (++calls === 2) throw new WebAssembly.RuntimeError("unreachable");
        return first.decode(...args);
      },
    });
    const events = victim.receive(binary(...Array.from({ length: 5000 }, (_, i) => Uint8Array.of(i))));
    expect(events.length).toBeGreaterThan(4000);
    expect(events.slice(0, -1).every(({ type }) => type === "binary")).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: "close", failure: { code: "INTERNAL" } });
  });
});
