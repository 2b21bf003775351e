// Proof: no byte of one connection reaches another.
import { Endpoint } from "../../../dist/index.js";
import { sharedWorkspace } from "../../../dist/memory/workspace.js";
import { frame } from "../peer.js";
import { exactly, told } from "../rows.js";

/** Frames that go through one endpoint in one read, more or less. */
const BATCH = 60;

/** @type {import("../main.js").Proof} */
export const isolation = {
  name: "isolation",
  about:
    "tainted data of many connections through one instance, cut anywhere, handlers that re-enter: no foreign byte",
  connections: 64,
  count: 10_000_000,
  inside: true,
  async run({ connections, count, progress }) {
    const workspace = sharedWorkspace();
    const memory = workspace.linear.memory.buffer.byteLength;
    const lanes = Array.from({ length: connections }, (_, i) => new Lane(i));
    const random = generator(20_261);
    let frames = 0;
    for (let round = 0; frames < count; round++) {
      const lane = lanes[Math.floor(random() * lanes.length)];
      if (lane === undefined) continue;
      // Every third read, its handlers feed another connection in the middle.
      const other = lanes[Math.floor(random() * lanes.length)];
      lane.inside = round % 3 === 0 && other !== lane ? () => other?.read(random) : undefined;
      lane.read(random);
      if (round % 1000 === 0) {
        frames = lanes.reduce((sum, each) => sum + each.frames, 0);
        progress(frames / count, `${frames} frames`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const sum = (/** @type {(lane: Lane) => number} */ of) =>
      lanes.reduce((total, lane) => total + of(lane), 0);
    return [
      told("frames", frames.toLocaleString("en")),
      told("connections, kernel", `${connections}, ${workspace.linear.kernel.name}`),
      told("reads that another one interrupted", sum((lane) => lane.nested).toLocaleString("en")),
      exactly(
        "bytes received that are not the connection's own",
        sum((lane) => lane.foreignIn),
        0,
      ),
      exactly(
        "bytes sent that are not the connection's own",
        sum((lane) => lane.foreignOut),
        0,
      ),
      exactly(
        "messages of a wrong length",
        sum((lane) => lane.wrong),
        0,
      ),
      exactly(
        "connections that are no longer open",
        lanes.filter((lane) => lane.endpoint.state !== "open").length,
        0,
      ),
      exactly("linear memory, growth", workspace.linear.memory.buffer.byteLength - memory, 0),
    ];
  },
};

/** A connection all of whose payload is one byte, which no other has. */
class Lane {
  frames = 0;
  nested = 0;
  foreignIn = 0;
  foreignOut = 0;
  wrong = 0;
  /** @type {(() => void) | undefined} */
  inside;
  #taint;
  #walking = false;
  /** Lengths of the messages that are still to come. */
  /** @type {number[]} */
  #expected = [];
  /** What was cut off the last read. */
  #rest = Buffer.alloc(0);
  #text;

  /** @param {number} index */
  constructor(index) {
    // ASCII, so that it is text as well.
    this.#taint = 0x30 + index;
    this.#text = String.fromCharCode(this.#taint);
    const ignore = () => {};
    this.endpoint = new Endpoint(
      {
        onText: (text) => this.#message(Buffer.from(text)),
        onBinary: (payload) => this.#message(payload),
        onPing: (payload) => this.#message(payload),
        onFragment: ignore,
        onPong: ignore,
        onClose: ignore,
      },
      { role: "server", borrow: index % 2 === 0 },
    );
  }

  /** @param {() => number} random */
  read(random) {
    if (this.#walking) return;
    const frames = [this.#rest];
    for (let i = 0; i < BATCH; i++) frames.push(...this.#frames(random));
    const stream = Buffer.concat(frames);
    const cut = stream.length - Math.floor(random() * Math.min(stream.length, 40));
    this.#rest = stream.subarray(cut);
    this.#walking = true;
    this.endpoint.receive(stream.subarray(0, cut));
    this.#walking = false;
    this.endpoint.settle();
    for (const chunk of this.endpoint.outbox.take()) this.#checkSent(chunk);
  }

  /**
   * A message, whole or in two fragments, or a ping.
   * @param {() => number} random
   */
  #frames(random) {
    const kind = Math.floor(random() * 10);
    const length = Math.floor(random() * (kind === 0 ? 2000 : 60));
    this.#expected.push(length);
    const payload = Buffer.alloc(length, this.#taint);
    if (kind === 1) return [frame(9, payload)];
    if (kind === 2)
      return [frame(2, payload.subarray(0, length >> 1), false), frame(0, payload.subarray(length >> 1))];
    return [frame(kind < 6 ? 1 : 2, payload)];
  }

  /** @param {Uint8Array} payload */
  #message(payload) {
    this.frames++;
    const { inside } = this;
    if (inside !== undefined && this.frames % 20 === 0) {
      this.inside = undefined;
      this.nested++;
      inside();
    }
    // The bytes behind that: the connection that was fed in between must not have overwritten them.
    for (const byte of payload) if (byte !== this.#taint) this.foreignIn++;
    if (payload.length !== this.#expected.shift()) this.wrong++;
    if (this.frames % 4 === 0) this.endpoint.sendBinary(payload);
    else if (this.frames % 4 === 1) this.endpoint.sendText(this.#text);
  }

  /**
   * Looks at the payloads of what goes out.
   * @param {Uint8Array} chunk - whole frames
   */
  #checkSent(chunk) {
    for (let at = 0; at < chunk.length; ) {
      const short = (chunk[at + 1] ?? 0) & 0x7f;
      const long = short === 126;
      const start = at + (long ? 4 : 2);
      const length = long ? ((chunk[at + 2] ?? 0) << 8) | (chunk[at + 3] ?? 0) : short;
      for (let i = start; i < start + length; i++) if (chunk[i] !== this.#taint) this.foreignOut++;
      at = start + length;
    }
  }
}

/**
 * Numbers from 0 to 1, the same in each run (mulberry32).
 * @param {number} seed
 */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
