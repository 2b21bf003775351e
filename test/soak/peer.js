// The other side, byte by byte.
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

export const REQUEST = Buffer.from(
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  "latin1",
);

/**
 * A frame as a client sends it, masked with a key that is not 0.
 * @param {number} opcode
 * @param {Uint8Array} payload
 * @param {boolean} [fin]
 */
export function frame(opcode, payload, fin = true) {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const bytes = Buffer.alloc(2 + extended + 4 + length);
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  const at = 2 + extended;
  bytes.writeUInt32BE(0x37fa213d, at);
  for (let i = 0; i < length; i++) bytes[at + 4 + i] = (payload[i] ?? 0) ^ (bytes[at + (i & 3)] ?? 0);
  return bytes;
}

/** Loopback addresses to spread connections over: each has as many ports as one. */
const ADDRESSES = 200;
let next = 0;

/** @typedef {{ port: number; ca?: string }} Where - with `ca`, by TLS */

/** A connection to a server, of which it is counted what comes. */
export class Peer {
  /** Bytes that came. */
  received = 0;
  ended = false;
  closed = false;
  /** @type {(() => void) | undefined} */
  #wake;

  /**
   * @param {import("node:net").Socket} socket
   * @param {import("node:net").Socket} tcp - under TLS, else the same
   */
  constructor(socket, tcp) {
    this.socket = socket;
    this.tcp = tcp;
    socket.on("data", (chunk) => {
      this.received += chunk.length;
      this.#wake?.();
    });
    socket.on("end", () => {
      this.ended = true;
      this.#wake?.();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake?.();
    });
  }

  /** @param {Where} where */
  static async connect({ port, ca }) {
    next = (next + 1) % ADDRESSES;
    const tcp = connect({ port, host: `127.0.0.${next + 1}`, noDelay: true, allowHalfOpen: true });
    const checkServerIdentity = () => undefined;
    const socket = ca === undefined ? tcp : connectTls({ socket: tcp, ca, checkServerIdentity });
    const peer = new Peer(socket, tcp);
    await once(socket, ca === undefined ? "connect" : "secureConnect");
    return peer;
  }

  /**
   * With its opening handshake made.
   * @param {Where} where
   * @param {Uint8Array} [behind] - goes into the same segment
   */
  static async open(where, behind) {
    const peer = await Peer.connect(where);
    await peer.write(behind === undefined ? REQUEST : Buffer.concat([REQUEST, behind]));
    await peer.until(() => peer.received >= 129);
    return peer;
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    return new Promise((resolve) => this.socket.write(bytes, resolve));
  }

  /**
   * Waits until that holds, or the connection is gone.
   * @param {() => boolean} condition
   */
  async until(condition) {
    while (!condition() && !this.closed) {
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }

  /** Waits for the server's end, and ends this side. */
  async gone() {
    await this.until(() => this.ended);
    this.socket.end();
    await this.until(() => false);
  }

  reset() {
    this.tcp.resetAndDestroy();
  }
}

/**
 * Does something many times, some of them at once.
 * @param {number} count
 * @param {number} atOnce
 * @param {(i: number) => Promise<unknown>} act
 */
export async function each(count, atOnce, act) {
  let started = 0;
  const lane = async () => {
    while (started < count) await act(started++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}

/** A minute: a busy machine takes a while to close 10,000 connections. */
const SETTLING_LOOKS = 1200;

/**
 * Looks until a server's report is as it should be, or does not change any more.
 * @param {import("./child.js").Child} child
 * @param {(report: import("./child.js").Report) => boolean} settled
 */
export async function reportWhen(child, settled) {
  let report = await child.report();
  for (let i = 0; i < SETTLING_LOOKS && !settled(report); i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    report = await child.report();
  }
  return report;
}
