// The other side of what is tested: a TCP connection that reads frames, keeps what came, and says what was wrong with it.
import { isUtf8 } from "node:buffer";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Inflater } from "./deflate.js";
import { decode, described } from "./frames.js";

const MOST_HEAD_BYTES = 64 << 10;
/** Pause between two chunks, so that they arrive as two reads, mostly. */
const PACE_MS = 1;
const FORBIDDEN_CODES = [1005, 1006, 1015];
const RSV1 = 4;
const OPCODES = [0, 1, 2, 8, 9, 10];

export class Peer {
  #socket;
  #testedIsClient;
  #bytes = Buffer.alloc(0);
  #readsFrames = false;
  /** @type {{ type: "text" | "binary"; compressed: boolean; parts: Buffer[] } | undefined} */
  #open;
  /** @type {Inflater | undefined} */
  #inflater;
  /** @type {Set<() => void>} */
  #looks = new Set();
  /** Data messages that came, each `described`. @type {string[]} */
  messages = [];
  /** Payloads of pongs, as hex digits. @type {string[]} */
  pongs = [];
  /** Bytes of all pongs' payloads. */
  pongBytes = 0;
  /** Masking keys of all frames, as hex digits. @type {string[]} */
  keys = [];
  /** The Close frame that came. @type {{ code: number | undefined; reason: string } | undefined} */
  close;
  /** Data messages that came compressed. */
  compressed = 0;
  /** What a frame that came breaks: the first of these. @type {string | undefined} */
  fault;
  /** The other side ended its stream. */
  ended = false;
  /** Nothing goes either way any more. */
  closed = false;
  /** Called by `destroy`. */
  onDestroy = () => {};

  /**
   * @param {import("node:net").Socket} socket - half open is allowed
   * @param {"server" | "client"} testedRole - what is at its other end
   */
  constructor(socket, testedRole) {
    this.#socket = socket;
    this.#testedIsClient = testedRole === "client";
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      if (this.#readsFrames) this.#parse();
      this.#look();
    });
    socket.on("end", () => {
      this.ended = true;
      this.#look();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#look();
    });
  }

  get over() {
    return this.ended || this.closed;
  }

  /**
   * Waits for something, but not for ever.
   * @param {() => boolean} condition
   * @param {number} ms
   * @returns {Promise<boolean>} whether it came to pass
   */
  until(condition, ms) {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (/** @type {boolean} */ found) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve(found);
      };
      const look = () => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(condition()), ms);
      this.#looks.add(look);
    });
  }

  /**
   * Writes bytes in chunks, until the other side has had enough.
   * @param {Uint8Array} bytes
   * @param {readonly number[]} [cuts] - offsets, in rising order
   */
  async write(bytes, cuts = []) {
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (from > 0) {
        await sleep(PACE_MS);
        // What has come is read before the next write, which may find the connection gone.
        await turn();
      }
      if (this.over || this.close !== undefined) return;
      this.#socket.write(bytes.subarray(from, to));
      from = to;
    }
  }

  /**
   * Writes as fast as the other side reads.
   * @param {Uint8Array} bytes
   * @param {number} ms - gives up when nothing moves for so long
   * @returns {Promise<boolean>} whether all of it went out
   */
  async flood(bytes, ms) {
    if (this.#socket.write(bytes)) return true;
    let drained = false;
    this.#socket.once("drain", () => {
      drained = true;
      this.#look();
    });
    return (await this.until(() => drained || this.closed, ms)) && !this.closed;
  }

  stopReading() {
    this.#socket.pause();
  }

  goOnReading() {
    this.#socket.resume();
  }

  /** Sends a FIN. */
  end() {
    this.#socket.end();
  }

  reset() {
    this.#socket.resetAndDestroy();
  }

  destroy() {
    this.#socket.destroy();
    this.onDestroy();
    this.onDestroy = () => {};
  }

  /**
   * Takes an HTTP head, without its empty line.
   * @param {number} ms
   * @returns {Promise<string | undefined>} undefined if none came
   */
  async head(ms) {
    const length = () => this.#bytes.indexOf("\r\n\r\n");
    await this.until(() => length() >= 0 || this.over || this.#bytes.length > MOST_HEAD_BYTES, ms);
    const end = length();
    if (end < 0) return undefined;
    const head = this.#bytes.toString("latin1", 0, end);
    this.#bytes = this.#bytes.subarray(end + 4);
    return head;
  }

  /** What came and is no part of a head or a frame that was whole. */
  get rest() {
    return this.#bytes;
  }

  /**
   * What comes from now on is frames.
   * @param {import("./deflate.js").Agreement} [agreed] - what compressed messages must keep to
   */
  readFrames(agreed) {
    if (agreed !== undefined)
      this.#inflater = new Inflater(agreed[this.#testedIsClient ? "client" : "server"]);
    this.#readsFrames = true;
    this.#parse();
  }

  #look() {
    for (const look of [...this.#looks]) look();
  }

  #parse() {
    for (;;) {
      const found = decode(this.#bytes);
      if (found === undefined) return;
      this.#bytes = this.#bytes.subarray(found.length);
      this.fault ??= this.#faultOf(found.frame);
      this.#take(found.frame);
    }
  }

  /**
   * The MUST that a frame breaks.
   * @param {import("./frames.js").Received} frame
   */
  #faultOf({ fin, rsv, opcode, form, key, payload }) {
    const compressed = rsv === RSV1 && (opcode === 1 || opcode === 2) && this.#inflater !== undefined;
    if (rsv !== 0 && !compressed) return "sends RSV bits that no extension allows (5.2)";
    if (!OPCODES.includes(opcode)) return `sends the reserved opcode ${opcode} (5.2)`;
    if ((key !== undefined) !== this.#testedIsClient) {
      return this.#testedIsClient ? "sends an unmasked frame (5.1)" : "sends a masked frame (5.1)";
    }
    const { length } = payload;
    if ((form === 16 && length < 126) || (form === 64 && length < 65_536))
      return "sends a length in a longer form (5.2)";
    if (opcode >= 8 && (!fin || length > 125))
      return "sends a control frame in parts or over 125 bytes (5.5)";
    if (opcode < 3 && this.close !== undefined) return "sends data after its Close (5.5.1)";
    if (opcode === 0 && this.#open === undefined) return "sends a continuation of nothing (5.4)";
    if ((opcode === 1 || opcode === 2) && this.#open !== undefined)
      return "sends a message inside of another (5.4)";
    return opcode === 8 ? faultOfClose(payload) : undefined;
  }

  /** @param {import("./frames.js").Received} frame */
  #take({ fin, rsv, opcode, key, payload }) {
    if (key !== undefined) this.keys.push(key.toString("hex"));
    if (opcode === 8) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
      this.close ??= { code, reason: payload.toString("utf8", 2) };
    } else if (opcode === 10) {
      this.pongs.push(payload.toString("hex"));
      this.pongBytes += payload.length;
    } else if (opcode < 3) {
      if (opcode > 0)
        this.#open = { type: opcode === 1 ? "text" : "binary", compressed: rsv === RSV1, parts: [] };
      this.#open?.parts.push(payload);
      if (fin) this.#finish();
    }
  }

  #finish() {
    if (this.#open === undefined) return;
    const { type, compressed, parts } = this.#open;
    this.#open = undefined;
    const payload = Buffer.concat(parts);
    if (compressed) this.compressed++;
    const whole = compressed ? this.#inflater?.message(payload) : payload;
    if (whole === undefined) {
      this.fault ??= "sends what can't be inflated as agreed (7.2.1)";
      return;
    }
    if (type === "text" && !isUtf8(whole)) this.fault ??= "sends text that is not UTF-8 (5.6)";
    this.messages.push(described(type, whole));
  }
}

/** @param {Buffer} payload */
function faultOfClose(payload) {
  if (payload.length === 1) return "sends a Close with a body of 1 byte (5.5.1)";
  if (payload.length < 2) return undefined;
  const code = payload.readUInt16BE(0);
  if (FORBIDDEN_CODES.includes(code)) return `sends ${code} in a Close (7.4.1)`;
  return isUtf8(payload.subarray(2)) ? undefined : "sends a Close reason that is not UTF-8 (5.5.1)";
}
