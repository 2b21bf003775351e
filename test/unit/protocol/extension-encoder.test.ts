// Messages that leave through an extension that uses RSV1: a toy one, on each kernel.

import { expect, test } from "vitest";
import { Connection, Endpoint, PreparedMessage } from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import type { LinearMemory } from "../../../src/memory/linear-memory.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { parseFrames } from "../../support/frame.js";
import { concat, hex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { inFrames, masked, ToyExtension, toyPeer } from "../../support/toy-extension.js";

const RSV1 = 4;
const trap = new WebAssembly.RuntimeError("unreachable");
const trapping = (): never => {
  throw trap;
};
const utf8 = new TextEncoder();

describeKernels("sending through an extension", (kernel) => {
  test.each([
    ["prepares it", { prepare: trapping }],
    ["makes its encoder", { encoder: trapping }],
  ])("a kernel that traps while it %s fails the connection, and the caller goes on", (_, part) => {
    const { linear } = sharedWorkspace(kernel);
    const trappingIn = () => {
      throw linear.trapped(trap);
    };
    const extension = Object.assign(
      new ToyExtension(),
      Object.fromEntries(Object.keys(part).map((name) => [name, trappingIn])),
    );
    const connection = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    expect(connection.sendPrepared(new PreparedMessage("to all"))).toBe(false);
    expect(connection.state).toBe("closed");
  });

  const MESSAGES = ["", "aaaa", "é".repeat(300), "x".repeat(70_000), "ab".repeat(20_000)];

  test.each(["server", "client"] as const)(
    "a %s: messages arrive, and RSV1 is on their first frames alone",
    (role) => {
      const extension = new ToyExtension();
      const sender = new Connection({ role, kernel, extension: payloadPath(extension) });
      const receiver = new Connection({
        role: role === "server" ? "client" : "server",
        kernel,
        extension: payloadPath(extension),
      });
      const expected: unknown[] = [];
      for (const text of MESSAGES) {
        sender.sendText(text);
        sender.sendText(utf8.encode(text));
        sender.sendBinary(utf8.encode(text));
        sender.ping(hex("01"));
        expected.push(
          { type: "text", text },
          { type: "text", text },
          { type: "binary", payload: utf8.encode(text) },
        );
        expected.push({ type: "ping", payload: hex("01") });
      }
      sender.sendFragment("a💖".slice(0, 2), false);
      sender.sendFragment("", false);
      sender.sendFragment("a💖".slice(2), true);
      sender.sendFragment(hex("c3"), false, { type: "text" });
      sender.sendFragment(hex("a9"), true, { type: "text" });
      sender.close(1000);
      expected.push({ type: "text", text: "a💖" }, { type: "text", text: "é" });
      const output = concat(sender.takeOutput());
      for (const { opcode, rsv } of parseFrames(output))
        expect(rsv).toBe(opcode === 1 || opcode === 2 ? RSV1 : 0);
      expect(receiver.receive(output).slice(0, -1)).toEqual(expected);
    },
  );

  test("a message under the threshold goes out as it is", () => {
    const extension = new ToyExtension({ threshold: 5 });
    const sender = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    for (const text of ["1234", "12345"]) {
      sender.sendText(text);
      sender.sendText(utf8.encode(text));
      sender.sendBinary(utf8.encode(text));
      sender.sendPrepared(new PreparedMessage(text));
      sender.sendFragment(text, false);
      sender.sendFragment("", true);
    }
    const frames = parseFrames(concat(sender.takeOutput()));
    expect(frames.map(({ rsv }) => rsv)).toEqual([0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 0]);
  });

  test.each(["server", "client"] as const)(
    "a %s: a message that may not be compressed goes past the extension, and those around it do not",
    (role) => {
      const extension = payloadPath(new ToyExtension());
      const sender = new Connection({ role, kernel, extension });
      const receiver = new Connection({
        role: role === "server" ? "client" : "server",
        kernel,
        extension,
      });
      const plain = { compress: false };
      const bytes = utf8.encode("é");
      sender.sendText("é");
      sender.sendText("é", plain);
      sender.sendText(bytes, { type: "text", ...plain });
      sender.sendBinary(bytes, plain);
      sender.sendPrepared(new PreparedMessage("é"), plain);
      sender.sendPrepared(new PreparedMessage("é", plain));
      sender.sendPrepared(new PreparedMessage("é"), { compress: true });
      // The first fragment decides. What comes while it is sent waits behind it.
      sender.sendFragment("\ud83d", false, plain);
      sender.sendText("waits");
      sender.sendText("waits", plain);
      sender.sendBinary(bytes, plain);
      sender.sendPrepared(new PreparedMessage("é"), plain);
      sender.sendPrepared(new PreparedMessage("é", plain));
      sender.sendPrepared(new PreparedMessage("é"));
      sender.sendFragment("\ude00", true, { compress: true });
      sender.sendFragment(bytes.subarray(0, 1), false, { type: "text", compress: true });
      sender.sendFragment(bytes.subarray(1), true, { type: "text", ...plain });
      sender.sendFragment(bytes, true, plain);
      sender.sendText("é", { compress: undefined });
      const output = concat(sender.takeOutput());
      const whole = [4, 0, 0, 0, 0, 0, 4];
      const fragmented = [0, 0, 4, 0, 0, 0, 0, 4];
      expect(parseFrames(output).map(({ rsv }) => rsv)).toEqual([...whole, ...fragmented, 4, 0, 0, 4]);
      const text = { type: "text", text: "é" };
      const binary = { type: "binary", payload: bytes };
      const waits = { type: "text", text: "waits" };
      expect(receiver.receive(output)).toEqual([
        ...[text, text, text, binary, text, text, text],
        ...[{ type: "text", text: "😀" }, waits, waits, binary, text, text, text],
        ...[text, binary, text],
      ]);
    },
  );

  test.each<[object, ErrorConstructor]>([
    [{ compress: 0 }, TypeError],
    [{ compress: null }, TypeError],
    [{ compressed: false }, TypeError],
  ])("the options %j are refused before anything changes", (options, error) => {
    const sender = new Connection({ role: "server", kernel });
    const call: ((options: object) => unknown)[] = [
      (given) => sender.sendText("a", given),
      (given) => sender.sendBinary(hex("01"), given),
      (given) => sender.sendPrepared(new PreparedMessage("a"), given),
      (given) => sender.sendFragment("a", true, given),
      (given) => new PreparedMessage("a", given),
    ];
    for (const each of call) expect(() => each(options)).toThrow(error);
    expect(() => sender.sendText("a", { type: "binary" })).toThrow(TypeError);
    expect(() => sender.sendBinary(hex("01"), { type: "text" })).toThrow(TypeError);
    expect(() => sender.sendPrepared(new PreparedMessage("a"), { type: "text" })).toThrow(TypeError);
    expect(sender.takeOutput()).toEqual([]);
  });

  test("text that is sent on while it is handled", () => {
    const extension = new ToyExtension();
    const echoes: string[] = [];
    const endpoint = new Endpoint(
      Object.assign(new RecordingSink(), { onText: (text: string) => void endpoint.sendText(text) }),
      { role: "server", kernel, extension: payloadPath(extension) },
    );
    const client = new Connection({ role: "client", kernel, extension: payloadPath(extension) });
    const encode = toyPeer();
    endpoint.outbox.cork();
    endpoint.receive(
      concat([masked(1, "plain é"), inFrames(1, encode(utf8.encode("encoded é"))), masked(1, "again")]),
    );
    endpoint.outbox.uncork();
    for (const event of client.receive(concat(endpoint.outbox.take())))
      if (event.type === "text") echoes.push(event.text);
    expect(echoes).toEqual(["plain é", "encoded é", "again"]);
  });

  test("a prepared message is encoded once for all that get it, between other messages", () => {
    const extension = new ToyExtension();
    const message = new PreparedMessage("to all of you");
    for (const role of ["server", "client"] as const) {
      for (let i = 0; i < 3; i++) {
        const sender = new Connection({ role, kernel, extension: payloadPath(extension) });
        const receiver = new Connection({
          role: role === "server" ? "client" : "server",
          kernel,
          extension: payloadPath(extension),
        });
        if (i > 0) sender.sendText("before");
        sender.sendPrepared(message);
        sender.sendText("after");
        const texts = receiver
          .receive(concat(sender.takeOutput()))
          .map((event) => (event.type === "text" ? event.text : event.type));
        expect(texts).toEqual([...(i > 0 ? ["before"] : []), "to all of you", "after"]);
      }
    }
    expect(extension.prepared).toBe(1);
  });

  test("bytes that are not UTF-8 throw, and nothing of them goes out", () => {
    const extension = new ToyExtension();
    const sender = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    const receiver = new Connection({ role: "client", kernel, extension: payloadPath(extension) });
    expect(() => sender.sendText(hex("ff"))).toThrow(TypeError);
    sender.sendText("after");
    expect(receiver.receive(concat(sender.takeOutput()))).toEqual([{ type: "text", text: "after" }]);
  });

  test("an encoder that throws closes its connection with 1011", () => {
    const extension = new ToyExtension();
    const bug = new Error("a bug");
    const make = extension.encoder.bind(extension);
    extension.encoder = () =>
      Object.assign(make(), {
        encode: () => {
          throw bug;
        },
      });
    const sender = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    expect(sender.sendText("a")).toBe(false);
    expect(sender.end()).toMatchObject([{ failure: { code: "INTERNAL", cause: bug } }]);
    expect(parseFrames(concat(sender.takeOutput()))).toMatchObject([{ opcode: 8, rsv: 0 }]);
  });

  test.each<[string, (sender: Connection, linear: LinearMemory) => boolean]>([
    [
      "while it checks text",
      (sender, linear) => {
        linear.use({ ...linear.kernel, validateUtf8: trapping });
        return sender.sendText(hex("'a'"));
      },
    ],
    [
      "of the encoder",
      (sender, linear) => {
        linear.use({ ...linear.kernel, mask: trapping });
        return sender.sendBinary(hex("01"));
      },
    ],
  ])("a trap %s closes the connection with 1011 and its cause", (_, send) => {
    const { linear } = sharedWorkspace(kernel);
    const extension = new ToyExtension();
    const make = extension.encoder.bind(extension);
    extension.encoder = () => {
      const encoder = make();
      const encode = encoder.encode.bind(encoder);
      return Object.assign(encoder, {
        encode: (payload: Uint8Array, final: boolean) => {
          linear.mask(layout.SCRATCH_WINDOW_PTR, 1, 0);
          return encode(payload, final);
        },
      });
    };
    const sender = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    expect(send(sender, linear)).toBe(false);
    expect(sender.end()).toMatchObject([{ failure: { code: "INTERNAL", cause: trap } }]);
    expect(parseFrames(concat(sender.takeOutput()))).toMatchObject([{ opcode: 8, rsv: 0 }]);
  });

  test("an encoder never sees memory that another thread may change", () => {
    const extension = new ToyExtension();
    const seen: Uint8Array[] = [];
    const make = extension.encoder.bind(extension);
    extension.encoder = () => {
      const encoder = make();
      const encode = encoder.encode.bind(encoder);
      return Object.assign(encoder, {
        encode: (payload: Uint8Array, final: boolean) => {
          seen.push(payload);
          return encode(payload, final);
        },
      });
    };
    const sender = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(0x61);
    sender.sendBinary(shared);
    sender.sendText(shared);
    expect(seen.map(({ buffer }) => buffer instanceof ArrayBuffer)).toEqual([true, true]);
    const receiver = new Connection({ role: "client", kernel, extension: payloadPath(extension) });
    expect(receiver.receive(concat(sender.takeOutput()))).toMatchObject([
      { type: "binary", payload: hex("'aa'") },
      { type: "text", text: "aa" },
    ]);
  });

  test("a connection makes what it needs of the extension when it needs it", () => {
    const extension = new ToyExtension();
    const connection = new Connection({ role: "server", kernel, extension: payloadPath(extension) });
    connection.receive(masked(2, "x"));
    connection.ping();
    expect([extension.decoders, extension.encoders]).toEqual([0, 0]);
    connection.sendText("a");
    connection.receive(inFrames(2, toyPeer()(hex("01"))));
    expect([extension.decoders, extension.encoders]).toEqual([1, 1]);
  });
});
