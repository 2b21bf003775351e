// Traps outside of decode, which reentrancy.test.ts has: in masking, in a close reason, in making a string, in checking text.
import { afterEach, describe, expect, test, vi } from "vitest";
import type { SocketContext } from "../../../src/adapter/socket/context.js";
import { EndpointChoices } from "../../../src/adapter/socket/endpoint-choices.js";
import { resolveSocketOptions } from "../../../src/adapter/socket/options.js";
import { Session } from "../../../src/adapter/socket/session.js";
import { Connection, type ConnectionOptions, Endpoint, type Kernel } from "../../../src/index.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { hostFor, nodeRuntime } from "../../../src/node/host.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

type Trapping = "mask" | "validateUtf8" | "utf8ToUtf16";

const trap = new WebAssembly.RuntimeError("unreachable");
const INTERNAL = {
  type: "close",
  code: 1006,
  reason: "",
  wasClean: false,
  failure: expect.objectContaining({ code: "INTERNAL", closeCode: 1011, cause: trap }),
};

const clientFrame = (opcode: number, payload: Uint8Array | string, fin = true) =>
  frame({ fin, opcode, mask: KEY, payload });

describeKernels("a trap outside of decode", (kernel) => {
  const { linear } = sharedWorkspace(kernel);
  let broken: Kernel | undefined;
  const whole = linear.kernel;
  afterEach(() => {
    if (broken === undefined) return;
    expect(linear.kernel, "the kernel was replaced").not.toBe(broken);
    expect(linear.memory.buffer).not.toBe(broken.memory.buffer);
    expect(linear.memory).toBe(linear.kernel.memory);
    expect(whole.name).toBe(linear.kernel.name);
    broken = undefined;
  });

  /** Makes a function of this kernel trap, until the kernel is replaced. */
  function breakKernel(name: Trapping): void {
    broken = {
      ...linear.kernel,
      [name]: () => {
        throw trap;
      },
    };
    linear.use(broken);
  }

  const connection = (role: ConnectionOptions["role"]) =>
    new Connection({ role, kernel, host: hostFor(12), maskingKey: () => 0 });

  // Plain JavaScript leaves this to the host.
  if (kernel !== "js") {
    test.each([
      ["whole", [clientFrame(1, "é")]],
      ["in fragments", [clientFrame(1, "é", false), clientFrame(0, "é")]],
    ])("while it makes a string of text, %s", (_, frames) => {
      const victim = connection("server");
      const bystander = connection("server");
      bystander.receive(clientFrame(1, "ü", false));
      breakKernel("utf8ToUtf16");
      expect(victim.receive(concat([clientFrame(2, "a"), ...frames, clientFrame(2, "b")]))).toEqual([
        { type: "binary", payload: nodeRuntime.host.copy(hex("'a'"), 0, 1) },
        INTERNAL,
      ]);
      expect(toHex(concat(victim.takeOutput()))).toBe("88 02 03 f3");
      expect(bystander.receive(clientFrame(0, "é"))).toEqual([{ type: "text", text: "üé" }]);
    });
  }

  test.each<ConnectionOptions["role"]>(["server", "client"])(
    "while it checks text that a %s sends as bytes: nothing of it goes out, nothing is thrown",
    (role) => {
      const victim = connection(role);
      breakKernel("validateUtf8");
      victim.sendText(hex("'a'"));
      expect(victim.end()).toEqual([INTERNAL]);
      expect(parseFrames(concat(victim.takeOutput())).map(({ opcode }) => opcode)).toEqual([8]);
    },
  );

  test("while it masks the pong to a ping: the connection is over, so the ping is not reported", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "client", kernel, maskingKey: () => 1 });
    breakKernel("mask");
    endpoint.receive(frame({ opcode: 9, payload: new Uint8Array(125) }));
    expect(sink.lines).toEqual(['close 1006 "" unclean']);
    expect(sink.closed).toEqual(INTERNAL);
  });

  test("while it validates a close reason", () => {
    const victim = connection("server");
    breakKernel("validateUtf8");
    expect(victim.receive(clientFrame(8, concat([hex("03 e8"), hex("'bye'")])))).toEqual([INTERNAL]);
    expect(toHex(concat(victim.takeOutput()))).toBe("88 02 03 f3");
  });

  test.each<[string, (victim: Connection) => void]>([
    ["text", (victim) => victim.sendText("a")],
    ["binary", (victim) => victim.sendBinary(hex("01"))],
    ["a message longer than the scratch window", (victim) => victim.sendBinary(new Uint8Array(200_000))],
    ["a fragment", (victim) => victim.sendFragment("a", false)],
    ["a ping", (victim) => victim.ping()],
    ["a Close", (victim) => victim.close(1000)],
  ])("while it masks %s: nothing of it goes out, nothing is thrown", (_, send) => {
    const victim = connection("client");
    const bystander = connection("client");
    victim.sendText("before");
    breakKernel("mask");
    send(victim);
    expect(victim.state).toBe("closed");
    expect(victim.end()).toEqual([INTERNAL]);
    const [before, close, ...rest] = parseFrames(concat(victim.takeOutput()));
    expect(toHex(before?.payload ?? hex(""))).toBe(toHex(hex("'before'")));
    expect(close).toMatchObject({ opcode: 8, payload: hex("03 f3") });
    expect(rest).toEqual([]);
    bystander.sendText("lives");
    expect(concat(bystander.takeOutput())).toEqual(
      frame({ opcode: 1, mask: [0, 0, 0, 0], payload: "lives" }),
    );
  });

  test("while it masks a message in several frames: those before the trap went out, and none follow", () => {
    const victim = new Connection({ role: "client", kernel, maxFrameBytes: 125, maskingKey: () => 0 });
    const { mask } = linear.kernel;
    let calls = 0;
    broken = {
      ...linear.kernel,
      mask: (...args) => {
        if (++calls === 3) throw trap;
        return mask(...args);
      },
    };
    linear.use(broken);
    expect(victim.sendBinary(new Uint8Array(1000))).toBe(false);
    expect(victim.end()).toEqual([INTERNAL]);
    expect(parseFrames(concat(victim.takeOutput())).map(({ opcode }) => opcode)).toEqual([2, 0, 8]);
  });

  test("while it checks text that waits for a fragmented message", () => {
    const victim = connection("server");
    victim.sendFragment("a", false);
    victim.sendText("waits");
    breakKernel("validateUtf8");
    expect(victim.sendText(hex("'b'"))).toBe(false);
    expect(victim.end()).toEqual([INTERNAL]);
    expect(parseFrames(concat(victim.takeOutput())).map(({ opcode }) => opcode)).toEqual([1, 8]);
  });

  test("while it masks the messages that waited for a fragmented one: none of them goes out", () => {
    const victim = connection("client");
    victim.sendFragment("a", false);
    victim.sendText("b");
    victim.sendText("c");
    const { mask } = linear.kernel;
    let calls = 0;
    broken = {
      ...linear.kernel,
      mask: (...args) => {
        if (++calls === 2) throw trap;
        return mask(...args);
      },
    };
    linear.use(broken);
    expect(victim.sendFragment("d", true)).toBe(false);
    expect(victim.end()).toEqual([INTERNAL]);
    expect(parseFrames(concat(victim.takeOutput())).map(({ opcode }) => opcode)).toEqual([1, 0, 8]);
  });

  test("while it masks a pong that was put off, before a Close: it and one Close frame go out, that of the trap", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role: "client", kernel, maskingKey: () => 0 });
    const ping = frame({ opcode: 9, payload: new Uint8Array(125) });
    // More than the outbox takes before it is emptied.
    endpoint.receive(concat(Array.from({ length: 20 }, () => ping)));
    endpoint.outbox.take();
    breakKernel("mask");
    endpoint.close(1000);
    expect(sink.closed).toEqual(INTERNAL);
    expect(parseFrames(concat(endpoint.outbox.take()))).toMatchObject([
      { opcode: 10 },
      { opcode: 8, payload: hex("03 f3") },
    ]);
  });

  test("while it masks a pong", () => {
    const victim = connection("client");
    victim.receive(frame({ opcode: 9, payload: "ping" }));
    breakKernel("mask");
    const frames = parseFrames(concat(victim.takeOutput()));
    expect(frames.map(({ opcode }) => opcode)).toEqual([8]);
    expect(victim.end()).toEqual([INTERNAL]);
  });

  test("that comes back with every new kernel costs the Close frame, too", () => {
    const victim = connection("client");
    const { replace } = linear;
    breakKernel("mask");
    const first = broken;
    linear.replace = () => {
      replace.call(linear);
      breakKernel("mask");
    };
    victim.sendText("a");
    linear.replace = replace;
    linear.replace();
    expect(linear.kernel).not.toBe(first);
    expect(victim.end()).toEqual([INTERNAL]);
    expect(victim.takeOutput()).toEqual([]);
  });

  describe("in a socket", () => {
    test("send() says that the message was dropped, and close follows", () => {
      const events: unknown[] = [];
      const transport = new FakeTransport();
      const resolved = resolveSocketOptions({ kernel });
      const context: SocketContext = {
        runtime: { ...nodeRuntime, defer: (callback) => callback() },
        handlers: {
          close: (_, event) => events.push(event),
          error: (_, error) => events.push(error),
        },
        options: resolved,
        endpoints: new EndpointChoices(resolved, "client", nodeRuntime.host),
        socketClosed() {},
      };
      const session = new Session(context, { role: "client", transport, protocol: "", data: undefined });
      const { socket } = session;
      session.open(undefined, hex(""));
      breakKernel("mask");
      expect(socket.send("a")).toBe("dropped");
      expect(socket.state).toBe("closing");
      expect(transport.written).toHaveLength(1);
      expect(transport.written[0]).toMatch(/^88 82 /);
      session.closed();
      expect(events).toEqual([{ ...INTERNAL, unsentBytes: 0 }]);
    });
  });
});

test("a kernel that cannot be replaced: whoever sends is told", () => {
  const { linear } = sharedWorkspace("simd");
  const client = new Connection({ role: "client", kernel: "simd" });
  const { kernel } = linear;
  const refusal = new RangeError("no memory for another instance");
  class Instance {
    constructor() {
      throw refusal;
    }
  }
  vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Instance: { value: Instance } }));
  linear.use({
    ...kernel,
    mask() {
      throw trap;
    },
  });
  try {
    expect(() => client.sendText("a")).toThrow(refusal);
    expect(client.takeOutput()).toEqual([]);
  } finally {
    linear.use(kernel);
    vi.unstubAllGlobals();
  }
});
