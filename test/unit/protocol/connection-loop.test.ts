// Loops over the events of a Connection answer each in the order of the wire, for every behaviour of the peer.
import { describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import { Connection, type ConnectionEvent, type ConnectionOptions, type Role } from "../../../src/index.js";
import { sharedWorkspace } from "../../../src/memory/workspace.js";
import { hostFor } from "../../../src/node/host.js";
import { frame, KEY } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { describeEvents } from "../../support/run.js";

const ROLES: readonly Role[] = ["server", "client"];

function connect(role: Role, options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ role, maskingKey: () => 0, ...options });
}

function output(connection: Connection): string {
  return toHex(concat(connection.takeOutput()));
}

/** Frames as this role's peer would send them: opcode and payload. */
function fromPeer(role: Role, ...frames: readonly (readonly [number, (Uint8Array | string)?])[]): Uint8Array {
  const mask = role === "server" ? KEY : undefined;
  return concat(frames.map(([opcode, payload = ""]) => frame({ opcode, payload, mask })));
}

/** Frames as this role sends them, in hex. */
function asSent(role: Role, ...frames: readonly (readonly [number, (Uint8Array | string)?])[]): string {
  const mask = role === "client" ? [0, 0, 0, 0] : undefined;
  return toHex(concat(frames.map(([opcode, payload = ""]) => frame({ opcode, payload, mask }))));
}

/** What every server does. */
function answer(connection: Connection, event: ConnectionEvent): void {
  if (event.type === "text") connection.sendText(event.text);
  if (event.type === "binary") connection.sendBinary(event.payload);
}

const bye = hex("03 e8");
const MESSAGES: readonly (readonly [number, string])[] = [
  [1, "a"],
  [9, "1"],
  [2, "b"],
  [9, "2"],
  [1, "c"],
];
/** A message back for each, and the pongs among them. */
const ANSWERS = MESSAGES.map(([opcode, payload]) => [opcode === 9 ? 10 : opcode, payload] as const);

/** What may stand behind messages, and the Close frame that answers it. */
const ENDS: readonly (readonly [name: string, end: (role: Role) => Uint8Array, close: Uint8Array])[] = [
  ["a Close", (role) => fromPeer(role, [8, bye]), bye],
  ["a Close without a code", (role) => fromPeer(role, [8]), hex("")],
  ["a Close and more behind it", (role) => fromPeer(role, [8, bye], [9, "late"], [1, "late"]), bye],
  ["a Close that must not be sent", (role) => fromPeer(role, [8, hex("03 ed")]), hex("03 ea")],
  ["a Close whose reason is not UTF-8", (role) => fromPeer(role, [8, hex("03 e8 ff")]), hex("03 ef")],
  ["a reserved opcode", () => hex("83 00"), hex("03 ea")],
  [
    "a frame masked for the other role",
    (role) => fromPeer(role === "server" ? "client" : "server", [1, "x"]),
    hex("03 ea"),
  ],
  ["text that is not UTF-8", (role) => fromPeer(role, [1, hex("ff")]), hex("03 ef")],
  ["a message over the limit", (role) => fromPeer(role, [2, new Uint8Array(1001)]), hex("03 f1")],
];

/** Ways to read a list to its end: by a loop that the connection sees, and by others. */
const LOOPS: readonly (readonly [
  name: string,
  read: (events: ConnectionEvent[], each: (event: ConnectionEvent) => void) => void,
])[] = [
  [
    "for of",
    (events, each) => {
      for (const event of events) each(event);
    },
  ],
  [
    "a spread",
    (events, each) => {
      for (const event of [...events]) each(event);
    },
  ],
  [
    "an array made of it",
    (events, each) => {
      for (const event of Array.from(events)) each(event);
    },
  ],
  [
    "map",
    (events, each) => {
      events.map(each);
    },
  ],
  [
    "forEach",
    (events, each) => {
      events.forEach((event) => {
        each(event);
      });
    },
  ],
  [
    "indices",
    (events, each) => {
      for (let i = 0; i < events.length; i++) {
        const event = events[i];
        if (event !== undefined) each(event);
      }
    },
  ],
  [
    "shift",
    (events, each) => {
      for (let event = events.shift(); event !== undefined; event = events.shift()) each(event);
    },
  ],
  [
    "entries",
    (events, each) => {
      for (const [, event] of events.entries()) each(event);
    },
  ],
];

describeKernels("a loop", (kernel) => {
  describe.each(ROLES)("of a %s", (role) => {
    const options = { kernel, limits: { maxMessageBytes: 1000 } };

    describe.each(ENDS)("over messages and %s", (_, end, close) => {
      const chunk = concat([fromPeer(role, ...MESSAGES), end(role)]);
      const expected = asSent(role, ...ANSWERS, [8, close]);

      test("answers each in the order of the wire", () => {
        const connection = connect(role, options);
        const states: string[] = [];
        for (const event of connection.receive(chunk)) {
          states.push(connection.state);
          answer(connection, event);
        }
        expect(states).toEqual([...MESSAGES.map(() => "open"), "closed"]);
        expect(output(connection)).toBe(expected);
        expect([connection.closeExpected, connection.end(), output(connection)]).toEqual([true, [], ""]);
      });

      test("and takes its output in the middle: the same bytes, each as soon as may be", () => {
        const connection = connect(role, options);
        const outputs: string[] = [];
        for (const event of connection.receive(chunk)) {
          answer(connection, event);
          outputs.push(output(connection));
          expect(connection.closeExpected).toBe(event.type === "close");
        }
        expect(outputs).toEqual([...ANSWERS, [8, close] as const].map((each) => asSent(role, each)));
      });

      test.each(LOOPS)("by %s: nothing throws, no answer is lost, the Close is last", (_, read) => {
        const connection = connect(role, options);
        read(connection.receive(chunk), (event) => answer(connection, event));
        const frames = output(connection);
        expect([frames.length, frames.endsWith(asSent(role, [8, close]))]).toEqual([expected.length, true]);
        for (const each of ANSWERS) expect(frames).toContain(asSent(role, each));
        expect(connection.state).toBe("closed");
      });

      test("that ends early, by break, throw or a pattern", () => {
        const ways: ((events: ConnectionEvent[]) => void)[] = [
          (events) => {
            for (const _ of events) break;
          },
          (events) => {
            const [first] = events;
            expect(first).toEqual({ type: "text", text: "a" });
          },
          (events) =>
            expect(() => {
              for (const _ of events) throw new Error("enough");
            }).toThrow("enough"),
          () => {},
        ];
        for (const way of ways) {
          for (const last of [
            (it: Connection) => it.takeOutput(),
            (it: Connection) => [it.closeExpected],
            (it: Connection) => it.receive(hex("")),
            (it: Connection) => it.end(),
            (it: Connection) => it.fail(1008),
          ]) {
            const connection = connect(role, options);
            way(connection.receive(chunk));
            connection.sendText("still");
            const before = connection.state;
            const told = last(connection);
            expect([before, connection.state]).toEqual(["open", "closed"]);
            // The close event was in the list.
            expect(told.filter((each) => typeof each === "object" && "type" in each)).toEqual([]);
            const rest = output(connection);
            const sent =
              told[0] instanceof Uint8Array
                ? toHex(concat(told.filter((each) => each instanceof Uint8Array)))
                : rest;
            expect(sent).toBe(asSent(role, [1, "still"], [10, "1"], [10, "2"], [8, close]));
          }
        }
      });

      test("takes what is sent until the output is taken, drops what comes later, and says so", () => {
        const connection = connect(role, options);
        for (const event of connection.receive(chunk)) {
          if (event.type === "close") expect(connection.state).toBe("closed");
          expect(connection.pong(hex("00"))).toBe(true);
        }
        expect(output(connection).endsWith(asSent(role, [10, hex("00")], [8, close]))).toBe(true);
        const late = [
          connection.sendText("x"),
          connection.sendBinary(bye),
          connection.sendFragment("x", true),
          connection.ping(),
          connection.pong(),
        ];
        expect(late).toEqual([false, false, false, false, false]);
        expect(output(connection)).toBe("");
      });

      test("closes what is closed already by close(): nothing changes", () => {
        const connection = connect(role, options);
        for (const event of connection.receive(chunk)) {
          answer(connection, event);
          if (event.type === "close") connection.close(4000, "over");
        }
        expect(output(connection)).toBe(expected);
        expect(connection.sendText("dropped")).toBe(false);
      });

      test("in fragments, and with text as bytes", () => {
        for (const form of [{ fragments: true }, { textType: "bytes" }] as const) {
          const connection = connect(role, { ...options, ...form });
          const relayed: boolean[] = [];
          for (const event of connection.receive(chunk)) {
            if (event.type === "fragment")
              relayed.push(connection.sendFragment(event.payload, event.final, { type: event.messageType }));
            if (event.type === "utf8") relayed.push(connection.sendText(event.payload));
            if (event.type === "binary") relayed.push(connection.sendBinary(event.payload));
          }
          expect(relayed).toEqual([true, true, true]);
          expect(output(connection)).toBe(expected);
        }
      });

      test("after close() of its own in the middle: one Close frame, its own", () => {
        const connection = connect(role, options);
        const events: string[] = [];
        for (const event of connection.receive(chunk)) {
          events.push(event.type);
          if (event.type === "binary") connection.close(1001);
        }
        expect(events).toEqual(["text", "ping", "binary", "ping", "text", "close"]);
        expect(connection.closeExpected).toBe(true);
        expect(output(connection)).toBe(asSent(role, [10, "1"], [8, hex("03 e9")], [10, "2"]));
      });

      test("that fails the connection in the middle: nothing that came behind is told, but for the end", () => {
        const connection = connect(role, options);
        const events: string[] = [];
        for (const event of connection.receive(chunk)) {
          answer(connection, event);
          events.push(event.type);
          if (event.type === "binary") expect(connection.fail(1008)).toEqual([]);
        }
        expect(events).toEqual(["text", "ping", "binary", "close"]);
        expect(output(connection)).toBe(asSent(role, ...ANSWERS.slice(0, 3), [8, hex("03 f0")]));
        expect(connection.end()).toEqual([]);
      });

      test("whose transport ends in the middle: all is told, and what is sent is dropped", () => {
        const connection = connect(role, options);
        const sent: boolean[] = [];
        for (const event of connection.receive(chunk)) {
          if (event.type === "text") sent.push(connection.sendText(event.text));
          if (event.type === "binary") expect(connection.end()).toEqual([]);
        }
        expect(sent).toEqual([true, false]);
        expect(output(connection)).toBe(asSent(role, ...ANSWERS.slice(0, 2), [10, "2"], [8, close]));
      });

      test("in which another chunk comes: what the first asks for comes first, what the second is means nothing", () => {
        const connection = connect(role, options);
        const events: string[] = [];
        for (const event of connection.receive(chunk)) {
          events.push(event.type);
          if (event.type === "binary") expect([...connection.receive(fromPeer(role, [9, "3"]))]).toEqual([]);
        }
        expect(events).toEqual(["text", "ping", "binary", "ping", "text", "close"]);
        expect(output(connection)).toBe(asSent(role, [10, "1"], [10, "2"], [8, close]));
      });
    });

    test("that nobody makes before the next chunk: pongs stand in the order of the wire", () => {
      const connection = connect(role, options);
      const first = connection.receive(fromPeer(role, [9, "1"], [1, "a"]));
      const second = connection.receive(fromPeer(role, [9, "2"], [1, "b"], [9, "3"]));
      for (const event of [...first, ...second]) answer(connection, event);
      expect(output(connection)).toBe(asSent(role, [10, "1"], [10, "2"], [10, "3"], [1, "a"], [1, "b"]));
    });

    test("that fails the connection, whose peer goes on: the close event is told once", () => {
      const connection = connect(role, options);
      const told: ConnectionEvent[] = [];
      for (const event of connection.receive(fromPeer(role, ...MESSAGES))) {
        answer(connection, event);
        if (event.type === "binary") told.push(...connection.fail(4000, "enough"));
      }
      expect(describeEvents(told)).toEqual(['close 1006 "" unclean']);
      expect(output(connection)).toBe(asSent(role, ...ANSWERS.slice(0, 3), [8, hex("0f a0 'enough'")]));
      expect(connection.receive(fromPeer(role, [8, bye]))).toEqual([]);
    });

    test("within a loop, and again: each reaction happens once", () => {
      const connection = connect(role, options);
      const events = connection.receive(fromPeer(role, ...MESSAGES, [8, bye]));
      let inner = 0;
      for (const event of events) {
        if (event.type === "ping") inner += [...events].length;
      }
      expect(inner).toBe(12);
      expect([...events]).toHaveLength(6);
      expect(output(connection)).toBe(asSent(role, [10, "1"], [10, "2"], [8, bye]));
    });

    test("that awaits: output may be taken meanwhile, and lacks what was not reached", async () => {
      const connection = connect(role, options);
      const outputs: string[] = [];
      const handled = (async () => {
        for (const event of connection.receive(fromPeer(role, [1, "a"], [9, "1"], [8, bye]))) {
          await Promise.resolve();
          answer(connection, event);
        }
      })();
      outputs.push(output(connection));
      await handled;
      outputs.push(output(connection));
      expect(outputs).toEqual(["", asSent(role, [1, "a"], [10, "1"], [8, bye])]);
    });
  });

  test("gives a list that is an array like any other", () => {
    const connection = connect("server", { kernel });
    const events = connection.receive(fromPeer("server", ...MESSAGES));
    expect(Array.isArray(events)).toBe(true);
    const made = events.map(({ type }) => type);
    expect(Object.getPrototypeOf(made)).toBe(Array.prototype);
    expect(made).toEqual(["text", "ping", "binary", "ping", "text"]);
    expect(Object.getPrototypeOf(events.filter(({ type }) => type === "ping"))).toBe(Array.prototype);
    expect(JSON.stringify(events.slice(0, 1))).toBe('[{"type":"text","text":"a"}]');
    expect(Object.keys(events)).toEqual(["0", "1", "2", "3", "4"]);
    expect(events).toHaveLength(5);
  });

  test("may change what a ping brought: its pong has what came", () => {
    for (const host of [portableHost, hostFor(20)]) {
      const connection = connect("server", { kernel, host });
      const events = connection.receive(fromPeer("server", [9, "one"], [9, "two"]));
      events.forEach((event) => {
        if (event.type === "ping") event.payload.fill(0);
      });
      expect(output(connection)).toBe(asSent("server", [10, "one"], [10, "two"]));
    }
  });

  test.each(ROLES)(
    "that a trap of the kernel in a %s cut short: what came before is answered, and 1011 is last",
    (role) => {
      const { linear } = sharedWorkspace(kernel);
      const connection = connect(role, { kernel });
      const trap = new WebAssembly.RuntimeError("unreachable");
      const { decode } = linear.kernel;
      let calls = 0;
      linear.use({
        ...linear.kernel,
        decode: (...args) => {
          // The second call: what fills the table of records comes first.
          if (++calls === 2) throw trap;
          return decode(...args);
        },
      });
      const many = Array.from({ length: 5000 }, () => [1, "x"] as const);
      let answered = 0;
      let failure: unknown;
      for (const event of connection.receive(fromPeer(role, ...many))) {
        if (event.type === "text") answered += Number(connection.sendText(event.text));
        else failure = event;
      }
      expect(failure).toMatchObject({ type: "close", failure: { code: "INTERNAL", cause: trap } });
      expect(answered).toBeGreaterThan(4000);
      const frames = output(connection);
      expect(frames).toBe(asSent(role, ...many.slice(0, answered), [8, hex("03 f3")]));
    },
  );

  test("that a host without memory cut short: receive does not throw", () => {
    let copies = 0;
    const lack = new RangeError("Array buffer allocation failed");
    const copy: typeof portableHost.copy = (...args) => {
      if (++copies === 3) throw lack;
      return portableHost.copy(...args);
    };
    const connection = connect("client", { kernel, host: { ...portableHost, copy } });
    const events: string[] = [];
    for (const event of connection.receive(fromPeer("client", [2, "a"], [2, "b"], [2, "c"], [2, "d"]))) {
      events.push(event.type);
      copies = 10;
      if (event.type === "binary") connection.sendText("got it");
      else expect(event).toMatchObject({ failure: { code: "INTERNAL", cause: lack } });
    }
    expect(events).toEqual(["binary", "binary", "close"]);
    expect(output(connection)).toBe(asSent("client", [1, "got it"], [1, "got it"], [8, hex("03 f3")]));
  });
});
