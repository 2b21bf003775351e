import { describe, expect, test } from "vitest";
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

  test("takes the next chunk when the events of one were asked for", async () => {
    const { input, events } = server();
    const first = input.write(masked("81 01 | 'a'", "81 01 | 'b'"));
    expect(await settled(first)).toBe(false);
    expect(await events.read()).toEqual({ done: false, value: { type: "text", text: "a" } });
    expect(await settled(first)).toBe(true);
    expect(await events.read()).toEqual({ done: false, value: { type: "text", text: "b" } });
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

  test("answers a flood of pings with the newest, when it is read", async () => {
    const { input, events, output } = server();
    const read = rest(events);
    for (let i = 0; i < 100; i++) await input.write(masked(`89 01 | ${i.toString(16).padStart(2, "0")}`));
    expect((await output.read()).value).toEqual(hex("8a 01 63"));
    void input.close();
    expect((await read).length).toBe(101);
    expect(await rest(output)).toEqual([]);
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
    const late = messages.write("too late");
    expect(toHex(concat(await rest(output)))).toBe("88 02 03 e8");
    await late;
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
