// What streams do that TCP never does: the suite over TCP is in test/adapters.
import { describe, expect, test } from "vitest";
import { type ByteStreams, connect, createServer, open } from "../../../src/streams/index.js";
import { request, unmasked } from "../../adapters/raw-peer.js";
import { Recorder } from "../../adapters/recorder.js";
import { concat, hex, toHex } from "../../support/hex.js";

/** Streams whose other ends are in the test's hands. */
class Line implements ByteStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  input!: ReadableStreamDefaultController<Uint8Array>;
  output!: WritableStreamDefaultController;
  readonly written: Uint8Array[] = [];
  /** How many reads were asked for. */
  pulls = 0;
  cancelled: unknown;
  aborted: unknown;
  closed = false;
  /** Writes wait for it. */
  gate: Promise<void> | undefined;

  constructor() {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.input = controller;
        },
        pull: () => void this.pulls++,
        cancel: (reason) => {
          this.cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.output = controller;
      },
      write: (chunk) => {
        this.written.push(chunk);
        return this.gate;
      },
      close: () => {
        this.closed = true;
      },
      abort: (reason) => {
        this.aborted = reason;
      },
    });
  }

  get bytes(): string {
    return toHex(concat(this.written));
  }
}

/** Lets all that is on its way happen. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function opened(also = {}, options = {}) {
  const line = new Line();
  const recorder = new Recorder(also);
  const socket = open(line, { role: "client", ...options }, recorder);
  return { line, recorder, socket };
}

describe("writing", () => {
  test("goes on one write at a time; what is sent meanwhile leaves in the next", async () => {
    const { line, socket } = opened({}, { role: "server" });
    let release = (): void => {};
    line.gate = new Promise((resolve) => {
      release = resolve;
    });
    socket.send("a");
    await turn();
    socket.send("b");
    await turn();
    socket.send("c");
    await turn();
    expect(line.bytes).toBe("81 01 61");
    expect(socket.bufferedAmount).toBe(9);
    line.gate = undefined;
    release();
    await turn();
    expect(line.written.map((chunk) => toHex(chunk))).toEqual(["81 01 61", "81 01 62 81 01 63"]);
    expect(socket.bufferedAmount).toBe(0);
  });

  test("gives the stream memory that nobody else has", async () => {
    const { line, socket } = opened({}, { role: "server" });
    const payload = new Uint8Array(100_000).fill(7);
    socket.send(payload);
    await turn();
    for (const chunk of line.written) structuredClone(chunk, { transfer: [chunk.buffer] });
    expect(payload.length).toBe(100_000);
    expect(line.written.every((chunk) => chunk.length === 0)).toBe(true);
  });

  test("fails when memory is transferred that waits behind another write", async () => {
    const { line, recorder, socket } = opened({}, { role: "server" });
    let release = (): void => {};
    line.gate = new Promise((resolve) => {
      release = resolve;
    });
    socket.send("a");
    await turn();
    const payload = new Uint8Array(60_000);
    socket.send(payload);
    await turn();
    structuredClone(null, { transfer: [payload.buffer] });
    line.gate = undefined;
    release();
    expect(await recorder.closed()).toBe("close 1006");
    expect(line.bytes).toBe("81 01 61");
    expect(String(line.aborted)).toMatch(/transferred or detached/);
  });

  test("cuts long messages, so that their progress shows", async () => {
    const { line, socket } = opened({}, { role: "server" });
    socket.send(new Uint8Array(200_000));
    await turn();
    expect(line.written.map((chunk) => chunk.length)).toEqual([65_536, 65_536, 65_536, 3_402]);
  });

  test("says buffered over 64 KiB, and drain when there is room", async () => {
    const { line, recorder, socket } = opened();
    let release = (): void => {};
    line.gate = new Promise((resolve) => {
      release = resolve;
    });
    socket.send(new Uint8Array(70_000));
    await turn();
    expect(socket.send("more")).toBe("buffered");
    await turn();
    expect(recorder.count("drain")).toBe(0);
    line.gate = undefined;
    release();
    await recorder.until("drain");
    expect(socket.bufferedAmount).toBe(0);
  });
});

describe("reading", () => {
  test("asks for one chunk at a time, and for none while paused", async () => {
    const { line, recorder, socket } = opened({ message: () => socket.pause() });
    await turn();
    expect(line.pulls).toBe(1);
    line.input.enqueue(unmasked("81 01 'a'"));
    await recorder.until("message");
    await turn();
    expect(line.pulls).toBe(1);
    socket.resume();
    await turn();
    expect(line.pulls).toBe(2);
  });

  test("keeps a chunk that comes while paused, and the end behind it", async () => {
    const { line, recorder, socket } = opened();
    await turn();
    socket.pause();
    line.input.enqueue(unmasked("81 01 'a'"));
    line.input.close();
    await turn();
    socket.resume();
    socket.pause();
    await turn();
    expect(recorder.log).toEqual(["open"]);
    socket.resume();
    expect(recorder.log).toEqual(["open"]);
    expect(await recorder.closed()).toBe("close 1006");
    expect(recorder.messages).toEqual(["a"]);
  });

  test("what is no bytes is an error of the streams, not of the peer", async () => {
    const { line, recorder } = opened();
    line.input.enqueue(JSON.parse('"text"'));
    expect(await recorder.closed()).toBe("close 1006");
    expect(recorder.errors).toEqual([]);
    expect(String(recorder.closes[0]?.cause)).toMatch(/must give bytes/);
  });
});

describe("an error", () => {
  const broken = new Error("the line is cut");

  test("of the readable aborts the writable, and is the cause of the close", async () => {
    const { line, recorder } = opened();
    line.input.error(broken);
    await recorder.closed();
    expect(recorder.log).toEqual(["open", "close 1006"]);
    expect(recorder.closes[0]?.cause).toBe(broken);
    expect(line.aborted).toBe(broken);
  });

  test("of the writable cancels the readable, without a write that would meet it", async () => {
    const { line, recorder } = opened();
    line.output.error(broken);
    await recorder.closed();
    expect(recorder.log).toEqual(["open", "close 1006"]);
    expect(recorder.closes[0]?.cause).toBe(broken);
    expect(line.cancelled).toBe(broken);
  });

  test("while connecting rejects with it", async () => {
    const line = new Line();
    const connecting = connect(line, "ws://example.org/");
    line.input.error(broken);
    await expect(connecting).rejects.toBe(broken);
    expect(line.aborted).toBe(broken);
  });
});

describe("the end", () => {
  test("terminate() cancels and aborts, with a reason", async () => {
    const { line, recorder, socket } = opened();
    socket.terminate();
    expect(await recorder.closed()).toBe("close 1006");
    expect(String(line.cancelled)).toMatch(/terminated/);
    expect(line.aborted).toBe(line.cancelled);
    expect(recorder.errors).toEqual([]);
  });

  test("a clean close closes the writable when the readable has ended", async () => {
    const { line, recorder, socket } = opened();
    socket.close(1000);
    await turn();
    line.input.enqueue(hex("88 02 03 e8"));
    await turn();
    expect(line.closed).toBe(false);
    line.input.close();
    expect(await recorder.closed()).toBe("close 1000 clean");
    expect(line.closed).toBe(true);
    expect([line.cancelled, line.aborted]).toEqual([undefined, undefined]);
  });
});

describe("the opening handshake", () => {
  test.each(Array.from({ length: request().length }, (_, cut) => cut))(
    "is read cut at byte %i",
    async (cut) => {
      const line = new Line();
      const recorder = new Recorder();
      const bytes = concat([hex(toHex(new TextEncoder().encode(request()))), hex("81 81 00 00 00 00 'x'")]);
      void createServer({}, recorder).accept(line, { remoteAddress: "the moon" });
      line.input.enqueue(bytes.subarray(0, cut));
      await turn();
      line.input.enqueue(bytes.subarray(cut));
      await recorder.until("message");
      expect(new TextDecoder().decode(concat(line.written))).toMatch(/^HTTP\/1\.1 101 /);
      expect(recorder.socket.remoteAddress).toBe("the moon");
      recorder.socket.terminate();
    },
  );

  test("that is refused ends accept(), which does not reject", async () => {
    const line = new Line();
    const over = createServer({}, {}).accept(line);
    line.input.enqueue(new TextEncoder().encode("nonsense\r\n\r\n"));
    line.input.close();
    await over;
    expect(new TextDecoder().decode(concat(line.written))).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("done elsewhere: bytes behind the head are handled first", () => {
    const recorder = new Recorder();
    const rest = unmasked("81 01 'r'");
    const socket = open(new Line(), { role: "client", rest, protocol: "chat", data: () => 7 }, recorder);
    expect(recorder.log).toEqual(["open", 'text "r"']);
    expect([socket.protocol, socket.data]).toEqual(["chat", 7]);
    socket.terminate();
  });
});

describe("streams that can't be taken", () => {
  test("are left alone", async () => {
    const line = new Line();
    line.writable.getWriter();
    expect(() => open(line, { role: "client" })).toThrow(TypeError);
    await expect(createServer({}, {}).accept(line)).rejects.toThrow(TypeError);
    await expect(connect(line, "ws://x/")).rejects.toThrow(TypeError);
    expect(line.readable.locked).toBe(false);
    expect(() => open(new Line(), JSON.parse('{ "role": "both" }'))).toThrow(RangeError);
  });
});
