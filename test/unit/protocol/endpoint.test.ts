// The life of an endpoint: states, closing, control frames and sending.
import { describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import {
  Connection,
  type ConnectionOptions,
  Endpoint,
  type Host,
  InvalidStateError,
  PreparedMessage,
  type Role,
} from "../../../src/index.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";
import { describeEvents } from "../../support/run.js";

const ROLES: readonly Role[] = ["server", "client"];

function connect(role: Role, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ role, maskingKey: () => 0, ...options });
}

function output(connection: Connection): string {
  return toHex(concat(connection.takeOutput()));
}

/** A frame as this role's peer would send it. */
function fromPeer(role: Role, opcode: number, payload: Uint8Array | string = "", fin = true): Uint8Array {
  return frame({ fin, opcode, payload, mask: role === "server" ? KEY : undefined });
}

/** A frame as this role sends it, in hex. */
function asSent(role: Role, opcode: number, payload: Uint8Array | string = "", fin = true): string {
  return toHex(frame({ fin, opcode, payload, mask: role === "client" ? [0, 0, 0, 0] : undefined }));
}

const CODE_1000 = Uint8Array.of(0x03, 0xe8);

describe.each(ROLES)("a %s's life", (role) => {
  test("open, closing, closed: this endpoint starts", () => {
    const connection = connect(role);
    expect([connection.state, connection.closeExpected]).toEqual(["open", false]);
    connection.close(1000, "bye");
    expect([connection.state, connection.closeExpected]).toEqual(["closing", false]);
    expect(output(connection)).toBe(asSent(role, 8, hex("03 e8 'bye'")));
    expect(describeEvents(connection.receive(fromPeer(role, 8, CODE_1000)))).toEqual(['close 1000 "" clean']);
    expect([connection.state, connection.closeExpected]).toEqual(["closed", true]);
    expect(output(connection)).toBe("");
  });

  test("open, closed: the peer starts", () => {
    const connection = connect(role);
    expect(describeEvents(connection.receive(fromPeer(role, 8, hex("0f a0 'go'"))))).toEqual([
      'close 4000 "go" clean',
    ]);
    expect([connection.state, connection.closeExpected]).toEqual(["closed", true]);
    expect(output(connection)).toBe(asSent(role, 8, hex("0f a0")));
  });

  test("open, closed: the transport ends, and 1006 is reported once", () => {
    const connection = connect(role);
    expect(describeEvents(connection.end())).toEqual(['close 1006 "" unclean']);
    expect([connection.state, connection.closeExpected]).toEqual(["closed", true]);
    expect(connection.end()).toEqual([]);
    expect(connection.fail(1011)).toEqual([]);
    expect(output(connection)).toBe("");
  });

  test("closing, closed: the transport ends", () => {
    const connection = connect(role);
    connection.close();
    expect(describeEvents(connection.end())).toEqual(['close 1006 "" unclean']);
    expect(output(connection)).toBe(asSent(role, 8));
  });

  test("the transport ends after a clean close: nothing more to tell", () => {
    const connection = connect(role);
    connection.receive(fromPeer(role, 8));
    expect(connection.end()).toEqual([]);
  });

  test("the transport ends inside of a frame: what came is dropped", () => {
    const connection = connect(role);
    connection.receive(fromPeer(role, 1, "Hello").subarray(0, 4));
    expect(describeEvents(connection.end())).toEqual(['close 1006 "" unclean']);
  });

  test("messages and pings that cross this endpoint's Close are delivered, and answered before the peer's", () => {
    const connection = connect(role);
    connection.close(1000);
    output(connection);
    const events = connection.receive(
      concat([fromPeer(role, 1, "late"), fromPeer(role, 9, "p"), fromPeer(role, 8, CODE_1000)]),
    );
    expect(describeEvents(events)).toEqual(['text "late"', "ping 70", 'close 1000 "" clean']);
    expect(output(connection)).toBe(asSent(role, 10, "p"));
  });

  test("a ping is answered until the peer's Close came, behind this endpoint's own too (section 5.5.2)", () => {
    const connection = connect(role);
    connection.close(1000);
    output(connection);
    connection.receive(fromPeer(role, 9, "p"));
    expect(connection.state).toBe("closing");
    expect(output(connection)).toBe(asSent(role, 10, "p"));
  });

  test("a violation while closing sends no second Close", () => {
    const connection = connect(role);
    connection.close(1000);
    output(connection);
    const [event] = connection.receive(hex("83"));
    expect(event).toMatchObject({
      type: "close",
      code: 1006,
      wasClean: false,
      failure: { code: "RESERVED_OPCODE" },
    });
    expect(output(connection)).toBe("");
  });

  test("fail sends the Close, tells why and takes nothing more", () => {
    const connection = connect(role);
    connection.receive(fromPeer(role, 9, "p"));
    const events = connection.fail(4001, "no more");
    expect(events).toEqual([
      {
        type: "close",
        code: 1006,
        reason: "",
        wasClean: false,
        failure: {
          code: "APPLICATION",
          closeCode: 4001,
          section: "7.1.7",
          offset: expect.any(Number),
          message: "no more",
        },
      },
    ]);
    expect(output(connection)).toBe(`${asSent(role, 10, "p")} ${asSent(role, 8, hex("0f a1 'no more'"))}`);
    expect(connection.receive(fromPeer(role, 1, "a"))).toEqual([]);
    expect(connection.receive(hex("ff ff"))).toEqual([]);
    expect(connection.state).toBe("closed");
  });

  test("fail with 1011 is an internal error, with its cause", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role });
    const cause = new Error("handler");
    endpoint.fail(1011, "", { cause });
    expect(sink.closed?.failure).toMatchObject({ code: "INTERNAL", closeCode: 1011, cause });
  });

  test.each([
    ["03 ed", "CLOSE_CODE", 1002, 0],
    ["03 e8 'a' ff", "CLOSE_REASON", 1007, 3],
    ["03 e8 'a' c3", "CLOSE_REASON", 1007, 4],
  ])("a Close frame of %s is answered with what is wrong with it", (payload, code, closeCode, at) => {
    const connection = new Connection({ role, maskingKey: () => 0 });
    const close = fromPeer(role, 8, hex(payload));
    const offset = close.length - hex(payload).length + at;
    expect(connection.receive(close)).toMatchObject([
      { type: "close", code: 1006, wasClean: false, failure: { code, closeCode, offset } },
    ]);
    const [answer] = parseFrames(concat(connection.takeOutput()));
    expect(answer).toMatchObject({ opcode: 8, payload: Uint8Array.of(closeCode >> 8, closeCode & 0xff) });
  });

  test("a closed connection takes any input and gives nothing", () => {
    const connection = connect(role);
    connection.end();
    expect(connection.receive(fromPeer(role, 1, "a"))).toEqual([]);
    expect(connection.receive(hex("ff ff"))).toEqual([]);
    expect(output(connection)).toBe("");
  });

  test("a Close that can't be sent still closes", () => {
    const sink = new RecordingSink();
    const noEntropy = (): number => {
      throw new Error("no entropy");
    };
    const endpoint = new Endpoint(sink, { role: "client", maskingKey: noEntropy });
    expect(() => endpoint.receive(hex("83"))).toThrow("no entropy");
    expect(endpoint.state).toBe("closed");
    expect(sink.lines).toEqual(['close 1006 "" unclean']);
  });
});

describe.each(ROLES)("a %s's misuse throws and changes nothing", (role) => {
  const long = new Uint8Array(126);
  const control = new RangeError("a control payload has at most 125 bytes");
  const code = (given: unknown) => new RangeError(`${given} must not be sent as a close code`);
  const noNumber = new TypeError("a close code is a number, in front of the reason");
  const reason = new RangeError("a reason has at most 123 bytes");
  const noString = new TypeError("a reason must be a string");
  const bytes = new TypeError("a payload must be a string or bytes");
  const chunk = new TypeError("a chunk must be bytes");
  const message = new TypeError("a message must be a string or bytes");
  const notBinary = new TypeError('this message can\'t be sent as "binary"');
  const noOptions = new TypeError('options must be an object, such as { type: "text" }');
  const noOption = new TypeError("there is no option fin, only compress, type");
  const noType = new RangeError("type must be one of text, binary, not utf8");
  const MISUSES: [string, (connection: Connection) => void, Error][] = [
    ["a ping over 125 bytes", (c) => c.ping(long), control],
    ["a pong over 125 bytes", (c) => c.pong(long), control],
    ["1005", (c) => c.close(1005), code(1005)],
    ["1006", (c) => c.close(1006), code(1006)],
    ["1015", (c) => c.close(1015), code(1015)],
    ["no number at all", (c) => c.close(Number.NaN), code(Number.NaN)],
    ["fail with 1006", (c) => c.fail(1006), code(1006)],
    ["a reason of 124 bytes", (c) => c.close(1000, "a".repeat(124)), reason],
    ["a reason of 62 characters and 124 bytes", (c) => c.close(1000, "é".repeat(62)), reason],
    ["fail with a reason of 124 bytes", (c) => c.fail(1000, "a".repeat(124)), reason],
    ["a reason without a code", (c) => c.close(undefined, "bye"), new TypeError("a reason needs a code")],
    // @ts-expect-error: a code is needed
    ["fail without a code", (c) => c.fail(), noNumber],
    // @ts-expect-error: not a number
    ["a code that is a string", (c) => c.close("1000"), noNumber],
    // @ts-expect-error: not a string
    ["a reason that is bytes", (c) => c.close(1000, new Float32Array(20)), noString],
    // @ts-expect-error: not a string
    ["a reason that is a number", (c) => c.close(1000, 120), noString],
    // @ts-expect-error: neither a string nor bytes
    ["text that is undefined", (c) => c.sendText(undefined), bytes],
    // @ts-expect-error: not bytes
    ["binary that is a string", (c) => c.sendBinary("a"), bytes],
    // @ts-expect-error: not bytes
    ["binary that is a length", (c) => c.sendBinary(10), bytes],
    // @ts-expect-error: not bytes
    ["a ping of a number", (c) => c.ping(5), bytes],
    // @ts-expect-error: not bytes
    ["a ping of null", (c) => c.ping(null), bytes],
    // @ts-expect-error: not bytes
    ["a fragment that is neither", (c) => c.sendFragment(5, false), message],
    ["a ping of a string that is too long", (c) => c.ping("é".repeat(63)), control],
    ["a pong of a string that is too long", (c) => c.pong("x".repeat(126)), control],
    // @ts-expect-error: not an object
    ["a type that is no option", (c) => c.sendFragment(hex("61"), false, "text"), noOptions],
    // @ts-expect-error: no option
    ["an option of another library", (c) => c.sendFragment(hex("61"), false, { fin: true }), noOption],
    // @ts-expect-error: no type
    ["a type that does not exist", (c) => c.sendFragment(hex("61"), false, { type: "utf8" }), noType],
    ["a fragment of a string as binary", (c) => c.sendFragment("a", false, { type: "binary" }), notBinary],
    // @ts-expect-error: not bytes
    ["a chunk that is a string", (c) => c.receive("81"), chunk],
    // @ts-expect-error: not a Uint8Array
    ["a chunk that is an array", (c) => c.receive([0x81, 0]), chunk],
    // @ts-expect-error: not a Uint8Array
    ["a chunk that is undefined", (c) => c.receive(undefined), chunk],
  ];

  test.each(MISUSES)("%s", (_, misuse, error) => {
    const connection = connect(role);
    connection.receive(fromPeer(role, 1, "Hel", false));
    connection.sendFragment("a", false);
    expect(output(connection)).toBe(asSent(role, 1, "a", false));
    expect(() => misuse(connection)).toThrow(error);
    expect(connection.state).toBe("open");
    expect(output(connection)).toBe("");
    connection.sendFragment("b", true);
    expect(output(connection)).toBe(asSent(role, 0, "b"));
    expect(describeEvents(connection.receive(fromPeer(role, 0, "lo")))).toEqual(['text "Hello"']);
  });

  test("text, inside of a binary message", () => {
    const connection = connect(role);
    connection.sendFragment(hex("01"), false);
    expect(() => connection.sendFragment("a", true)).toThrow(
      new TypeError("this message is binary; all of its fragments must be"),
    );
    connection.sendFragment(hex("02"), true);
    expect(output(connection)).toBe(`${asSent(role, 2, hex("01"), false)} ${asSent(role, 0, hex("02"))}`);
  });

  /** Each way to send, of what makes sense. */
  const attempts = (connection: Connection): readonly (() => boolean)[] => [
    () => connection.sendText("a"),
    () => connection.sendText(hex("'a'")),
    () => connection.sendBinary(hex("01")),
    () => connection.sendFragment("a", true),
    () => connection.sendPrepared(new PreparedMessage("a")),
    () => connection.ping(),
    () => connection.pong(),
  ];

  test.each<[string, string, (connection: Connection) => unknown]>([
    ["closed here", "closing", (connection) => connection.close()],
    ["failed here", "closed", (connection) => connection.fail(1008)],
    [
      "closed here and then by its peer",
      "closed",
      (connection) => {
        connection.close();
        expect(describeEvents(connection.receive(fromPeer(role, 8)))).toHaveLength(1);
      },
    ],
  ])("anything, on a connection that was %s", (_, state, end) => {
    const connection = connect(role);
    connection.sendFragment("a", false);
    end(connection);
    connection.takeOutput();
    for (const attempt of attempts(connection))
      expect(attempt).toThrow(new InvalidStateError(`the connection is ${state}`));
    expect(() => connection.close(1006)).toThrow(code(1006));
    connection.close(1001, "again");
    expect(connection.state).toBe(state);
    expect(output(connection)).toBe("");
  });

  test.each<[string, (connection: Connection) => unknown]>([
    ["closed", (connection) => [...connection.receive(fromPeer(role, 8))]],
    ["broke a rule on", (connection) => [...connection.receive(hex("83"))]],
    ["went from", (connection) => connection.end()],
  ])("nothing, on a connection that the peer %s: what is sent is dropped", (_, end) => {
    const connection = connect(role);
    connection.sendFragment("a", false);
    end(connection);
    connection.takeOutput();
    for (const attempt of attempts(connection)) expect(attempt()).toBe(false);
    expect(() => Reflect.apply(connection.sendText, connection, [1])).toThrow(TypeError);
    expect(() => Reflect.apply(connection.sendPrepared, connection, ["a"])).toThrow(TypeError);
    expect(() => connection.ping(new Uint8Array(126))).toThrow(RangeError);
    connection.close(1001, "too late");
    expect([connection.state, output(connection)]).toEqual(["closed", ""]);
    // The application may not know yet that the peer has closed, so these calls are no mistake.
    expect(connection.sendText("a")).toBe(false);
  });

  test("options that make no sense", () => {
    // @ts-expect-error: no role
    expect(() => new Connection({ role: "peer" })).toThrow(
      new RangeError("role must be one of server, client, not peer"),
    );
    // @ts-expect-error: no role
    expect(() => new Connection({})).toThrow(TypeError);
    // @ts-expect-error: no such kernel
    expect(() => new Connection({ role, kernel: "avx" })).toThrow(
      new RangeError("kernel must be one of auto, simd, scalar, js, not avx"),
    );
    expect(new Connection({ role, kernel: "auto" }).kernel).toBe("simd");
  });
});

describe.each(ROLES)("a %s's Close", (role) => {
  test("has each code that is allowed, and no other: 0 to 5100", () => {
    for (let code = 0; code <= 5100; code++) {
      const connection = connect(role);
      const allowed =
        (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
      if (allowed) {
        connection.close(code);
        expect(output(connection)).toBe(asSent(role, 8, Uint8Array.of(code >> 8, code)));
      } else {
        expect(() => connection.close(code)).toThrow(RangeError);
        expect([connection.state, output(connection)]).toEqual(["open", ""]);
      }
    }
  });

  test("has a reason of up to 123 bytes", () => {
    for (const reason of ["a".repeat(123), `${"é".repeat(61)}a`, "💖".repeat(30)]) {
      const connection = connect(role);
      connection.close(3000, reason);
      expect(output(connection)).toBe(
        asSent(role, 8, concat([hex("0b b8"), new TextEncoder().encode(reason)])),
      );
    }
  });

  test("may come in the middle of a message that is being sent", () => {
    const connection = connect(role);
    connection.sendFragment("a", false);
    connection.close(1001);
    expect(output(connection)).toBe(`${asSent(role, 1, "a", false)} ${asSent(role, 8, hex("03 e9"))}`);
  });
});

describe.each(ROLES)("a %s's fragments", (role) => {
  test("are a first frame of the message's type, then continuations", () => {
    const connection = connect(role);
    connection.sendFragment("a", false);
    connection.sendFragment("", false);
    connection.sendFragment("b", true);
    connection.sendFragment(hex("01"), true);
    connection.sendFragment(hex("02"), false);
    connection.sendFragment(hex(""), true);
    expect(output(connection)).toBe(
      [
        asSent(role, 1, "a", false),
        asSent(role, 0, "", false),
        asSent(role, 0, "b"),
        asSent(role, 2, hex("01")),
        asSent(role, 2, hex("02"), false),
        asSent(role, 0),
      ].join(" "),
    );
  });

  test("of text are whole characters, wherever the strings were cut", () => {
    // The first and the last character that takes two units, and half ones.
    const text = "a\ud800\udc00é\ud83dx\udc96\udbff\udfff💖";
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const connection = connect(role);
        connection.sendFragment(text.slice(0, first), false);
        connection.sendFragment(text.slice(first, second), false);
        connection.sendFragment(text.slice(second), true);
        connection.sendText("next");
        const frames = parseFrames(concat(connection.takeOutput()));
        const decoder = new TextDecoder("utf-8", { fatal: true });
        const parts = frames.map(({ payload }) => decoder.decode(payload));
        expect(parts.slice(0, 3).join("")).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
        expect(parts[3]).toBe("next");
      }
    }
  });

  test("that end in half a pair end in U+FFFD", () => {
    const connection = connect(role);
    connection.sendFragment("\ud83d", false);
    connection.sendFragment("", true);
    connection.sendFragment("\ud83d", true);
    expect(output(connection)).toBe(
      [asSent(role, 1, "", false), asSent(role, 0, "\ufffd"), asSent(role, 1, "\ufffd")].join(" "),
    );
  });
});

describeKernels("pings", (kernel) => {
  /** How many pongs of 125 bytes there are in 1 KiB. */
  const fitting = (role: Role) => Math.floor(1024 / (role === "server" ? 127 : 131));
  const pong = (role: Role, byte: number) => asSent(role, 10, new Uint8Array(125).fill(byte));

  test.each(ROLES)("a flood to a %s whose peer reads nothing costs 1 KiB, and the newest pong", (role) => {
    const connection = connect(role, { kernel });
    const flood = concat(
      Array.from({ length: 500 }, (_, i) => fromPeer(role, 9, new Uint8Array(125).fill(i))),
    );
    let events = 0;
    for (let i = 0; i < 20; i++)
      for (const { type } of connection.receive(flood)) events += Number(type === "ping");
    expect(events).toBe(10_000);
    const first = Array.from({ length: fitting(role) }, (_, i) => pong(role, i));
    expect(output(connection)).toBe([...first, pong(role, 499)].join(" "));
    expect(output(connection)).toBe("");
  });

  test.each(ROLES)("a flood to a %s leaves 1 KiB in the outbox until it is settled and taken", (role) => {
    const endpoint = new Endpoint(new RecordingSink(), { role, kernel, maskingKey: () => 0 });
    const bytes = role === "server" ? 127 : 131;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1000; i++) endpoint.receive(fromPeer(role, 9, new Uint8Array(125)));
      expect(endpoint.outbox.bytes).toBe(fitting(role) * bytes);
      endpoint.settle();
      endpoint.settle();
      expect(endpoint.outbox.bytes).toBe((fitting(role) + 1) * bytes);
      endpoint.outbox.take();
    }
  });

  test.each(ROLES)("a flood to a corked %s leaves as much in the write window", (role) => {
    const endpoint = new Endpoint(new RecordingSink(), { role, kernel, maskingKey: () => 0 });
    for (let round = 0; round < 3; round++) {
      endpoint.outbox.cork();
      for (let i = 0; i < 1000; i++) endpoint.receive(fromPeer(role, 9));
      expect(endpoint.outbox.stagedBytes).toBeLessThanOrEqual(1024);
      expect(endpoint.outbox.stagedBytes).toBeGreaterThan(1024 - 6);
      if (round === 2) endpoint.outbox.uncork();
      else {
        // What a transport does that takes it all at once.
        endpoint.settle();
        endpoint.outbox.release();
      }
    }
    const before = endpoint.outbox.bytes;
    endpoint.outbox.cork();
    endpoint.receive(fromPeer(role, 9, "newest"));
    endpoint.outbox.uncork();
    expect(endpoint.outbox.bytes).toBe(before);
    endpoint.settle();
    const sent = concat(endpoint.outbox.take());
    expect(toHex(sent.subarray(before))).toBe(asSent(role, 10, "newest"));
  });

  test.each(ROLES)("each of ten that a %s reads at once has its pong, in its place", (role) => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role, kernel, maskingKey: () => 0 });
    sink.inside = (payload) => {
      if (typeof payload === "string") endpoint.sendText(payload);
    };
    const numbers = Array.from({ length: 10 }, (_, i) => `${i}`);
    endpoint.receive(concat(numbers.flatMap((i) => [fromPeer(role, 1, i), fromPeer(role, 9, i)])));
    expect(toHex(concat(endpoint.outbox.take()))).toBe(
      numbers.map((i) => `${asSent(role, 1, i)} ${asSent(role, 10, i)}`).join(" "),
    );
  });

  test.each(ROLES)(
    "a %s's pongs stand before what the ping's handler sends, between fragments too",
    (role) => {
      const sink = new RecordingSink();
      const endpoint = new Endpoint(sink, { role, kernel, maskingKey: () => 0 });
      sink.inside = (payload) => {
        endpoint.sendFragment(payload, false, { type: "binary" });
      };
      endpoint.receive(concat([fromPeer(role, 9, "1"), fromPeer(role, 2, "a"), fromPeer(role, 9, "2")]));
      expect(toHex(concat(endpoint.outbox.take()))).toBe(
        [
          asSent(role, 10, "1"),
          asSent(role, 2, "1", false),
          asSent(role, 0, "a", false),
          asSent(role, 10, "2"),
          asSent(role, 0, "2", false),
        ].join(" "),
      );
    },
  );

  test("the pong has the ping's payload, whatever its handler does to it", () => {
    // A host whose copies are Buffers, as a Node adapter's are.
    const host: Host = {
      ...portableHost,
      copy: (bytes, start, end) => Buffer.from(bytes.subarray(start, end)),
    };
    for (const options of [{}, { host }]) {
      const sink = new RecordingSink();
      sink.inside = (payload) => {
        if (typeof payload !== "string") payload.fill(0xa5);
      };
      const endpoint = new Endpoint(sink, { role: "client", kernel, maskingKey: () => 0, ...options });
      endpoint.receive(fromPeer("client", 9, "ping"));
      endpoint.settle();
      expect(toHex(concat(endpoint.outbox.take()))).toBe(asSent("client", 10, "ping"));
    }
  });

  test("a pong that no loop came to goes out when the output is taken", () => {
    const connection = connect("server", { kernel });
    connection.receive(fromPeer("server", 9, "1"));
    expect(output(connection)).toBe(asSent("server", 10, "1"));
    connection.receive(fromPeer("server", 9, "2"));
    connection.sendText("a");
    expect(output(connection)).toBe(`${asSent("server", 1, "a")} ${asSent("server", 10, "2")}`);
  });

  test("a ping of our own, its pong and a pong that nobody asked for", () => {
    const connection = connect("server", { kernel });
    connection.ping();
    connection.ping(new Uint8Array(125).fill(1));
    connection.pong(hex("02"));
    expect(output(connection)).toBe(
      [
        asSent("server", 9),
        asSent("server", 9, new Uint8Array(125).fill(1)),
        asSent("server", 10, hex("02")),
      ].join(" "),
    );
    expect(describeEvents(connection.receive(fromPeer("server", 10, "x")))).toEqual(["pong 78"]);
    expect(output(connection)).toBe("");
  });
});

describe.each(ROLES)("a %s's endpoint", (role) => {
  test("owns what it hands out unless it is to borrow", () => {
    const sink = new RecordingSink();
    const payloads: Uint8Array[] = [];
    sink.inside = (payload) => {
      if (typeof payload !== "string") payloads.push(payload);
    };
    const endpoint = new Endpoint(sink, { role });
    endpoint.receive(fromPeer(role, 2, hex("01")));
    endpoint.receive(fromPeer(role, 2, hex("02")));
    expect(payloads.map(toHex)).toEqual(["01", "02"]);
  });

  test("fails without a reason unless it is given one", () => {
    for (const [reason, message] of [
      ["", "failed by the application"],
      ["no", "no"],
    ] as const) {
      const connection = connect(role);
      const events = reason === "" ? connection.fail(1008) : connection.fail(1008, reason);
      expect(events).toMatchObject([{ failure: { code: "APPLICATION", closeCode: 1008, message } }]);
      const payload = concat([hex("03 f0"), new TextEncoder().encode(reason)]);
      expect(output(connection)).toBe(asSent(role, 8, payload));
    }
  });

  test("says that it cannot receive inside of its own handler", () => {
    const sink = new RecordingSink();
    const endpoint = new Endpoint(sink, { role });
    sink.inside = () => endpoint.receive(hex(""));
    expect(() => endpoint.receive(fromPeer(role, 1, "a"))).toThrow(
      new InvalidStateError("receive() was called by a handler of its own"),
    );
  });

  test.each([
    ["text", (endpoint: Endpoint) => endpoint.sendText("\u20ac".repeat(8))],
    ["binary", (endpoint: Endpoint) => endpoint.sendBinary(new Uint8Array(24))],
  ])("corked, never builds %s behind the end of the write window", (_, send) => {
    for (let room = 14; room < 50; room++) {
      const endpoint = new Endpoint(new RecordingSink(), { role });
      const { outbox } = endpoint;
      outbox.cork();
      const roomLeft = () => layout.WRITE_WINDOW_LENGTH - outbox.stagedBytes;
      try {
        while (roomLeft() > 30_000) endpoint.sendBinary(new Uint8Array(20_000));
        endpoint.sendBinary(new Uint8Array(roomLeft() - room - (role === "server" ? 4 : 8)));
        expect(roomLeft()).toBe(room);
        send(endpoint);
        expect(roomLeft()).toBeGreaterThanOrEqual(0);
      } finally {
        outbox.clear();
      }
    }
  });
});
