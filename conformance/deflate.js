// permessage-deflate as the peer of what is tested speaks it: RFC 7692, with zlib of Node.
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { field } from "./handshake.js";

const NAME = "permessage-deflate";
const TAIL = Buffer.of(0, 0, 0xff, 0xff);
const LARGEST_BITS = 15;
/** zlib can't deflate with less. */
const LEAST_BITS = 9;
/** zlib looks no further back than its window only between two chunks of output. */
const LEAST_CHUNK = 64;
const MOST_INFLATED = 64 << 20;

/** Parameters by name; one without a value is `true`. One that comes twice, and an element of another shape, is `undefined`.
 * @typedef {Map<string, string | true> | undefined} Parameters
 */
/**
 * One direction of a connection.
 * @typedef {{ bits: number; fresh: boolean }} Direction
 */
/**
 * @typedef {object} Agreement
 * @property {Direction} server - how the server compresses
 * @property {Direction} client
 */

/**
 * The elements of a head's `Sec-WebSocket-Extensions` that name the extension.
 * @param {string} head
 * @returns {Parameters[]}
 */
export function elements(head) {
  return (field(head, "Sec-WebSocket-Extensions") ?? "")
    .split(",")
    .map((element) => element.split(";").map((part) => part.trim()))
    .filter(([name]) => name?.toLowerCase() === NAME)
    .map(([, ...parameters]) => parametersOf(parameters));
}

/**
 * @param {readonly string[]} list
 * @returns {Parameters}
 */
function parametersOf(list) {
  const found = new Map();
  for (const parameter of list) {
    const [, name, value] = /^([\w-]+)(?:=([\w-]+))?$/.exec(parameter) ?? [];
    if (name === undefined || found.has(name)) return undefined;
    found.set(name, value ?? true);
  }
  return found;
}

/** @param {string | true | undefined} value */
const isBits = (value) => typeof value === "string" && /^(?:[89]|1[0-5])$/.test(value);

/**
 * What is wrong with an answer to one of these offers.
 * @param {Parameters} answered
 * @param {Parameters} offered - that is answered
 * @returns {string | undefined}
 */
export function answerFault(answered, offered) {
  if (answered === undefined) return "answers with a parameter twice, or with what is none (7.1)";
  for (const [name, value] of answered) {
    if (name.endsWith("_no_context_takeover")) {
      if (value !== true) return `answers ${name} with a value (7.1.1)`;
    } else if (name.endsWith("_max_window_bits")) {
      if (!isBits(value)) return `answers ${name}=${value} (7.1.2)`;
      const most = offered?.get(name) ?? true;
      if (most !== true && Number(value) > Number(most)) return `answers a larger ${name} (7.1.2)`;
    } else return `answers ${name} (7.1)`;
  }
  if (answered.has("client_max_window_bits") && offered?.has("client_max_window_bits") !== true)
    return "answers client_max_window_bits, which was not offered (7.1.2.2)";
  for (const name of ["server_no_context_takeover", "server_max_window_bits"]) {
    if (offered?.has(name) === true && !answered.has(name)) return `does not confirm ${name} (7.1)`;
  }
  return undefined;
}

/**
 * What an answer means.
 * @param {Parameters} answered
 * @returns {Agreement}
 */
export function agreement(answered) {
  const direction = (/** @type {string} */ side) => ({
    fresh: answered?.has(`${side}_no_context_takeover`) === true,
    bits: Number(answered?.get(`${side}_max_window_bits`) ?? LARGEST_BITS),
  });
  return { server: direction("server"), client: direction("client") };
}

/**
 * An answer that a client must take.
 * @param {string} head - of its request
 * @param {string} wish - parameters, as in an answer; one that it has not offered is left out
 */
export function answerTo(head, wish) {
  const offers = elements(head);
  const knowsBits = offers.some((offer) => offer?.has("client_max_window_bits"));
  const wished = wish.split(";").filter((each) => knowsBits || !each.includes("client_max_window_bits"));
  const asked = [...(offers.at(-1) ?? [])].filter(([name]) => name.startsWith("server_"));
  const confirmed = asked
    .filter(([name]) => !wish.includes(name))
    .map(([name, value]) => (value === true ? name : `${name}=${value}`));
  return element([...wished, ...confirmed].join(";"));
}

/** The extension with parameters, as an element of the header. @param {string} parameters */
export function element(parameters) {
  return parameters === "" ? NAME : `${NAME}; ${parameters}`;
}

/** Compresses the messages of one direction. */
export class Deflater {
  #direction;
  #window = Buffer.alloc(0);

  /** @param {Direction} direction */
  constructor(direction) {
    this.#direction = direction;
  }

  /** Whether messages may refer to those before. */
  get takesOver() {
    return !this.#direction.fresh;
  }

  get bits() {
    return this.#direction.bits;
  }

  /**
   * The payload of a message.
   * @param {Uint8Array | string} data
   * @param {import("node:zlib").ZlibOptions} [options]
   */
  message(data, options = {}) {
    const bytes = Buffer.from(data);
    const { bits, fresh } = this.#direction;
    const whole = deflateRawSync(bytes, {
      windowBits: Math.max(LEAST_BITS, bits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#window.length > 0 && { dictionary: this.#window }),
      ...options,
    });
    if (!fresh) this.#window = Buffer.concat([this.#window, bytes]).subarray(-(2 ** bits));
    return whole.subarray(0, -TAIL.length);
  }
}

/** Inflates the messages of one direction, and holds it to what was agreed on. */
export class Inflater {
  #direction;
  #window = Buffer.alloc(0);

  /** @param {Direction} direction */
  constructor(direction) {
    this.#direction = direction;
  }

  /**
   * @param {Uint8Array} payload
   * @returns {Buffer | undefined} undefined if it can't be inflated
   */
  message(payload) {
    const { bits, fresh } = this.#direction;
    try {
      const data = inflateRawSync(Buffer.concat([payload, TAIL]), {
        windowBits: bits,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: MOST_INFLATED,
        ...(bits < LARGEST_BITS && { chunkSize: LEAST_CHUNK }),
        ...(this.#window.length > 0 && { dictionary: this.#window }),
      });
      if (!fresh) this.#window = Buffer.concat([this.#window, data]).subarray(-(2 ** bits));
      return data;
    } catch {
      return undefined;
    }
  }
}
