// Messages and fragments that are longer than `maxFrameBytes` go out in several frames (section 5.4).
import { describe, expect, test } from "vitest";
import { Connection, type ConnectionOptions, PreparedMessage, type Role } from "../../../src/index.js";
import { BY_REFERENCE_BYTES } from "../../../src/protocol/encoder.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { type ParsedFrame, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { describeEvents } from "../../support/run.js";
import { ToyExtension } from "../../support/toy-extension.js";

const ROLES: readonly Role[] = ["server", "client"];
const LIMITS = [125, 126, 200, 32_767, 32_768, 65_535, 65_536, 100_000];
const RSV1 = 4;

/** The payload lengths around a limit and its multiples. */
const lengthsAround = (limit: number) => [0, 1, limit - 1, limit, limit + 1, 2 * limit, 2 * limit + 1];

/** The payload lengths of the frames of a message. */
function splitLengths(length: number, limit: number): number[] {
  const whole = Array.from({ length: Math.floor(length / limit) }, () => limit);
  return length % limit > 0 || length === 0 ? [...whole, length % limit] : whole;
}

/** The frames of the next message in a list, which are taken out of it. */
function nextMessage(frames: ParsedFrame[]): ParsedFrame[] {
  return frames.splice(0, frames.findIndex(({ fin }) => fin) + 1);
}

/** Checks that frames are one message: its opcode, its reserved bits, where it ends, and the lengths. */
function expectMessage(
  frames: readonly ParsedFrame[],
  opcode: number,
  payload: Uint8Array,
  limit: number,
  rsv = 0,
) {
  expect(frames.map((each) => each.payload.length)).toEqual(splitLengths(payload.length, limit));
  expect(frames.map((each) => each.opcode)).toEqual(frames.map((_, i) => (i === 0 ? opcode : 0)));
  expect(frames.map((each) => each.rsv)).toEqual(frames.map((_, i) => (i === 0 ? rsv : 0)));
  expect(frames.map((each) => each.fin)).toEqual(frames.map((_, i) => i === frames.length - 1));
  expect(Buffer.compare(concat(frames.map((each) => each.payload)), payload)).toBe(0);
}

/** Text of so many bytes, with characters of two, three and four bytes at every place. */
function textOf(length: number): string {
  const buffer = Buffer.from("a€é💖".repeat(Math.ceil(length / 10)));
  let end = length;
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end--;
  return buffer.toString("utf8", 0, end) + "x".repeat(length - end);
}

describeKernels("frames of at most maxFrameBytes", (kernel) => {
  const connect = (role: Role, maxFrameBytes: number, more: Partial<ConnectionOptions> = {}) =>
    new Connection({ role, kernel, maxFrameBytes, ...more });

  describe.each(ROLES)("of a %s", (role) => {
    test.each(LIMITS)("%i, for messages of every form and length around it", (limit) => {
      for (const length of lengthsAround(limit)) {
        const text = textOf(length);
        const bytes = Buffer.from(text);
        const connection = connect(role, limit);
        connection.sendText(text);
        connection.sendText(bytes);
        connection.sendBinary(bytes);
        for (const kind of [new PreparedMessage(text), new PreparedMessage(bytes)]) {
          connection.sendPrepared(kind);
          connection.sendPrepared(kind);
        }
        const frames = parseFrames(concat(connection.takeOutput()));
        expect(frames.every(({ mask }) => (mask === undefined) === (role === "server"))).toBe(true);
        for (const opcode of [1, 1, 2, 1, 1, 2, 2]) expectMessage(nextMessage(frames), opcode, bytes, limit);
        expect(frames).toEqual([]);
      }
    });

    test("of one message have a masking key each, if they have one", () => {
      let key = 0;
      const connection = connect(role, 125, { maskingKey: () => ++key });
      connection.sendText("x".repeat(251));
      const masks = parseFrames(concat(connection.takeOutput())).map(({ mask }) => mask?.[0]);
      expect(masks).toEqual(role === "client" ? [1, 2, 3] : [undefined, undefined, undefined]);
    });

    test("of fragments end the message with the last one only, and control frames stay whole between them", () => {
      const connection = connect(role, 125);
      connection.sendFragment("é".repeat(100), false);
      connection.ping(new Uint8Array(125));
      connection.sendText("waits ".repeat(30));
      connection.sendFragment("", false);
      connection.sendFragment("é".repeat(63), true);
      const frames = parseFrames(concat(connection.takeOutput()));
      expect(frames.map((each) => `${each.fin ? 8 : 0}${each.opcode} ${each.payload.length}`)).toEqual([
        ...["01 125", "00 75", "89 125", "00 0", "00 125", "80 1", "01 125", "80 55"],
      ]);
      const peer = new Connection({ role: role === "server" ? "client" : "server", kernel });
      connection.sendText("x".repeat(126));
      expect(describeEvents(peer.receive(concat(connection.takeOutput())))).toHaveLength(1);
    });

    test("of fragments of UTF-8 are checked as a whole, and refused as a whole", () => {
      const connection = connect(role, 125);
      const bytes = Buffer.from("€".repeat(100));
      connection.sendFragment(bytes.subarray(0, 200), false, { type: "text" });
      const bad = concat([bytes.subarray(200), hex("ff")]);
      expect(() => connection.sendFragment(bad, true, { type: "text" })).toThrow("text must be UTF-8");
      connection.sendFragment(bytes.subarray(200), true, { type: "text" });
      const frames = parseFrames(concat(connection.takeOutput()));
      expect(frames.map(({ payload }) => payload.length)).toEqual([125, 75, 100]);
      expect(Buffer.compare(concat(frames.map(({ payload }) => payload)), bytes)).toBe(0);
    });

    test("come from an extension, which sets RSV1 on the first of them only", () => {
      const extension = payloadPath(new ToyExtension());
      const connection = connect(role, 125, { extension });
      const peer = connect(role === "server" ? "client" : "server", 125, { extension });
      const bytes = Uint8Array.from({ length: 400 }, (_, i) => i);
      const prepared = new PreparedMessage(bytes);
      connection.sendBinary(bytes);
      connection.sendPrepared(prepared);
      connection.sendPrepared(prepared);
      const output = concat(connection.takeOutput());
      const frames = parseFrames(output);
      for (let i = 0; i < 3; i++) {
        const message = nextMessage(frames);
        expect(message.map(({ rsv }) => rsv)).toEqual(message.map((_, at) => (at === 0 ? RSV1 : 0)));
        expect(message.map(({ payload }) => payload.length)).toEqual(splitLengths(801, 125));
      }
      const events = peer.receive(output);
      expect(events.map((event) => event.type === "binary" && toHex(event.payload))).toEqual(
        Array.from({ length: 3 }, () => toHex(bytes)),
      );
    });

    test("of received text that is sent on at once", () => {
      const text = textOf(300);
      const connection = connect(role, 125);
      const peer = connect(role === "server" ? "client" : "server", Number.POSITIVE_INFINITY);
      peer.sendText(text);
      for (const event of connection.receive(concat(peer.takeOutput())))
        if (event.type === "text") connection.sendText(event.text);
      expectMessage(parseFrames(concat(connection.takeOutput())), 1, Buffer.from(text), 125);
    });
  });

  test("hold long payloads of a server without a copy, as far as the frames are long", () => {
    const connection = connect("server", BY_REFERENCE_BYTES);
    const payload = new Uint8Array(2 * BY_REFERENCE_BYTES + 1).fill(1);
    connection.sendBinary(payload);
    const shared = connection.takeOutput().filter((chunk) => chunk.buffer === payload.buffer);
    expect(shared.map(({ length }) => length)).toEqual([BY_REFERENCE_BYTES, BY_REFERENCE_BYTES]);
  });

  test("of a prepared message are made once for each limit, and shared", () => {
    const prepared = new PreparedMessage("x".repeat(1000));
    const sent = (limit: number): Uint8Array | undefined => {
      const connection = connect("server", limit);
      connection.sendPrepared(prepared);
      const [chunk, ...rest] = connection.takeOutput();
      expect(rest).toEqual([]);
      return chunk;
    };
    const [first, second] = [sent(125), sent(999)];
    expect(sent(125)).toBe(first);
    expect(sent(999)).toBe(second);
    expect(sent(1000)).toBe(prepared.serverFrame);
    expect(sent(Number.POSITIVE_INFINITY)).toBe(prepared.serverFrame);
  });

  test("a message that can't be masked to its end fails the connection; one that can't be begun throws", () => {
    let keys = 2;
    const maskingKey = () => {
      if (keys-- <= 0) throw new Error("no entropy");
      return 0;
    };
    const connection = connect("client", 125, { maskingKey });
    expect(() => connection.sendText("x".repeat(400))).toThrow("no entropy");
    expect(connection.state).toBe("closed");
    const other = connect("client", 125, { maskingKey });
    expect(() => other.sendText("x".repeat(400))).toThrow("no entropy");
    expect([other.state, other.takeOutput()]).toEqual(["open", []]);
  });
});

test.each([0, 1, 124, 125.5, -1, Number.NaN])("maxFrameBytes can't be %d", (maxFrameBytes) => {
  expect(() => new Connection({ role: "server", maxFrameBytes })).toThrow(
    new RangeError(`maxFrameBytes must be an integer from 125 to Infinity, not ${maxFrameBytes}`),
  );
});
