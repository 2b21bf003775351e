// Whole messages that are sent while a fragmented one is being sent: they wait behind its last fragment (section 5.4).
import { expect, test } from "vitest";
import { Connection, Endpoint, InvalidStateError, PreparedMessage, type Role } from "../../../src/index.js";
import { payloadPath } from "../../../src/protocol/extensions/payload-path.js";
import { CodecStreams } from "../../../src/streams/index.js";
import { frame, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { describeEvents } from "../../support/run.js";
import { ToyExtension } from "../../support/toy-extension.js";

const ROLES: readonly Role[] = ["server", "client"];
const other = (role: Role): Role => (role === "server" ? "client" : "server");

/** The frames of a connection's output, each as its first byte and its payload. */
function frames(output: readonly Uint8Array[]): string[] {
  return parseFrames(concat(output)).map(
    ({ fin, opcode, payload }) => `${fin ? 8 : 0}${opcode} ${Buffer.from(payload).toString()}`,
  );
}

describeKernels("messages inside of a fragmented one", (kernel) => {
  const connect = (role: Role) => new Connection({ role, kernel, maskingKey: () => 0x01020304 });

  test.each(ROLES)(
    "of every form wait behind the last fragment of a %s, in order; control frames do not",
    (role) => {
      const connection = connect(role);
      connection.sendFragment("a", false);
      expect(connection.sendText("b \ud83d")).toBe(true);
      expect(connection.sendText(hex("'c' c3 a9"))).toBe(true);
      expect(connection.sendBinary(hex("'d'"))).toBe(true);
      expect(connection.sendPrepared(new PreparedMessage("e"))).toBe(true);
      connection.ping("1");
      expect(frames(connection.takeOutput())).toEqual(["01 a", "89 1"]);
      connection.sendFragment("f", false);
      connection.pong("2");
      expect(frames(connection.takeOutput())).toEqual(["00 f", "810 2"]);
      connection.sendBinary(hex(""));
      connection.sendFragment("g", true);
      connection.sendText("h");
      expect(frames(connection.takeOutput())).toEqual([
        ...["80 g", "81 b \ufffd", "81 cé", "82 d", "81 e", "82 ", "81 h"],
      ]);
      // And the next fragmented message is not affected.
      connection.sendFragment("i", false);
      connection.sendFragment("j", true);
      expect(frames(connection.takeOutput())).toEqual(["01 i", "80 j"]);
    },
  );

  test.each([10, 40_000])("are the caller's again at once: %i bytes", (length) => {
    for (const memory of [new ArrayBuffer(length), new SharedArrayBuffer(length)]) {
      const connection = connect("server");
      const bytes = new Uint8Array(memory).fill(0x61);
      connection.sendFragment("a", false);
      connection.sendBinary(bytes);
      connection.sendText(bytes);
      bytes.fill(0xff);
      connection.sendFragment("b", true);
      const payloads = parseFrames(concat(connection.takeOutput())).map(({ payload }) => payload);
      const sent = Buffer.alloc(length, 0x61);
      for (const payload of payloads.slice(2)) expect(Buffer.compare(payload, sent)).toBe(0);
      expect(payloads).toHaveLength(4);
    }
  });

  test("are checked at the call, in spite of a character that the fragments have cut", () => {
    const connection = connect("server");
    connection.sendFragment(hex("e2 82"), false, { type: "text" });
    expect(() => connection.sendText(hex("ac"))).toThrow(new TypeError("text must be UTF-8"));
    expect(() => connection.sendText(hex("'a' c3"))).toThrow(new TypeError("text must be UTF-8"));
    connection.sendText(hex("c3 a9"));
    connection.sendFragment(hex("ac"), true, { type: "text" });
    const payloads = parseFrames(concat(connection.takeOutput())).map(({ payload }) => toHex(payload));
    expect(payloads).toEqual(["e2 82", "ac", "c3 a9"]);
  });

  test("count as bytes that wait, and are not taken out before", () => {
    const endpoint = new Endpoint(new RecordingSink(), { role: "server", kernel });
    endpoint.sendFragment("a", false);
    endpoint.outbox.take();
    endpoint.sendText("bcd");
    endpoint.sendBinary(new Uint8Array(300));
    expect(endpoint.outbox.bytes).toBe(5 + 304);
    expect(endpoint.outbox.waitingBytes).toBe(5 + 304);
    expect(endpoint.outbox.take()).toEqual([]);
    endpoint.sendFragment("", true);
    expect(endpoint.outbox.waitingBytes).toBe(0);
    expect(endpoint.outbox.bytes).toBe(2 + 5 + 304);
    expect(concat(endpoint.outbox.take())).toHaveLength(2 + 5 + 304);
  });

  test("wait for a fragmented one that is announced, until its last fragment or until it is cancelled", () => {
    const endpoint = new Endpoint(new RecordingSink(), { role: "server", kernel });
    expect(endpoint.cancel()).toBe(false);
    endpoint.begin();
    endpoint.sendText("a");
    expect([endpoint.fragmenting, endpoint.outbox.take()]).toEqual([true, []]);
    expect(endpoint.cancel()).toBe(true);
    expect([endpoint.fragmenting, frames(endpoint.outbox.take())]).toEqual([false, ["81 a"]]);
    endpoint.begin();
    endpoint.sendText("b");
    endpoint.sendFragment("c", false);
    expect(endpoint.cancel()).toBe(false);
    endpoint.sendFragment("d", true);
    expect(frames(endpoint.outbox.take())).toEqual(["01 c", "80 d", "81 b"]);
  });

  test.each<[string, (connection: Connection, role: Role) => unknown]>([
    ["this side closes", (connection) => connection.close(1000)],
    ["this side fails", (connection) => connection.fail(1008)],
    ["the transport ends", (connection) => connection.end()],
    [
      "the peer closes",
      (connection, role) =>
        connection.receive(frame({ opcode: 8, mask: role === "server" ? [1, 2, 3, 4] : undefined })),
    ],
  ])("are dropped when %s", (_, end) => {
    for (const role of ROLES) {
      const connection = connect(role);
      connection.sendFragment("a", false);
      connection.sendText("b");
      connection.takeOutput();
      end(connection, role);
      const left = parseFrames(concat(connection.takeOutput()));
      expect(left.every(({ opcode }) => opcode === 8)).toBe(true);
    }
  });

  test("are the caller's mistake once it has closed the connection", () => {
    const connection = connect("server");
    connection.sendFragment("a", false);
    connection.close();
    const closing = new InvalidStateError("the connection is closing");
    expect(() => connection.sendText("b")).toThrow(closing);
    expect(() => connection.sendBinary(hex("01"))).toThrow(closing);
    expect(() => connection.sendPrepared(new PreparedMessage("b"))).toThrow(closing);
  });

  test("pass through an extension when their turn comes, with its state in order", () => {
    const extension = payloadPath(new ToyExtension());
    const [sender, receiver] = ROLES.map((role) => new Connection({ role, kernel, extension }));
    if (sender === undefined || receiver === undefined) throw new Error();
    sender.sendText("before");
    sender.sendFragment("aa", false);
    sender.sendText("waits");
    sender.sendPrepared(new PreparedMessage("waits, too"));
    sender.sendFragment("bb", true);
    sender.sendBinary(hex("01 01 01"));
    expect(describeEvents(receiver.receive(concat(sender.takeOutput())))).toEqual([
      ...['text "before"', 'text "aabb"', 'text "waits"', 'text "waits, too"', "binary 01 01 01"],
    ]);
  });

  test("of a client fail the connection if there is no masking key for them when their turn comes", () => {
    let keys = 3;
    const connection = new Connection({
      role: "client",
      kernel,
      maskingKey: () => {
        if (keys-- === 0) throw new Error("no entropy");
        return 0;
      },
    });
    connection.sendFragment("a", false);
    connection.sendText("b");
    connection.sendText("c");
    expect(connection.sendFragment("d", true)).toBe(false);
    expect(frames(connection.takeOutput())).toEqual(["01 a", "80 d", "81 b", "88 \u0003\ufffd"]);
    expect(connection.state).toBe("closed");
  });

  test.each(ROLES)("come out of the streams of a %s behind it, too", async (role) => {
    const streams = new CodecStreams({ role, kernel });
    const writer = streams.encoder.writable.getWriter();
    writer.write({ type: "fragment", part: "a", final: false });
    writer.write("b");
    writer.write({ type: "utf8", payload: hex("'c'") });
    writer.write(hex("'d'"));
    writer.write(new PreparedMessage("e"));
    writer.write({ type: "ping", payload: "f" });
    writer.write({ type: "fragment", part: "g", final: true });
    const peer = new Connection({ role: other(role), kernel });
    const reader = streams.encoder.readable.getReader();
    const events: string[] = [];
    while (events.length < 6) {
      const { value } = await reader.read();
      events.push(...describeEvents(peer.receive(value ?? hex(""))));
    }
    expect(events).toEqual([...["ping 66", 'text "ag"', 'text "b"', 'text "c"', "binary 64", 'text "e"']]);
  });
});
