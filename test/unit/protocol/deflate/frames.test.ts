// Compressed messages in frames: the examples of RFC 7692, limits, failures, and what leaves compressed or not.
import { describe, expect, test } from "vitest";
import { Connection, type ConnectionEvent, Endpoint, PreparedMessage } from "../../../../src/index.js";
import { permessageDeflate } from "../../../../src/protocol/deflate/index.js";
import { payloadPath } from "../../../../src/protocol/extensions/payload-path.js";
import { byteByByte, cutAt, everyCut } from "../../../support/cuts.js";
import { agreed, SETTINGS } from "../../../support/deflate-connection.js";
import { DEFLATE_KERNELS } from "../../../support/deflate-kernel.js";
import { frame, KEY, parseFrames } from "../../../support/frame.js";
import { concat, hex } from "../../../support/hex.js";
import { RecordingSink } from "../../../support/recording-sink.js";
import { Random } from "../../../support/reference-random.js";

const RSV1 = 4;

describe.each(DEFLATE_KERNELS)("compressed messages [%s]", (kernel) => {
  const path = (role: "server" | "client", takeover = true, threshold = 0) =>
    payloadPath(permessageDeflate(role, agreed(15, takeover), { ...SETTINGS, threshold }));
  const client = (limits = {}) =>
    new Connection({ role: "client", kernel, extension: path("client"), limits });
  const server = (threshold = 0) =>
    new Connection({ role: "server", kernel, extension: path("server", true, threshold) });

  const failureOf = (events: readonly ConnectionEvent[]) => {
    const last = events.at(-1);
    return last?.type === "close" ? `${last.failure?.code} ${last.failure?.closeCode}` : "none";
  };

  test.each([
    ["7.2.3.1: one block", "c1 07 f2 48 cd c9 c9 07 00", ["Hello"]],
    ["7.2.3.1: two frames", "41 03 f2 48 cd 80 04 c9 c9 07 00", ["Hello"]],
    [
      "7.2.3.2: the window of the first",
      "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00",
      ["Hello", "Hello"],
    ],
    ["7.2.3.3: no compression", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", ["Hello"]],
    ["7.2.3.4: BFINAL", "c1 08 f3 48 cd c9 c9 07 00 00", ["Hello"]],
    ["7.2.3.5: two blocks", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", ["Hello"]],
    ["7.2.3.6: an empty message", "c1 01 00", [""]],
    ["an empty payload", "c1 00", [""]],
    [
      "a message that is not compressed leaves the window",
      "c1 07 f2 48 cd c9 c9 07 00 81 01 61 c1 05 f2 00 11 00 00",
      ["Hello", "a", "Hello"],
    ],
  ])("%s", (_, bytes, texts) => {
    const stream = hex(bytes);
    for (const cuts of [[], byteByByte(stream.length), ...everyCut(stream.length)]) {
      const connection = client();
      const events = cutAt(stream, cuts).flatMap((chunk) => [...connection.receive(chunk)]);
      expect(events, `cut at ${cuts}`).toEqual(texts.map((text) => ({ type: "text", text })));
      connection.end();
    }
  });

  test.each([
    ["a window that is not there", "c1 05 f2 00 11 00 00", "EXTENSION_DATA 1007"],
    ["a message that ends inside of a block", "c1 03 f2 48 cd", "EXTENSION_DATA 1007"],
    ["a block of the type 11", "c1 01 06", "EXTENSION_DATA 1007"],
    ["text that is not UTF-8", "c1 07 00 01 00 fe ff ff 00", "INVALID_UTF8 1007"],
    ["text that ends inside of a character", "c1 07 00 01 00 fe ff c3 00", "INVALID_UTF8 1007"],
  ])("%s", (_, bytes, failure) => {
    const stream = hex(bytes);
    for (const cuts of [[], ...everyCut(stream.length)]) {
      const connection = client();
      expect(failureOf(cutAt(stream, cuts).flatMap((chunk) => [...connection.receive(chunk)]))).toBe(failure);
    }
  });

  test("maxMessageBytes counts inflated bytes, exactly; a bomb is stopped there", () => {
    const maxMessageBytes = 100_000;
    for (const [length, failure] of [
      [100_000, "none"],
      [100_001, "MESSAGE_TOO_LONG 1009"],
      [2e7, "MESSAGE_TOO_LONG 1009"],
    ] as const) {
      const sender = server();
      sender.sendBinary(new Uint8Array(length));
      const output = concat(sender.takeOutput());
      const receiver = client({ maxMessageBytes });
      expect(failureOf([...receiver.receive(output)]), `${length} bytes`).toBe(failure);
      // The same in small frames.
      const [{ payload } = { payload: output }] = parseFrames(output);
      const frames: Uint8Array[] = [];
      for (let at = 0; at < Math.min(payload.length, 5000); at += 50) {
        const fin = at + 50 >= payload.length;
        const part = payload.subarray(at, at + 50);
        frames.push(frame({ fin, rsv: at === 0 ? RSV1 : 0, opcode: at === 0 ? 2 : 0, payload: part }));
      }
      expect(failureOf([...client({ maxMessageBytes }).receive(concat(frames))])).toBe(failure);
      sender.end();
      receiver.end();
    }
  });

  test("a message of compressed bytes beyond an eighth more than the limit fails by its header", () => {
    const header = (length: number) => frame({ rsv: RSV1, opcode: 2, length, payload: "" });
    expect(failureOf([...client({ maxMessageBytes: 800 }).receive(header(964))])).toBe("none");
    expect(failureOf([...client({ maxMessageBytes: 800 }).receive(header(965))])).toBe(
      "MESSAGE_TOO_LONG 1009",
    );
  });

  test("every kind of message arrives, both ways, also what does not shrink", () => {
    for (const role of ["server", "client"] as const) {
      const sender = new Connection({ role, kernel, extension: path(role) });
      const peer = role === "server" ? "client" : "server";
      const receiver = new Connection({ role: peer, kernel, extension: path(peer) });
      const text = `{"id":1,"text":"${"wörter und 言葉 ".repeat(20)}"}`;
      const noise = new Random(1).bytes(50_000);
      sender.sendText(text);
      sender.sendText("a");
      sender.sendText(new TextEncoder().encode(text));
      sender.sendBinary(noise);
      sender.sendPrepared(new PreparedMessage(text));
      sender.sendFragment(text.slice(0, 99), false);
      sender.sendFragment(text.slice(99), true);
      sender.sendText(text);
      const output = concat(sender.takeOutput());
      expect(parseFrames(output).map(({ rsv }) => rsv)).toEqual([RSV1, 0, RSV1, 0, RSV1, RSV1, 0, RSV1]);
      const expected: unknown[] = [text, "a", text, text, text, text].map((each) => ({
        type: "text",
        text: each,
      }));
      expected.splice(3, 0, { type: "binary", payload: noise });
      expect([...receiver.receive(output)]).toEqual(expected);
      sender.end();
      receiver.end();
    }
  });

  test("messages below the threshold go out as they are", () => {
    const sender = server(100);
    sender.sendText("a".repeat(99));
    sender.sendText("a".repeat(100));
    expect(parseFrames(concat(sender.takeOutput())).map(({ rsv }) => rsv)).toEqual([0, RSV1]);
    sender.end();
  });

  test("a received text that is sent on, with payloads lent, from within handlers of two connections", () => {
    const text = `{"text":"${"some words ".repeat(30)}"}`;
    const sender = new Connection({
      role: "client",
      kernel,
      extension: path("client"),
      maskingKey: () => 0x3d21fa37,
    });
    for (let i = 0; i < 5; i++) sender.sendText(`${i}${text}`);
    const stream = concat(sender.takeOutput());
    const other = new Endpoint(new RecordingSink(), { role: "server", kernel, extension: path("server") });
    const sink = new RecordingSink();
    const endpoint: Endpoint = new Endpoint(sink, {
      role: "server",
      kernel,
      borrow: true,
      extension: path("server"),
    });
    const peer = new Connection({ role: "client", kernel, extension: path("client"), maskingKey: () => 0 });
    sink.onText = (received) => {
      peer.sendText(text);
      other.receive(concat(peer.takeOutput()));
      endpoint.sendText(received);
    };
    endpoint.receive(stream);
    const receiver = client();
    const texts = [...receiver.receive(concat(endpoint.outbox.take()))];
    expect(texts).toEqual([0, 1, 2, 3, 4].map((i) => ({ type: "text", text: `${i}${text}` })));
    for (const each of [endpoint, other, peer, sender, receiver]) each.end();
  });

  test("a handler that interrupts gets no other piece of the message before the endpoint goes on", () => {
    const sender = server();
    const payload = new Uint8Array(1_000_000).map((_, i) => i >>> 14);
    sender.sendBinary(payload);
    sender.sendText("the next");
    const stream = concat(sender.takeOutput());
    for (const cuts of [[], [1, 9, 40]]) {
      const pieces: Uint8Array[] = [];
      const sink = new RecordingSink();
      const endpoint: Endpoint = new Endpoint(sink, {
        role: "client",
        kernel,
        extension: path("client"),
        fragments: true,
      });
      sink.onFragment = (piece) => {
        pieces.push(piece);
        endpoint.interrupt();
      };
      const other = new Endpoint(new RecordingSink(), { role: "client", kernel, extension: path("client") });
      for (const chunk of cutAt(stream, cuts)) {
        for (let at = 0; at < chunk.length || endpoint.interrupted; ) {
          const before = pieces.length;
          if (endpoint.interrupted) endpoint.resume();
          else at += endpoint.receive(chunk.subarray(at));
          expect(pieces.length - before).toBeLessThanOrEqual(1);
          // Another connection uses the same memory meanwhile.
          other.receive(hex("c1 07 f2 48 cd c9 c9 07 00"));
        }
      }
      expect(pieces.length).toBeGreaterThan(15);
      const whole = concat(pieces);
      expect(Buffer.compare(whole.subarray(0, payload.length), payload)).toBe(0);
      expect(Buffer.from(whole.subarray(payload.length)).toString()).toBe("the next");
      expect(sink.closed).toBeUndefined();
      endpoint.end();
      other.end();
    }
    sender.end();
  });

  test("compressed bytes that another connection has overwritten between two pieces are not inflated", () => {
    for (const interrupts of [false, true]) {
      const sender = server();
      // Stored blocks: whatever stands there would be handed on.
      sender.sendBinary(
        concat([new Random(1).bytes(65_000), new Uint8Array(65_000), new Random(2).bytes(65_000)]),
      );
      const sink = new RecordingSink();
      const options = { role: "client", kernel, extension: path("client"), fragments: true } as const;
      const endpoint: Endpoint = new Endpoint(sink, options);
      const other = new Endpoint(new RecordingSink(), options);
      let pieces = 0;
      sink.onFragment = () => {
        if (++pieces > 1) return;
        other.readWindow.fill(0x61);
        other.salvageWindow(other.readWindow.length);
        if (interrupts) endpoint.interrupt();
      };
      endpoint.receive(concat(sender.takeOutput()));
      expect([pieces, endpoint.interrupted]).toEqual([1, false]);
      expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011 });
      for (const each of [sender, other]) each.end();
    }
  });

  test("a read with few frames, which inflate to much, takes more than one turn", () => {
    const sender = server();
    for (let i = 0; i < 10; i++) sender.sendBinary(new Uint8Array(1_000_000));
    const sink = new RecordingSink();
    let messages = 0;
    sink.onBinary = () => messages++;
    const endpoint = new Endpoint(sink, {
      role: "client",
      kernel,
      extension: path("client"),
      turnMs: 1e-9,
    });
    endpoint.receive(concat(sender.takeOutput()));
    let turns = 1;
    for (; endpoint.interrupted; turns++) endpoint.resume();
    expect(messages).toBe(10);
    expect(turns).toBeGreaterThan(2);
    for (const each of [sender, endpoint]) each.end();
  });

  test("a connection that ends while a piece is being held reports no other", () => {
    const sender = server();
    sender.sendBinary(new Uint8Array(1_000_000));
    let pieces = 0;
    const sink = new RecordingSink();
    const endpoint: Endpoint = new Endpoint(sink, {
      role: "client",
      kernel,
      extension: path("client"),
      fragments: true,
    });
    sink.onFragment = () => {
      pieces++;
      endpoint.interrupt();
    };
    endpoint.receive(concat(sender.takeOutput()));
    expect(endpoint.interrupted).toBe(true);
    endpoint.fail(1011);
    endpoint.resume();
    expect([pieces, sink.closed?.code]).toEqual([1, 1006]);
    sender.end();
  });

  test("frames of the client are masked, and the server reads them", () => {
    const connection = new Connection({ role: "server", kernel, extension: path("server") });
    const stream = frame({ rsv: RSV1, opcode: 1, mask: KEY, payload: hex("f2 48 cd c9 c9 07 00") });
    expect([...connection.receive(stream)]).toEqual([{ type: "text", text: "Hello" }]);
    connection.end();
  });
});
