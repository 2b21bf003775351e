// Connections of the load generator that frame by themselves, for `wsimd bench`.
import { randomBytes } from "node:crypto";
import {
  type ConnectOpts,
  connect as connectTcp,
  isIP,
  type Socket as NetSocket,
  type OnReadOpts,
} from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { Address } from "../../adapter/client/address.js";
import { makeKey } from "../../handshake/accept-key.js";
import { writeRequest } from "../../handshake/request.js";
import { readResponse } from "../../handshake/response.js";
import { HeadReader } from "../../http/head.js";
import { Opcode } from "../../protocol/opcode.js";
import { CliError, describeError, errorCode } from "../command.js";
import type { TlsChoice } from "../runtime.js";
import { visible } from "../visible.js";
import { DEFLATE_OFFER } from "./deflate-offer.js";
import { Lane, type Link, type Tally } from "./lane.js";
import { closeFrame, type MessageBatch, pongFrame } from "./messages.js";
import { ReplyParser } from "./reply-parser.js";

/** How the connections of a run are made. */
export interface LinkOptions {
  readonly address: Address;
  readonly tls: TlsChoice;
  readonly check: boolean;
  /** The time-out for the TCP, TLS and opening handshakes together. */
  readonly timeoutMs: number;
}

const NO_STATUS = 1005;
const READ_BYTES = 64 * 1024;

/** The memory into which all sockets read. Each read is handled before the next. */
const buffer = new Uint8Array(READ_BYTES);

/**
 * A WebSocket connection on a bare socket, for a server's load and nothing else: frames are written as they were built
 * once, and replies are counted in the buffer that they were read into.
 *
 * @returns a lane whose connection is open, or rejects with a CliError
 */
export function openRawLane(tally: Tally, batch: MessageBatch, options: LinkOptions): Promise<Lane> {
  return new Promise((resolve, reject) => {
    const { address } = options;
    const key = makeKey(randomBytes(16));
    const extensions = batch.compressed ? [DEFLATE_OFFER] : [];
    const head = new HeadReader("response");
    let opened: { readonly lane: Lane; readonly parser: ReplyParser } | undefined;
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new CliError(`can't connect to ${address.url}: ${visible(why)}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${options.timeoutMs} ms`), options.timeoutMs);
    const open = (): typeof opened => {
      const lane = new Lane(tally, batch);
      lane.link = new RawLink(socket, batch);
      const parser = new ReplyParser(batch, lane.due, options.check, (opcode, payload) => {
        if (opcode === Opcode.PING) socket.write(pongFrame(payload));
        else if (opcode === Opcode.CLOSE) lane.lost(describeClose(payload));
      });
      resolve(lane);
      return { lane, parser };
    };
    const readReplies = (chunk: Uint8Array, length: number): void => {
      if (opened === undefined) return;
      const { lane, parser } = opened;
      tally.received(length);
      try {
        const count = parser.push(chunk, length);
        if (count > 0) lane.replied(count);
      } catch (error) {
        lane.lost(error);
      }
    };
    const readHead = (chunk: Uint8Array): void => {
      const result = head.push(chunk);
      if (result.type === "more") return;
      if (result.type !== "head") {
        fail(`the answer is no HTTP response: ${result.reason}`);
        return;
      }
      const checked = readResponse(result.head, { key, extensions });
      if (checked.type === "failure") {
        fail(checked.reason);
        return;
      }
      if (checked.extensions.length < extensions.length) {
        fail("the server does not compress");
        return;
      }
      clearTimeout(timer);
      opened = open();
      if (result.rest.length > 0) readReplies(result.rest, result.rest.length);
    };
    const socket = openSocket(options, (length, chunk) => {
      if (opened !== undefined) readReplies(chunk, length);
      else readHead(chunk.subarray(0, length));
    });
    socket.once(address.secure ? "secureConnect" : "connect", () => {
      const { host, target, authorization } = address;
      const headers: [string, string][] =
        authorization === undefined ? [] : [["Authorization", authorization]];
      socket.write(writeRequest({ host, target, key, headers, extensions }));
    });
    socket.on("error", (error) => {
      if (opened === undefined) fail(describeNetError(error));
      else opened.lane.lost(describeNetError(error));
    });
    socket.on("close", () => {
      if (opened === undefined) fail("the server ended the connection");
      else opened.lane.gone();
    });
  });
}

class RawLink implements Link {
  readonly #socket: NetSocket;
  readonly #batch: MessageBatch;

  constructor(socket: NetSocket, batch: MessageBatch) {
    this.#socket = socket;
    this.#batch = batch;
  }

  send(first: number, count: number): void {
    this.#socket.write(this.#batch.frames(first, count));
  }

  close(): void {
    this.#socket.end(closeFrame());
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function openSocket(options: LinkOptions, read: (length: number, chunk: Uint8Array) => void): NetSocket {
  const { address, tls } = options;
  const { hostname, port, unixPath } = address;
  const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
  const onread: OnReadOpts = {
    buffer,
    callback(length, chunk) {
      read(length, chunk);
      return true;
    },
  };
  if (!address.secure) return connectTcp({ ...target, onread, noDelay: true });
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  // `tls.connect` takes the options of `net.connect`, but its type lacks `onread`.
  const secure: ConnectionOptions & ConnectOpts = { ...target, onread, ...servername, ...tls };
  const socket = connectTls({ ALPNProtocols: ["http/1.1"], ...secure });
  socket.setNoDelay(true);
  return socket;
}

export function describeNetError(error: unknown): string {
  switch (errorCode(error)) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
      return "the server reset the connection";
    case "EPIPE":
      return "the server ended the connection";
    case "EMFILE":
      return "too many open files; see ulimit -n";
    default:
      return describeError(error);
  }
}

function describeClose(payload: Uint8Array): string {
  const code = payload.length < 2 ? NO_STATUS : (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
  const reason = visible(Buffer.from(payload.subarray(2)).toString());
  return `the server closed the connection with ${code}${reason === "" ? "" : `: ${reason}`}`;
}
