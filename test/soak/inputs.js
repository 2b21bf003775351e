// Everything on the wire of which there may be many: each input has as many items as it is asked for.

import { HeadParser, parseExtensions, parseSubprotocols } from "../../dist/handshake/index.js";
import { Connection } from "../../dist/index.js";
import { frame, REQUEST } from "./peer.js";

/**
 * @typedef {object} Input
 * @property {string} name
 * @property {(size: number, first: number, kernel: import("../../dist/index.js").KernelName) => () => unknown} make
 *   prepares an input of so many items, numbered from `first` on, for what it returns to handle
 */

const HEAD_LIMITS = { maxHeadBytes: 1 << 24, maxHeaderLines: 1 << 17 };
const LIMITS = { maxMessageBytes: 1 << 24, maxFragments: 1 << 20 };
const LINES = REQUEST.toString("latin1").slice(0, -2);

/** @param {readonly string[]} lines */
function head(lines) {
  return Buffer.from(`${LINES}${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

/**
 * @template T
 * @param {number} size
 * @param {(i: number) => T} item
 */
function many(size, item) {
  return Array.from({ length: size }, (_, i) => item(i));
}

/** @param {Uint8Array} bytes */
function parse(bytes) {
  const result = new HeadParser("request", HEAD_LIMITS).push(bytes);
  if (result.type !== "head") throw new Error(result.type);
  return result.head.headers;
}

/** @param {string} value */
function subprotocols(value) {
  const bytes = head([`Sec-WebSocket-Protocol: ${value}`]);
  return () => parseSubprotocols(parse(bytes));
}

/** @param {string} value */
function extensions(value) {
  const bytes = head([`Sec-WebSocket-Extensions: ${value}`]);
  return () => parseExtensions(parse(bytes).getAll("sec-websocket-extensions"));
}

/**
 * @param {readonly Uint8Array[]} chunks
 * @param {import("../../dist/index.js").KernelName} kernel
 */
function received(chunks, kernel) {
  return () => {
    const connection = new Connection({ role: "server", kernel, limits: LIMITS });
    let events = 0;
    for (const chunk of chunks) events += connection.receive(chunk).length;
    if (connection.state !== "open") throw new Error("the input is refused");
    return events + connection.takeOutput().length;
  };
}

const X = Buffer.from("x");
const NOTHING = Buffer.alloc(0);

/**
 * @param {number} size
 * @param {Uint8Array} payload
 */
function fragments(size, payload) {
  return [...many(size, (i) => frame(i === 0 ? 2 : 0, payload, false)), frame(0, payload)];
}

/** @type {readonly Input[]} */
export const INPUTS = [
  {
    name: "header lines",
    make(size, first) {
      const bytes = head(many(size, (i) => `X-${first + i}: y`));
      return () => parse(bytes).toObject();
    },
  },
  {
    name: "one header repeated",
    make(size) {
      const bytes = head(many(size, () => "X: y"));
      return () => parse(bytes).get("x");
    },
  },
  {
    name: "repeated subprotocol headers",
    make(size, first) {
      const bytes = head(many(size, (i) => `Sec-WebSocket-Protocol: a${first + i}`));
      return () => parseSubprotocols(parse(bytes));
    },
  },
  {
    name: "a head in chunks of one byte",
    make(size) {
      const bytes = Buffer.from(`GET /${"x".repeat(size)}`, "latin1");
      return () => {
        const parser = new HeadParser("request", HEAD_LIMITS);
        for (let i = 0; i < bytes.length; i++) parser.push(bytes.subarray(i, i + 1));
        return parser;
      };
    },
  },
  { name: "spaces in a value", make: (size) => subprotocols(`a${" ".repeat(size)}b`) },
  { name: "spaces behind a value", make: (size) => subprotocols(`a${" ".repeat(size)}`) },
  {
    name: "subprotocols",
    make: (size, first) => subprotocols(many(size, (i) => `a${first + i}`).join(",")),
  },
  { name: "commas", make: (size) => subprotocols(",".repeat(size)) },
  { name: "extensions", make: (size) => extensions(`a${",a".repeat(size)}`) },
  { name: "parameters", make: (size) => extensions(`a${";b=1".repeat(size)}`) },
  { name: "escapes", make: (size) => extensions(`a; b="${"\\c".repeat(size)}"`) },
  { name: "escapes without an end", make: (size) => extensions(`a; b="${"\\c".repeat(size)}`) },
  { name: "open quotes", make: (size) => extensions('a;b="'.repeat(size)) },
  {
    name: "fragments",
    make: (size, _, kernel) => received([Buffer.concat(fragments(size, X))], kernel),
  },
  { name: "fragments, each its own chunk", make: (size, _, kernel) => received(fragments(size, X), kernel) },
  {
    name: "empty fragments",
    make: (size, _, kernel) => received([Buffer.concat(fragments(size, NOTHING))], kernel),
  },
  {
    name: "empty messages",
    make: (size, _, kernel) => received([Buffer.concat(many(size, () => frame(1, NOTHING)))], kernel),
  },
  {
    name: "pings",
    make: (size, _, kernel) => received([Buffer.concat(many(size, () => frame(9, X)))], kernel),
  },
  {
    name: "a frame in chunks of one byte",
    make(size, _, kernel) {
      const bytes = frame(2, Buffer.alloc(size));
      return received(
        many(bytes.length, (i) => bytes.subarray(i, i + 1)),
        kernel,
      );
    },
  },
];

/**
 * The slope of log(cost) over log(size): 1 is linear, 2 quadratic.
 * @param {readonly (readonly [size: number, cost: number])[]} points
 */
export function slope(points) {
  const logs = points.map(([size, cost]) => /** @type {const} */ ([Math.log(size), Math.log(cost)]));
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const rise = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return rise / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
