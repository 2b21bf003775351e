// Text that goes out as it came in is not encoded anew: its bytes are taken from the read window, while they stand there.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import { Endpoint, type EndpointOptions, type Host, type Role } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { hostFor } from "../../../src/node/host.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

const MASKING_KEY = new DataView(Uint8Array.from(KEY).buffer).getUint32(0, true);

/** An endpoint whose handler a test may set, and which counts the strings that it encodes. */
class End {
  readonly sink = new RecordingSink();
  readonly endpoint: Endpoint;
  encoded = 0;

  constructor(options: Partial<EndpointOptions> = {}) {
    const { host = portableHost } = options;
    const counting: Host = {
      ...host,
      encodeText: (text, bytes, start) => {
        this.encoded++;
        return host.encodeText(text, bytes, start);
      },
      textBytes: (text) => {
        this.encoded++;
        return host.textBytes(text);
      },
    };
    this.endpoint = new Endpoint(this.sink, {
      role: "server",
      maskingKey: () => MASKING_KEY,
      ...options,
      host: counting,
    });
  }

  /** Sends each text on as it comes, to this end or another. */
  echo(to: End = this): this {
    this.sink.inside = (payload) => to.endpoint.sendText(String(payload));
    return this;
  }

  /**
   * What it sent since the last call: each frame's opcode and text. Frames must be masked as its role says, and be no view of a
   * window that is read into again.
   */
  sent(): string[] {
    this.endpoint.readWindow.fill(0xa5);
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

function bytes(role: Role, payload: string): Uint8Array {
  return frame({ opcode: 2, mask: role === "server" ? KEY : undefined, payload });
}

const GREETING = "grüße, 世界 🚀";
const LONGER_THAN_SCRATCH = "€".repeat(40_000);

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
      { what: "longer than the scratch window", text: LONGER_THAN_SCRATCH },
    ])("$what: with the bytes that came", ({ text }) => {
      const end = new End({ kernel, role }).echo();
      end.endpoint.receive(texts(role, text, "x", text));
      expect([end.sent(), end.encoded]).toEqual([[`1 ${text}`, "1 x", `1 ${text}`], 0]);
    });

    test("as a fragment", () => {
      const end = new End({ kernel, role });
      end.sink.inside = (payload) => end.endpoint.sendFragment(String(payload), payload === "z");
      end.endpoint.receive(texts(role, GREETING, "z"));
      expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`, "0 z"], 0]);
    });

    test("while the outbox is corked", () => {
      const end = new End({ kernel, role }).echo();
      end.endpoint.outbox.cork();
      end.endpoint.receive(texts(role, GREETING, "z", LONGER_THAN_SCRATCH, "é".repeat(9000)));
      end.endpoint.outbox.uncork();
      expect([end.sent(), end.encoded]).toEqual([
        [`1 ${GREETING}`, "1 z", `1 ${LONGER_THAN_SCRATCH}`, `1 ${"é".repeat(9000)}`],
        0,
      ]);
    });

    test("out of more messages than the table of records holds", () => {
      const all = Array.from({ length: layout.MAX_RECORDS + 900 }, (_, i) => `${i % 7}ü`);
      const end = new End({ kernel, role }).echo();
      end.endpoint.receive(texts(role, ...all));
      expect([end.sent(), end.encoded]).toEqual([all.map((text) => `1 ${text}`), 0]);
    });

    test("behind a header that a read has cut", () => {
      const end = new End({ kernel, role }).echo();
      const chunk = texts(role, GREETING);
      end.endpoint.receive(chunk.subarray(0, 1));
      end.endpoint.receive(chunk.subarray(1));
      expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`], 0]);
    });
  });

  test("what does not fit the scratch window goes around it", () => {
    const end = new End({ kernel }).echo();
    const behind = sharedWorkspace(kernel).linear.memory.subarray(
      layout.SCRATCH_WINDOW_PTR + layout.SCRATCH_WINDOW_LENGTH,
      layout.WIDE_WINDOW_PTR + layout.WIDE_WINDOW_LENGTH,
    );
    behind.fill(0xa5);
    end.endpoint.receive(texts("server", LONGER_THAN_SCRATCH));
    expect(behind.every((byte) => byte === 0xa5)).toBe(true);
  });

  test("on a host that makes strings of UTF-16", () => {
    const end = new End({ kernel, host: hostFor(12) }).echo();
    end.endpoint.receive(texts("server", GREETING, "z", "é".repeat(9000)));
    expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`, "1 z", `1 ${"é".repeat(9000)}`], 0]);
  });

  test("to another connection, of the other role: masked there", () => {
    const to = new End({ kernel, role: "client" });
    const from = new End({ kernel }).echo(to);
    from.endpoint.receive(texts("server", GREETING, "z"));
    expect([to.sent(), from.sent(), to.encoded]).toEqual([[`1 ${GREETING}`, "1 z"], [], 0]);
  });

  test("an equal string from elsewhere is as good, another one of its length is encoded", () => {
    const end = new End({ kernel });
    end.sink.inside = () => {
      end.endpoint.sendText([...GREETING].join(""));
      end.endpoint.sendText(GREETING.replace("ü", "ö"));
    };
    end.endpoint.receive(texts("server", GREETING));
    expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`, `1 ${GREETING.replace("ü", "ö")}`], 1]);
  });

  describe("encoded, where its bytes have gone:", () => {
    test.each([
      { what: "text", chunk: texts("server", "x".repeat(90)), handed: true },
      { what: "bytes", chunk: bytes("server", "binary bytes over the text"), handed: true },
      { what: "half of a frame", chunk: texts("server", "half of").subarray(0, 9), handed: false },
    ])("while and after another connection reads $what inside of the handler", ({ chunk, handed }) => {
      const outer = new End({ kernel });
      const inner = new End({ kernel });
      inner.sink.inside = () => inner.endpoint.sendText(GREETING);
      outer.sink.inside = (payload) => {
        inner.endpoint.receive(chunk);
        outer.endpoint.sendText(String(payload));
      };
      outer.endpoint.receive(texts("server", GREETING));
      expect([outer.sent(), outer.encoded]).toEqual([[`1 ${GREETING}`], 1]);
      expect([inner.sent(), inner.encoded]).toEqual(handed ? [[`1 ${GREETING}`], 1] : [[], 0]);
    });

    test("the text of that other connection, when it has been read", () => {
      const outer = new End({ kernel });
      const inner = new End({ kernel });
      outer.sink.inside = () => {
        inner.endpoint.receive(texts("server", "ünner"));
        outer.endpoint.sendText("ünner");
      };
      outer.endpoint.receive(texts("server", GREETING));
      expect([outer.sent(), outer.encoded]).toEqual([["1 ünner"], 1]);
    });

    test("behind its read, whatever the transport has put there since", () => {
      const end = new End({ kernel });
      end.endpoint.receive(texts("server", GREETING));
      end.endpoint.readWindow.fill(0xa5);
      end.endpoint.sendText(GREETING);
      expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`], 1]);
    });

    test("behind a read whose handler threw", () => {
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
  });

  describe("gathered from fragments or from several reads", () => {
    const LONG = "x".repeat(1_000_000);

    /** Receives a message as fragments of so many bytes, or as one frame, in reads of 64 KiB. */
    function receive(end: End, text: string, fragmentBytes = Number.POSITIVE_INFINITY): void {
      const payload = new TextEncoder().encode(text);
      const frames: Uint8Array[] = [];
      for (let at = 0; at < payload.length; at += fragmentBytes) {
        const fin = at + fragmentBytes >= payload.length;
        const part = payload.subarray(at, at + fragmentBytes);
        frames.push(frame({ fin, opcode: at === 0 ? 1 : 0, mask: KEY, payload: part }));
      }
      const stream = concat(frames);
      for (let at = 0; at < stream.length; at += 65_536)
        end.endpoint.receive(stream.subarray(at, at + 65_536));
    }

    test.each([
      ["a short one in fragments", GREETING, 7],
      ["one of 64 KiB", "x".repeat(65_536), 60_000],
      ["a long one in one frame", LONG, undefined],
      ["a long one in fragments", LONG, 100_000],
      ["a long one that is not ASCII", "é€😀".repeat(40_000), undefined],
      ["one of a length at which the exact size is known late", "y".repeat(2_000_000), undefined],
    ])("%s goes out with the bytes that came", (_what, text, fragmentBytes) => {
      const end = new End({ kernel, limits: { maxMessageBytes: 1 << 22 } }).echo();
      receive(end, text, fragmentBytes);
      // The output must not change when the next message is gathered.
      end.sink.inside = () => {};
      receive(end, "z".repeat(text.length), fragmentBytes);
      expect(end.sent()[0] === `1 ${text}`).toBe(true);
      expect(end.encoded).toBe(0);
    });

    test("is encoded when it is sent after its handler has returned", () => {
      const end = new End({ kernel });
      let kept = "";
      end.sink.inside = (payload) => {
        kept = String(payload);
      };
      receive(end, GREETING, 5);
      end.sink.inside = () => {};
      receive(end, "something else", 5);
      end.endpoint.sendText(kept);
      expect([end.sent(), end.encoded]).toEqual([[`1 ${GREETING}`], 1]);
    });

    test("other text that is sent by its handler is encoded", () => {
      const end = new End({ kernel });
      end.sink.inside = () => {
        end.sink.inside = () => {};
        end.endpoint.sendText("another");
      };
      receive(end, GREETING, 5);
      expect([end.sent(), end.encoded]).toEqual([["1 another"], 1]);
    });
  });

  test("a kernel that traps meanwhile leaves the bytes to the next one", () => {
    const { linear } = sharedWorkspace(kernel);
    const trapped = linear.kernel;
    const old = linear.memory;
    linear.use({
      ...trapped,
      mask: () => {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    });
    const victim = new End({ kernel, role: "client" });
    const end = new End({ kernel });
    end.sink.inside = (payload) => {
      victim.endpoint.sendText(String(payload));
      old.fill(0xa5);
      end.endpoint.sendText(String(payload));
    };
    end.endpoint.receive(texts("server", GREETING));
    expect(linear.memory).not.toBe(old);
    expect([end.sent(), end.encoded, victim.endpoint.state]).toEqual([[`1 ${GREETING}`], 0, "closed"]);
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
      does: fc.constantFrom("send", "send what came", "read text", "read bytes"),
      end: fc.nat(2),
      text,
      inside: fc.array(text, { minLength: 1, maxLength: 3 }),
    });
    const first = fc.array(text, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(first, fc.array(act, { maxLength: 12 }), fc.boolean(), (all, acts, corked) => {
        const roles: Role[] = ["server", "server", "client"];
        const ends = roles.map((role) => new End({ kernel, role }));
        const expected: string[][] = ends.map(() => []);
        const plan = [...acts];
        let came = "";
        const send = (at: number, message: string) => {
          ends[at]?.endpoint.sendText(message);
          expected[at]?.push(`1 ${message}`);
        };
        const walking = new Set<number>();
        const read = (at: number, chunk: Uint8Array) => {
          if (walking.has(at)) return;
          walking.add(at);
          ends[at]?.endpoint.receive(chunk);
          walking.delete(at);
        };
        for (const { sink } of ends) {
          sink.inside = (payload) => {
            // That of a handler further out stays: it is sent when others have been where it stood.
            if (typeof payload === "string") came = payload;
            for (let i = 0; i < 3; i++) {
              const next = plan.pop();
              if (next === undefined) return;
              const role = roles[next.end] ?? "server";
              if (next.does === "send") send(next.end, next.text);
              else if (next.does === "send what came") send(next.end, came);
              else if (next.does === "read text") read(next.end, texts(role, ...next.inside));
              else read(next.end, concat(next.inside.map((each) => bytes(role, each))));
            }
          };
        }
        if (corked) ends[1]?.endpoint.outbox.cork();
        read(0, texts("server", ...all));
        if (corked) ends[1]?.endpoint.outbox.uncork();
        expect(ends.map((end) => end.sent())).toEqual(expected);
      }),
      { seed: 20_268, numRuns: 600 },
    );
  });
});
