// Text that goes out as it came in is not encoded anew: its bytes are taken from the read window, while they stand there.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Endpoint, type EndpointOptions, type Host, PreparedMessage, type Role } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/kernel/workspace.js";
import { portableHost } from "../../../src/protocol/host.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

const MASK = Uint8Array.from(KEY);
const MASKING_KEY = new DataView(MASK.buffer).getUint32(0, true);

/** An endpoint whose handler a test may set, and which counts the strings that it encodes. */
class End {
  readonly sink = new RecordingSink();
  readonly endpoint: Endpoint;
  encoded = 0;

  constructor(options: Partial<EndpointOptions> = {}) {
    const host: Host = {
      ...portableHost,
      encodeText: (text, bytes, start) => {
        this.encoded++;
        return portableHost.encodeText(text, bytes, start);
      },
      textBytes: (text) => {
        this.encoded++;
        return portableHost.textBytes(text);
      },
    };
    this.endpoint = new Endpoint(this.sink, {
      role: "server",
      host,
      maskingKey: () => MASKING_KEY,
      ...options,
    });
  }

  /** What it sent since the last call: each frame's opcode and text, and that frames are masked as they must be. */
  sent(): string[] {
    const frames = parseFrames(concat(this.endpoint.outbox.take()));
    return frames.map(({ opcode, mask, payload }) => {
      expect(mask).toEqual(this.endpoint.role === "client" ? KEY : undefined);
      return `${opcode} ${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload)}`;
    });
  }
}

function texts(role: Role, ...all: string[]): Uint8Array {
  const mask = role === "server" ? KEY : undefined;
  return concat(all.map((payload) => frame({ opcode: 1, mask, payload })));
}

const GREETING = "grüße, 世界 🚀";

describeKernels("text that is sent on", (kernel) => {
  describe.each(["server", "client"] as const)("by a %s", (role) => {
    test.each([
      { what: "empty", text: "" },
      { what: "short and ASCII", text: "Hello" },
      { what: "mixed", text: GREETING },
      { what: "with a byte order mark", text: "\ufeffa\ufeff" },
      { what: "at the edge of the short length form", text: "é".repeat(62) },
      { what: "behind that edge", text: "é".repeat(63) },
      { what: "at the edge of what is copied", text: `${"é".repeat(16_383)}a` },
      { what: "behind that edge", text: "é".repeat(16_384) },
      { what: "longer than the scratch window", text: "€".repeat(40_000) },
    ])("$what: with the bytes that came", ({ text }) => {
      const end = new End({ kernel, role });
      end.sink.inside = (payload) => end.endpoint.sendText(String(payload));
      end.endpoint.receive(texts(role, text, "x", text));
      expect(end.sent()).toEqual([`1 ${text}`, "1 x", `1 ${text}`]);
      expect(end.encoded).toBe(0);
    });

    test("as a fragment", () => {
      const end = new End({ kernel, role });
      end.sink.inside = (payload) => end.endpoint.sendFragment(String(payload), payload === "z");
      end.endpoint.receive(texts(role, GREETING, "z"));
      expect(end.sent()).toEqual([`1 ${GREETING}`, "0 z"]);
      expect(end.encoded).toBe(0);
    });

    test("while the outbox is corked", () => {
      const end = new End({ kernel, role });
      end.sink.inside = (payload) => end.endpoint.sendText(String(payload));
      end.endpoint.outbox.cork();
      end.endpoint.receive(texts(role, GREETING, "z", "é".repeat(20_000)));
      end.endpoint.outbox.uncork();
      expect(end.sent()).toEqual([`1 ${GREETING}`, "1 z", `1 ${"é".repeat(20_000)}`]);
      expect(end.encoded).toBe(0);
    });
  });

  test("what does not fit the scratch window goes around it", () => {
    const end = new End({ kernel });
    const behind = sharedWorkspace(kernel).memory.subarray(
      layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH,
      layout.WIDE_WINDOW_PTR + layout.WIDE_WINDOW_LENGTH,
    );
    behind.fill(0xa5);
    end.sink.inside = (payload) => end.endpoint.sendText(String(payload));
    end.endpoint.receive(texts("server", "€".repeat(40_000)));
    expect(behind.every((byte) => byte === 0xa5)).toBe(true);
  });

  test("to another connection, of the other role: masked there", () => {
    const from = new End({ kernel });
    const to = new End({ kernel, role: "client" });
    from.sink.inside = (payload) => to.endpoint.sendText(String(payload));
    from.endpoint.receive(texts("server", GREETING, "z"));
    expect([to.sent(), from.sent(), to.encoded]).toEqual([[`1 ${GREETING}`, "1 z"], [], 0]);
  });

  test("prepared, for many", () => {
    const end = new End({ kernel });
    const prepared: PreparedMessage[] = [];
    end.sink.inside = (payload) => prepared.push(new PreparedMessage(payload));
    end.endpoint.receive(texts("server", GREETING, "é".repeat(63), "é".repeat(40_000)));
    for (const each of prepared) end.endpoint.sendPrepared(each);
    expect(end.sent()).toEqual([`1 ${GREETING}`, `1 ${"é".repeat(63)}`, `1 ${"é".repeat(40_000)}`]);
    expect(prepared.map(({ payload }) => payload.length)).toEqual([20, 126, 80_000]);
  });

  test("an equal string from elsewhere is as good, another one of its length is encoded", () => {
    const end = new End({ kernel });
    end.sink.inside = () => {
      end.endpoint.sendText([...GREETING].join(""));
      end.endpoint.sendText(GREETING.replace("ü", "ö"));
    };
    end.endpoint.receive(texts("server", GREETING));
    expect(end.sent()).toEqual([`1 ${GREETING}`, `1 ${GREETING.replace("ü", "ö")}`]);
    expect(end.encoded).toBe(1);
  });

  test("behind another connection's read inside of the handler: encoded, since that was where its bytes stood", () => {
    for (const chunk of [
      texts("server", "x".repeat(90)),
      frame({ opcode: 2, mask: KEY, payload: "binary bytes over the text" }),
      frame({ opcode: 1, mask: KEY, payload: "half of" }).subarray(0, 9),
    ]) {
      const outer = new End({ kernel });
      const inner = new End({ kernel });
      const held: string[] = [];
      inner.sink.inside = () => inner.endpoint.sendText(held[0] ?? "");
      outer.sink.inside = (payload) => {
        held.push(String(payload));
        inner.endpoint.receive(chunk);
        outer.endpoint.sendText(held[0] ?? "");
      };
      outer.endpoint.receive(texts("server", GREETING));
      expect(outer.sent()).toEqual([`1 ${GREETING}`]);
      for (const line of inner.sent()) expect(line).toBe(`1 ${GREETING}`);
    }
  });

  test("behind its own read: encoded, whatever the transport has put there since", () => {
    const end = new End({ kernel });
    end.endpoint.receive(texts("server", GREETING));
    end.endpoint.readWindow.fill(0xa5);
    end.endpoint.sendText(GREETING);
    expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`], 1]);
  });

  test("behind a read whose handler threw: encoded", () => {
    const end = new End({ kernel });
    end.sink.inside = () => {
      throw new Error("the handler's");
    };
    expect(() => end.endpoint.receive(texts("server", GREETING))).toThrow("the handler's");
    const other = new End({ kernel });
    other.endpoint.readWindow.fill(0xa5);
    other.endpoint.sendText(GREETING);
    expect([other.sent(), other.encoded]).toEqual([[`1 ${GREETING}`], 1]);
  });

  test("in fragments or cut by a read, it is encoded: there is no place where all of it stands", () => {
    const end = new End({ kernel });
    end.sink.inside = (payload) => end.endpoint.sendText(String(payload));
    const cut = texts("server", GREETING);
    end.endpoint.receive(
      concat([
        frame({ fin: false, opcode: 1, mask: KEY, payload: "gr" }),
        frame({ opcode: 0, mask: KEY, payload: "üße" }),
        cut.subarray(0, 12),
      ]),
    );
    end.endpoint.receive(cut.subarray(12));
    expect([end.sent(), end.encoded]).toEqual([["1 grüße", `1 ${GREETING}`], 2]);
  });

  test("whatever is sent to whom, and whoever reads in between, every text arrives as it is (seed 20268)", () => {
    const text = fc.constantFrom(
      "",
      "a",
      "ä",
      "aé",
      "éa",
      "x".repeat(40),
      "€uro",
      "ü".repeat(70),
      "🚀".repeat(9),
    );
    const act = fc.record({
      does: fc.constantFrom("send", "send what came", "read", "prepare" as const),
      end: fc.nat(2),
      text,
      inside: fc.array(text, { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.array(act, { maxLength: 12 }),
        (all, acts) => {
          const ends = [0, 1, 2].map((i) => new End({ kernel, role: i === 2 ? "client" : "server" }));
          const expected: string[][] = [[], [], []];
          const plan = [...acts];
          const walking = new Set<number>();
          const send = (at: number, message: string, prepared = false) => {
            const endpoint = ends[at]?.endpoint;
            if (prepared) endpoint?.sendPrepared(new PreparedMessage(message));
            else endpoint?.sendText(message);
            expected[at]?.push(`1 ${message}`);
          };
          const read = (at: number, messages: readonly string[]) => {
            walking.add(at);
            ends[at]?.endpoint.receive(texts(at === 2 ? "client" : "server", ...messages));
            walking.delete(at);
          };
          for (const { sink } of ends) {
            sink.inside = (payload) => {
              for (let i = 0; i < 3; i++) {
                const next = plan.pop();
                if (next === undefined) return;
                if (next.does === "send") send(next.end, next.text);
                else if (next.does === "prepare") send(next.end, String(payload), true);
                else if (next.does === "read" && !walking.has(next.end)) read(next.end, next.inside);
                else send(next.end, String(payload));
              }
            };
          }
          read(0, all);
          expect(ends.map((end) => end.sent())).toEqual(expected);
        },
      ),
      { seed: 20_268, numRuns: 400 },
    );
  });
});
