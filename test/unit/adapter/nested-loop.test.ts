// A handler that runs an event loop of its own: reads of other connections land in the window that its walk is still in.
import { describe, expect, test } from "vitest";
import { EndpointChoices } from "../../../src/adapter/socket/endpoint-choices.js";
import type { Handlers } from "../../../src/adapter/socket/handlers.js";
import { resolveSocketOptions, type SocketOptions } from "../../../src/adapter/socket/options.js";
import { Session } from "../../../src/adapter/socket/session.js";
import { Turns } from "../../../src/adapter/turn.js";
import { MAX_RECORDS } from "../../../src/kernel/generated/layout.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { Endpoint } from "../../../src/protocol/endpoint.js";
import type { CloseEvent } from "../../../src/protocol/events.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { frame, KEY } from "../../support/frame.js";
import { concat } from "../../support/hex.js";
import { describeKernels } from "../../support/kernels.js";
import { RecordingSink } from "../../support/recording-sink.js";

const turns: (() => void)[] = [];

/** Does what waits for the next turn of the event loop, and what that makes wait. */
function nextTurns(): void {
  for (let i = 0; i < 1_000 && turns.length > 0; i++) turns.shift()?.();
}

class Peer {
  readonly transport = new FakeTransport();
  readonly messages: string[] = [];
  readonly closes: CloseEvent[] = [];
  readonly errors: unknown[] = [];
  readonly session: Session;
  /** Done in the handler of the message with this text. */
  during: Record<string, () => void> = {};

  constructor(options: SocketOptions) {
    const handlers: Handlers = {
      message: (_, data) => {
        const text = typeof data === "string" ? data : Buffer.from(data).toString("latin1");
        this.messages.push(text);
        this.during[text]?.();
      },
      close: (_, event) => this.closes.push(event),
      error: (_, error) => this.errors.push(error),
    };
    const resolved = resolveSocketOptions(options);
    const context = {
      runtime: {
        ...nodeRuntime,
        defer: (callback: () => void) => callback(),
        turns: new Turns((callback) => turns.push(callback)),
      },
      handlers,
      options: resolved,
      endpoints: new EndpointChoices(resolved, "server", nodeRuntime.host),
      socketClosed() {},
    };
    this.session = new Session(context, {
      role: "server",
      transport: this.transport,
      protocol: "",
      data: undefined,
    });
    this.session.open(undefined, new Uint8Array(0));
  }

  /** A read of the operating system: into the window first, and then it is reported. */
  read(bytes: Uint8Array): void {
    const { readWindow } = this.session.endpoint;
    readWindow.set(bytes);
    this.session.receivedInWindow(bytes.length, readWindow);
  }

  /** A read of the runtime's stream. */
  chunk(bytes: Uint8Array): void {
    this.session.received(bytes);
  }
}

function messages(opcode: number, ...texts: string[]): Uint8Array {
  return concat(texts.map((text) => frame({ opcode, mask: KEY, payload: Buffer.from(text, "latin1") })));
}

describeKernels("a nested event loop", (kernel) => {
  describe.each([1, 2])("messages of opcode %i", (opcode) => {
    test("whose reads overwrite the rest of a walk: that connection fails with 1011, no byte reaches it", () => {
      const a = new Peer({ kernel });
      const b = new Peer({ kernel });
      const secret = "B".repeat(200);
      a.during = { a1: () => b.read(messages(opcode, secret, "b2")) };
      a.read(messages(opcode, "a1", "a2", "a3"));
      expect(a.messages).toEqual(["a1"]);
      expect(b.messages).toEqual([secret, "b2"]);
      expect(a.transport.written).toEqual(["88 02 03 f3"]);
      a.session.closed();
      expect(a.closes).toMatchObject([{ code: 1006, failure: { code: "INTERNAL", closeCode: 1011 } }]);
      expect(b.closes).toEqual([]);
      b.read(messages(opcode, "b3"));
      expect(b.messages.at(-1)).toBe("b3");
    });

    test("whose reads are shorter than what was walked lose nothing", () => {
      const a = new Peer({ kernel });
      const b = new Peer({ kernel });
      const long = "A".repeat(300);
      a.during = { [long]: () => b.read(messages(opcode, "b1", "b2")) };
      a.read(messages(opcode, long, "a2", "a3"));
      expect(a.messages).toEqual([long, "a2", "a3"]);
      expect(b.messages).toEqual(["b1", "b2"]);
      expect([...a.closes, ...b.closes]).toEqual([]);
    });

    test("in the handler of the last message harms no connection", () => {
      const a = new Peer({ kernel });
      const b = new Peer({ kernel });
      a.during = { a2: () => b.read(messages(opcode, "B".repeat(1_000))) };
      a.read(messages(opcode, "a1", "a2"));
      a.read(messages(opcode, "a3"));
      expect(a.messages).toEqual(["a1", "a2", "a3"]);
      expect(b.messages).toHaveLength(1);
    });

    test("that brings bytes of the same connection: they wait behind those that are being handled", () => {
      const a = new Peer({ kernel });
      const long = "A".repeat(300);
      a.during = { [long]: () => a.read(messages(opcode, "later")) };
      a.read(messages(opcode, long, "a2"));
      nextTurns();
      expect(a.messages).toEqual([long, "a2", "later"]);
      expect(a.errors).toEqual([]);
    });

    test("that brings chunks of the same connection, by the stream", () => {
      const a = new Peer({ kernel });
      a.during = {
        a1() {
          a.chunk(messages(opcode, "a3"));
          a.chunk(messages(opcode, "a4"));
        },
      };
      a.chunk(messages(opcode, "a1", "a2"));
      nextTurns();
      expect(a.messages).toEqual(["a1", "a2", "a3", "a4"]);
    });

    test("that brings the end of the same connection: what came before is delivered, then it closes, once", () => {
      const a = new Peer({ kernel });
      a.during = {
        a1() {
          a.chunk(messages(opcode, "a3"));
          a.session.ended();
          a.session.closed();
        },
      };
      a.chunk(messages(opcode, "a1", "a2"));
      nextTurns();
      expect(a.messages).toEqual(["a1", "a2", "a3"]);
      expect(a.closes).toMatchObject([{ code: 1006 }]);
    });

    test("four deep: only those whose bytes are gone fail", () => {
      const peers = Array.from({ length: 4 }, () => new Peer({ kernel }));
      peers.forEach((peer, level) => {
        const next = peers[level + 1];
        if (next === undefined) return;
        // Each read is longer than the one before, so it overwrites all that was walked so far and what is to come.
        peer.during = { first: () => next.read(messages(opcode, "first", ...rest(level + 1))) };
      });
      peers[0]?.read(messages(opcode, "first", ...rest(0)));
      const [last, ...others] = peers.reverse();
      expect(last?.messages).toEqual(["first", ...rest(3)]);
      for (const other of others) {
        expect(other.messages).toEqual(["first"]);
        expect(other.transport.written.at(-1)).toBe("88 02 03 f3");
      }
    });
  });

  test("whose reads overwrite bytes that were not decoded yet: that connection fails with 1011", () => {
    const texts = Array.from({ length: 2 * MAX_RECORDS }, (_, i) => String(10_000 + i));
    // Wherever the table of records ends.
    for (let at = MAX_RECORDS - 3; at <= MAX_RECORDS; at++) {
      const sink = new RecordingSink();
      const options = { role: "server", kernel, turnMs: Number.POSITIVE_INFINITY } as const;
      const endpoint = new Endpoint(sink, options);
      const other = new Endpoint(new RecordingSink(), options);
      sink.inside = () => {
        if (sink.lines.length === at - 1) other.salvageWindow(other.readWindow.length);
      };
      endpoint.receive(messages(1, ...texts));
      expect(sink.lines).toHaveLength(at + 1);
      expect(sink.closed).toMatchObject({ code: 1006, failure: { code: "INTERNAL", closeCode: 1011 } });
    }
  });

  test("which also interrupts: what was overwritten is not kept for later", () => {
    for (const at of [1, MAX_RECORDS]) {
      const texts = Array.from({ length: at + 5 }, (_, i) => String(10_000 + i));
      const sink = new RecordingSink();
      const options = { role: "server", kernel, turnMs: Number.POSITIVE_INFINITY } as const;
      const endpoint: Endpoint = new Endpoint(sink, options);
      const other = new Endpoint(new RecordingSink(), options);
      sink.inside = () => {
        if (sink.lines.length !== at - 1) return;
        other.readWindow.fill(0x61);
        other.salvageWindow(other.readWindow.length);
        endpoint.interrupt();
      };
      endpoint.receive(messages(1, ...texts));
      expect(endpoint.interrupted).toBe(false);
      expect(sink.lines).toHaveLength(at + 1);
      expect(sink.closed).toMatchObject({ code: 1006, failure: { code: "INTERNAL", closeCode: 1011 } });
    }
  });

  test("no text that was overwritten is sent on in place of what came", () => {
    const a = new Peer({ kernel });
    const b = new Peer({ kernel });
    const text = "a".repeat(100);
    a.during = {
      [text]() {
        b.read(messages(1, "B".repeat(200)));
        a.session.socket.send(text);
      },
    };
    a.read(messages(1, text));
    expect(a.transport.written.join(" ")).toBe(`81 64 ${Array(100).fill("61").join(" ")}`);
  });
});

function rest(level: number): string[] {
  return Array.from({ length: 3 + level }, (_, i) => `${level}-${i}${".".repeat(40 * (level + 1))}`);
}
