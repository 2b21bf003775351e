// Messages of many lengths in fragments of many lengths, compressed with each window, both ways between a connection and
// zlib. `WSIMD_BREADTH=all` has each window with each length, and hundreds of messages.
import { describe, expect, test } from "vitest";
import { Connection, type Role } from "../../src/index.js";
import { permessageDeflate } from "../../src/protocol/deflate/index.js";
import { payloadPath } from "../../src/protocol/extensions/payload-path.js";
import { cutAt, everyBytes } from "../support/cuts.js";
import { SETTINGS } from "../support/deflate-connection.js";
import { DEFLATE_KERNELS } from "../support/deflate-kernel.js";
import { frame, KEY, type ParsedFrame, parseFrames } from "../support/frame.js";
import { concat } from "../support/hex.js";
import { Random } from "../support/reference-random.js";
import { ZlibStream } from "../support/zlib-deflate.js";

const ALL = process.env.WSIMD_BREADTH === "all";
const SIZES = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
const FRAGMENTS = [Number.POSITIVE_INFINITY, 256, 1024, 4096];
const WINDOWS = [8, 9, 10, 11, 12, 13, 14, 15];
const ROLES: readonly Role[] = ["server", "client"];
const BOTH = [true, false];
const RSV1 = 4;
const WORDS = ["price", "größe", "日本", "user", "event", "2026-12-01T12:00:00Z", "null", "true", "id"];
/** Of one case: how many messages, and how many bytes they have at most. */
const [MESSAGES, BYTES] = ALL ? [300, 8 << 20] : [16, 1 << 17];
/** How many bytes come in one go; few of a large message take long. */
const CHUNKS = [Number.POSITIVE_INFINITY, 1460, 7];
const LARGE = ALL ? 16_384 : 4096;
const PATIENCE_MS = ALL ? 7_200_000 : 60_000;

interface Case {
  readonly size: number;
  readonly fragment: number;
  readonly takeover: boolean;
  /** Of the messages of the connection, and of those of zlib. */
  readonly ownBits: number;
  readonly peerBits: number;
}

const ALIKE = SIZES.flatMap((size) =>
  FRAGMENTS.flatMap((fragment) => BOTH.map((takeover) => ({ size, fragment, takeover }))),
);
/** In either direction, each window with each of the others; or with some of them. */
const CASES: readonly Case[] = ALIKE.flatMap((each, i) =>
  (ALL ? WINDOWS : [window(i)]).map((ownBits) => ({
    ...each,
    ownBits,
    peerBits: window(ownBits + 3 + (i >> 3)),
  })),
);

function window(i: number): number {
  return WINDOWS[i % WINDOWS.length] ?? 15;
}

/** Messages of one length: text that repeats itself, bytes of which some do, and noise. */
class Messages {
  readonly #random: Random;
  readonly #text: readonly Uint8Array[];
  readonly #bytes: readonly Uint8Array[];

  constructor(size: number, seed: number) {
    this.#random = new Random(seed);
    this.#text = [0, 1, 2].map(() => this.#words(size));
    const noise = this.#random.bytes(size);
    const mixed = noise.map((byte, i) => ((i >> 5) & 1 ? byte : (i * 7) & 63));
    this.#bytes = [noise, mixed, mixed.map((byte) => byte ^ (byte & 1))];
  }

  #words(size: number): Uint8Array {
    let text = "";
    while (text.length < size) text += `{"${this.#random.pick(WORDS)}":${this.#random.below(1000)}},`;
    const bytes = Buffer.from(text);
    let end = size;
    // No character is cut.
    while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    return Uint8Array.from([...bytes.subarray(0, end), ...Array<number>(size - end).fill(0x2e)]);
  }

  next(): { text: boolean; payload: Uint8Array } {
    const text = this.#random.oneIn(2);
    return { text, payload: this.#random.pick(text ? this.#text : this.#bytes) };
  }
}

/** The parts of a payload, at least one. */
function partsOf(payload: Uint8Array, size: number): Uint8Array[] {
  return Number.isFinite(size) ? cutAt(payload, everyBytes(payload.length, size)) : [payload];
}

/** A connection with permessage-deflate, whose peer is zlib. */
class Pair {
  readonly #role: Role;
  readonly #connection: Connection;
  readonly #sending: ZlibStream;
  readonly #receiving: ZlibStream;
  readonly #fragment: number;
  /** Messages that went out compressed. */
  compressed = 0;

  constructor(role: Role, kernel: (typeof DEFLATE_KERNELS)[number], options: Case) {
    const { takeover, ownBits, peerBits, fragment } = options;
    const parameters = {
      serverNoContextTakeover: !takeover,
      clientNoContextTakeover: !takeover,
      serverMaxWindowBits: role === "server" ? ownBits : peerBits,
      clientMaxWindowBits: role === "server" ? peerBits : ownBits,
    };
    this.#role = role;
    this.#fragment = fragment;
    const extension = payloadPath(permessageDeflate(role, parameters, SETTINGS));
    this.#connection = new Connection({ role, kernel, extension });
    this.#sending = new ZlibStream(!takeover, peerBits);
    this.#receiving = new ZlibStream(!takeover, ownBits);
  }

  /** What the connection makes of a message of zlib. @param chunk - bytes that come in one go */
  receive(text: boolean, payload: Uint8Array, chunk: number): Uint8Array {
    const parts = partsOf(this.#sending.deflate(payload), this.#fragment);
    const mask = this.#role === "server" ? KEY : undefined;
    const frames = parts.map((part, i) =>
      frame({
        fin: i === parts.length - 1,
        rsv: i === 0 ? RSV1 : 0,
        opcode: i > 0 ? 0 : text ? 1 : 2,
        mask,
        payload: part,
      }),
    );
    const stream = concat(frames);
    const events = partsOf(stream, chunk).flatMap((bytes) => [...this.#connection.receive(bytes)]);
    expect(events.map(({ type }) => type)).toEqual([text ? "text" : "binary"]);
    const [event] = events;
    if (event?.type === "text") return Buffer.from(event.text);
    if (event?.type === "binary") return event.payload;
    throw new Error("no message came");
  }

  /** What zlib makes of a message of the connection. */
  send(text: boolean, payload: Uint8Array): Uint8Array {
    const parts = partsOf(payload, this.#fragment);
    if (parts.length > 1) {
      const type = text ? "text" : "binary";
      for (const [i, part] of parts.entries())
        this.#connection.sendFragment(part, i === parts.length - 1, { type });
    } else if (text) this.#connection.sendText(Buffer.from(payload).toString());
    else this.#connection.sendBinary(payload);
    const frames = parseFrames(concat(this.#connection.takeOutput()));
    const whole = concat(frames.map((each) => each.payload));
    this.#expectFrames(frames, text);
    if (frames[0]?.rsv !== RSV1) return whole;
    this.compressed++;
    return this.#receiving.inflateNext(whole);
  }

  #expectFrames(frames: readonly ParsedFrame[], text: boolean): void {
    for (const [i, { fin, rsv, opcode, mask }] of frames.entries()) {
      expect([fin, opcode, mask !== undefined]).toEqual([
        i === frames.length - 1,
        i > 0 ? 0 : text ? 1 : 2,
        this.#role === "client",
      ]);
      if (i > 0) expect(rsv).toBe(0);
    }
  }
}

describe.each(DEFLATE_KERNELS)("each length, fragment and window [%s]", (kernel) => {
  test.each(ROLES)("as a %s", { timeout: PATIENCE_MS }, (role) => {
    let messages = new Messages(0, 0);
    let compressed = 0;
    for (const [i, each] of CASES.entries()) {
      if (each.size !== CASES[i - 1]?.size) messages = new Messages(each.size, each.size);
      const pair = new Pair(role, kernel, each);
      const where = JSON.stringify({ ...each, case: i });
      const count = Math.max(3, Math.min(MESSAGES, Math.floor(BYTES / each.size)));
      for (let turn = 0; turn < count; turn++) {
        const chunk = CHUNKS[turn % (each.size > LARGE ? 2 : 3)] ?? 1;
        const theirs = messages.next();
        const came = pair.receive(theirs.text, theirs.payload, chunk);
        if (Buffer.compare(came, theirs.payload) !== 0) expect.fail(`${where}: message ${turn} came wrong`);
        const ours = messages.next();
        const went = pair.send(ours.text, ours.payload);
        if (Buffer.compare(went, ours.payload) !== 0) expect.fail(`${where}: message ${turn} went wrong`);
      }
      compressed += pair.compressed / count;
    }
    // What repeats itself does not go out as it is: most of the messages.
    expect(compressed).toBeGreaterThan(CASES.length / 2);
  });
});
