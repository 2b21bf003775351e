// The codec as streams: both ends read, aborted and cancelled.
import { describe, expect, test, vi } from "vitest";
import { type ConnectionEvent, PreparedMessage } from "../../../src/index.js";
import { CodecStreams, type OutgoingMessage } from "../../../src/streams/index.js";
import { masked, unmasked } from "../../adapters/raw-peer.js";
import { concat, hex, toHex } from "../../support/hex.js";

/** A server's codec with a hand on each of its ends. */
function server() {
  const codec = new CodecStreams({ role: "server" });
  return {
    codec,
    input: codec.decoder.writable.getWriter(),
    events: codec.decoder.readable.getReader(),
    messages: codec.encoder.writable.getWriter(),
    output: codec.encoder.readable.getReader(),
  };
}

/** All that is left to read. */
async function rest<T>(reader: ReadableStreamDefaultReader<T>): Promise<T[]> {
  const found: T[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) found.push(next.value);
  return found;
}

/** Whether a promise is settled, after all that is on its way. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  const note = (): void => {
    is = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return is;
}

const HELLO = masked("81 05 | 'hello'");
const CLOSE = masked("88 02 | 03 e8");
const FRAMES = concat([HELLO, masked("01 01 | 'a'", "89 01 | 'p'", "80 01 | 'b'", "82 02 | 01 02"), CLOSE]);
const EVENTS: ConnectionEvent[] = [
  { type: "text", text: "hello" },
  { type: "ping", payload: hex("'p'") },
  { type: "text", text: "ab" },
  { type: "binary", payload: hex("01 02") },
  { type: "close", code: 1000, reason: "", wasClean: true },
];

describe("the decoder", () => {
  test.each(Array.from({ length: FRAMES.length }, (_, cut) => cut))(
    "gives the same events cut at byte %i",
    async (cut) => {
      const { input, events, output } = server();
      const writing = (async () => {
        await input.write(FRAMES.subarray(0, cut));
        await input.write(FRAMES.subarray(cut));
        await input.close();
      })();
      const answer = rest(output);
      expect(await rest(events)).toEqual(EVENTS);
      await writing;
      expect(toHex(concat(await answer))).toBe("8a 01 70 88 02 03 e8");
    },
  );

  test("takes the next chunk when the events of one were handed on, one by one", async () => {
    const { input, events } = server();
    const first = input.write(masked("81 01 | 'a'", "81 01 | 'b'"));
    expect(await settled(first)).toBe(false);
    expect(await events.read()).toEqual({ done: false, value: { type: "text", text: "a" } });
    expect(await settled(first)).toBe(false);
    expect(await events.read()).toEqual({ done: false, value: { type: "text", text: "b" } });
    expect(await settled(first)).toBe(true);
  });

  test("reports a violation, and closes both readable ends behind the Close frame", async () => {
    const { input, events, output } = server();
    void input.write(concat([HELLO, hex("83 00")]));
    const found = await rest(events);
    expect(found.map((event) => event.type)).toEqual(["text", "close"]);
    expect(found[1]).toMatchObject({ code: 1006, failure: { closeCode: 1002 } });
    expect(toHex(concat(await rest(output)))).toBe("88 02 03 ea");
    // What follows is taken, and means nothing.
    await input.write(HELLO);
    await input.close();
  });

  test("at the end of the bytes, without a Close frame, reports 1006", async () => {
    const { input, events, output } = server();
    void input.close();
    expect(await rest(events)).toEqual([{ type: "close", code: 1006, reason: "", wasClean: false }]);
    expect(await rest(output)).toEqual([]);
  });

  test("aborted, breaks both readable ends with the reason", async () => {
    const { input, events, output } = server();
    const broken = new Error("the line is cut");
    const reads = [events.read(), output.read()].map((read) => expect(read).rejects.toBe(broken));
    await input.abort(broken);
    await Promise.all(reads);
  });

  test("aborted in the middle of a write that nobody reads, ends that, too", async () => {
    const { input, events } = server();
    const writing = input.write(HELLO);
    expect(await settled(writing)).toBe(false);
    const broken = new Error("the line is cut");
    await input.abort(broken);
    await writing;
    await expect(events.read()).rejects.toBe(broken);
  });

  test("cancelled, says that it goes away and takes no more", async () => {
    const { input, events, output, codec } = server();
    await events.cancel(new Error("enough"));
    expect(toHex(concat(await rest(output)))).toBe("88 02 03 e9");
    await expect(input.write(HELLO)).rejects.toThrow("enough");
    expect(codec.state).toBe("closed");
  });

  test("breaks for what is no bytes", async () => {
    const { input, events } = server();
    await expect(input.write(JSON.parse('"text"'))).rejects.toThrow(TypeError);
    await expect(events.read()).rejects.toThrow(TypeError);
  });
});

test.each([
  { what: "a prepared message", message: new PreparedMessage("all"), length: 3 },
  { what: "a long message", message: new Uint8Array(100_000).fill(7), length: 100_000 },
])("what is read of $what is its reader's: it can be transferred", async ({ message, length }) => {
  const { messages, output } = server();
  const written = messages.write(message);
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes < length; ) {
    const { value = new Uint8Array(0) } = await output.read();
    bytes += value.length;
    chunks.push(value);
  }
  await written;
  for (const { buffer } of chunks) structuredClone(buffer, { transfer: [buffer] });
  const whole = message instanceof PreparedMessage ? message.serverFrame : message;
  expect(whole.length).toBeGreaterThanOrEqual(length);
});

describe("the encoder", () => {
  const ROWS: readonly (readonly [OutgoingMessage, string])[] = [
    ["hi", "81 02 68 69"],
    [Uint8Array.of(1, 2), "82 02 01 02"],
    [new PreparedMessage("all"), "81 03 61 6c 6c"],
    [{ type: "fragment", part: "a", final: false }, "01 01 61"],
    [{ type: "fragment", part: "b", final: true }, "80 01 62"],
    [{ type: "fragment", part: hex("c3"), final: false, messageType: "text" }, "01 01 c3"],
    [{ type: "fragment", part: hex("a9"), final: true, messageType: "text" }, "80 01 a9"],
    [{ type: "utf8", payload: hex("c3 a9") }, "81 02 c3 a9"],
    [{ type: "ping", payload: Uint8Array.of(7) }, "89 01 07"],
    [{ type: "pong" }, "8a 00"],
    [{ type: "close", code: 3001, reason: "bye" }, "88 05 0b b9 62 79 65"],
  ];

  test("makes frames of each kind of message, in order", async () => {
    const { input, messages, output } = server();
    const read = rest(output);
    for (const [message] of ROWS) await messages.write(message);
    void input.write(CLOSE);
    expect((await read).map((chunk) => toHex(chunk))).toEqual(ROWS.map(([, frame]) => frame));
  });

  test("takes the next message when the frame of one was asked for", async () => {
    const { messages, output } = server();
    const first = messages.write("a");
    const second = messages.write("b");
    expect(await settled(first)).toBe(false);
    await output.read();
    expect([await settled(first), await settled(second)]).toEqual([true, false]);
    await output.read();
    expect(await settled(second)).toBe(true);
  });

  test("answers a flood of pings with 1 KiB of pongs and the newest, when it is read", async () => {
    const { input, events, output } = server();
    const read = rest(events);
    const byte = (i: number): string => i.toString(16).padStart(2, "0");
    for (let i = 0; i < 100; i++) await input.write(masked(`89 7d | ${byte(i)}*125`));
    void input.close();
    expect((await read).length).toBe(101);
    expect(toHex(concat(await rest(output)))).toBe(
      toHex(concat([0, 1, 2, 3, 4, 5, 6, 7, 99].map((i) => hex(`8a 7d ${byte(i)}*125`)))),
    );
  });

  test("closed, begins the closing handshake and ends when the peer answers", async () => {
    const { input, events, messages, output } = server();
    void messages.write("last");
    void messages.close();
    expect((await output.read()).value).toEqual(hex("81 04 'last'"));
    expect((await output.read()).value).toEqual(hex("88 02 03 e8"));
    const end = output.read();
    expect(await settled(end)).toBe(false);
    void input.write(masked("81 01 | 'm'", "88 02 | 03 e8"));
    expect((await rest(events)).map((event) => event.type)).toEqual(["text", "close"]);
    expect((await end).done).toBe(true);
  });

  test("aborted, fails the connection with 1011", async () => {
    const { events, messages, output } = server();
    await messages.abort(new Error("a bug"));
    expect(toHex(concat(await rest(output)))).toBe("88 02 03 f3");
    expect(await rest(events)).toMatchObject([{ type: "close", failure: { closeCode: 1011 } }]);
  });

  test("cancelled, reports 1006 and stops who brings bytes", async () => {
    const { input, events, output } = server();
    await output.cancel(new Error("nobody reads"));
    expect(await rest(events)).toMatchObject([{ type: "close", code: 1006 }]);
    await expect(input.write(HELLO)).rejects.toThrow("nobody reads");
  });

  test("drops what is written when the connection is over", async () => {
    const { input, events, messages, output } = server();
    void input.write(CLOSE);
    await rest(events);
    expect(toHex(concat(await rest(output)))).toBe("88 02 03 e8");
    await messages.write("too late");
  });

  test.each([[42], [null], [{ type: "nonsense" }], [{ type: "ping", payload: new Uint8Array(126) }]])(
    "breaks for what is no message: %j",
    async (wrong) => {
      const { messages, output, events } = server();
      await expect(Reflect.apply(messages.write, messages, [wrong])).rejects.toThrow(/.+/);
      await expect(output.read()).rejects.toThrow(/.+/);
      expect(await rest(events)).toMatchObject([{ type: "close", failure: { closeCode: 1011 } }]);
    },
  );
});

/** Streams that end in different ways behind two messages with a ping between them, and the Close frame that goes out, if one does. */
const ENDS: readonly (readonly [name: string, end: Uint8Array | undefined, close: string])[] = [
  ["closes", CLOSE, "88 02 03 e8"],
  ["closes without a code", masked("88 00 |"), "88 00"],
  ["breaks a rule", hex("83 00"), "88 02 03 ea"],
  ["sends what is not UTF-8", masked("81 01 | ff"), "88 02 03 ef"],
  ["closes with a code that must not be sent", masked("88 02 | 03 ed"), "88 02 03 ea"],
  ["goes", undefined, ""],
];
const TWO = masked("81 01 | 'a'", "89 01 | 'p'", "82 01 | 'b'");

describe.each(ENDS)("behind messages of a peer that then %s, their answers leave first:", (_, end, close) => {
  /** Writes the whole stream in one chunk, and ends it. */
  async function feed(input: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    await input.write(concat(end === undefined ? [TWO] : [TWO, end]));
    await input.close();
  }

  const expected = `81 01 61 8a 01 70 82 01 62 ${close}`.trim();

  test("from a loop", async () => {
    const { codec, input, events, messages, output } = server();
    const [sent, fed] = [rest(output), feed(input)];
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.type === "text") await messages.write(next.value.text);
      if (next.value.type === "binary") await messages.write(next.value.payload);
    }
    expect(toHex(concat(await sent))).toBe(expected);
    await fed;
    expect(codec.state).toBe("closed");
  });

  test("from a loop that takes its time, and closes in the end", async () => {
    const { input, events, messages, output } = server();
    const [sent, fed] = [rest(output), feed(input)];
    for (let next = await events.read(); !next.done; next = await events.read()) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (next.value.type === "text") await messages.write(next.value.text);
      if (next.value.type === "binary") await messages.write(next.value.payload);
    }
    await messages.close();
    expect(toHex(concat(await sent))).toBe(expected);
    await fed;
  });

  test("from a loop that does not wait for its writes, to a peer that reads later", async () => {
    const { input, events, messages, output } = server();
    const fed = feed(input);
    const writes: Promise<void>[] = [];
    for (let next = await events.read(); !next.done; next = await events.read()) {
      if (next.value.type === "text") writes.push(messages.write(next.value.text));
      if (next.value.type === "binary") writes.push(messages.write(next.value.payload));
    }
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    const frames = toHex(concat(await rest(output)));
    expect(frames.replace("8a 01 70 ", "")).toBe(expected.replace("8a 01 70 ", ""));
    expect(frames).toContain("8a 01 70");
    await Promise.all([...writes, fed]);
  });

  test("from a pipe", async () => {
    const codec = new CodecStreams({ role: "server" });
    const chunks = end === undefined ? [TWO] : [TWO, end];
    const readable = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(concat(chunks));
        controller.close();
      },
    });
    const sent: Uint8Array[] = [];
    const writable = new WritableStream<Uint8Array>({
      write(chunk) {
        sent.push(chunk);
      },
    });
    const application = new TransformStream<ConnectionEvent, OutgoingMessage>({
      async transform(event, controller) {
        await new Promise((resolve) => setImmediate(resolve));
        if (event.type === "text") controller.enqueue(event.text);
        if (event.type === "binary") controller.enqueue(event.payload);
      },
    });
    await readable
      .pipeThrough(codec.decoder)
      .pipeThrough(application)
      .pipeThrough(codec.encoder)
      .pipeTo(writable);
    const frames = toHex(concat(sent));
    expect(frames.replace("8a 01 70 ", "")).toBe(expected.replace("8a 01 70 ", ""));
    expect(frames).toContain("8a 01 70");
    expect(codec.state).toBe("closed");
  });

  test("where nothing is answered, nothing but the pong is before it, though the clock stands still", async () => {
    vi.useFakeTimers();
    try {
      const { input, events, output } = server();
      const fed = feed(input);
      const sent = rest(output);
      await rest(events);
      expect(toHex(concat(await sent))).toBe(`8a 01 70 ${close}`.trim());
      await fed;
    } finally {
      vi.useRealTimers();
    }
  });

  // Where the stream just ends, nothing is left that could hold it up.
  if (end !== undefined)
    test("events that are not read hold up no application that has ended", async () => {
      for (const last of ["close", "abort"] as const) {
        const { input, events, messages, output } = server();
        void feed(input).catch(() => {});
        expect((await events.read()).value).toEqual({ type: "text", text: "a" });
        void messages.write("a");
        void messages[last]().catch(() => {});
        const frames = toHex(concat(await rest(output)));
        expect(frames).toBe(`${last === "close" ? "81 01 61 " : ""}${close}`);
        await events.cancel();
      }
    });
});

describe("two codecs in a pipe", () => {
  test("talk to each other and close", async () => {
    const client = new CodecStreams({ role: "client" });
    const other = new CodecStreams({ role: "server" });
    const echo = new TransformStream<ConnectionEvent, OutgoingMessage>({
      transform(event, controller) {
        if (event.type === "text") controller.enqueue(event.text.toUpperCase());
      },
    });
    const there = client.encoder.readable
      .pipeThrough(other.decoder)
      .pipeThrough(echo)
      .pipeThrough(other.encoder)
      .pipeTo(client.decoder.writable);
    const messages = client.encoder.writable.getWriter();
    const events = client.decoder.readable.getReader();
    const writing = (async () => {
      for (let i = 0; i < 50; i++) await messages.write(`message ${i}`);
    })();
    for (let i = 0; i < 50; i++) {
      expect((await events.read()).value).toEqual({ type: "text", text: `MESSAGE ${i}` });
    }
    await writing;
    void messages.close();
    expect(await rest(events)).toEqual([{ type: "close", code: 1000, reason: "", wasClean: true }]);
    await there;
  });

  test("frames that a client would send are a violation for a client", async () => {
    const client = new CodecStreams({ role: "client" });
    const input = client.decoder.writable.getWriter();
    void input.write(concat([unmasked("81 01 'a'"), HELLO]));
    const found = await rest(client.decoder.readable.getReader());
    expect(found).toMatchObject([{ type: "text" }, { type: "close", failure: { closeCode: 1002 } }]);
  });
});
