// The other side, byte by byte: a TCP connection that knows nothing of WebSockets but what a test writes to it.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { KEY, type ParsedFrame } from "../support/frame.js";
import { concat, hex, toHex } from "../support/hex.js";
import { wire } from "../support/wire.js";
import { happened, until } from "./until.js";

/** The key of RFC 6455 section 1.3 and the answer to it. */
export const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A good request; lines replace those of the same name, or come behind; `undefined` takes one away. */
export function request(
  lines: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  start = "GET /chat HTTP/1.1",
): string {
  const fields = new Map<string, readonly string[]>([
    ["Host", ["localhost"]],
    ["Upgrade", ["websocket"]],
    ["Connection", ["Upgrade"]],
    ["Sec-WebSocket-Key", [SAMPLE_KEY]],
    ["Sec-WebSocket-Version", ["13"]],
  ]);
  for (const [name, value] of Object.entries(lines)) {
    fields.set(name, value === undefined ? [] : typeof value === "string" ? [value] : value);
  }
  const all = [...fields].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  return `${start}\r\n${all.join("")}\r\n`;
}

/** Frames as a client sends them: each `header | payload` in hex, masked on the way. */
export function masked(...frames: readonly string[]): Uint8Array {
  return wire(frames, KEY).bytes;
}

/** Frames as a server sends them. */
export function unmasked(...frames: readonly string[]): Uint8Array {
  return wire(frames).bytes;
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export interface Where {
  readonly port?: number;
  readonly path?: string;
  /** Speaks TLS, and trusts this certificate. */
  readonly ca?: string;
}

export class RawPeer {
  readonly socket: Socket;
  /** How many reads brought something. */
  reads = 0;
  /** The other side sent its FIN. */
  ended = false;
  closed = false;
  /** `code` of the error that broke the connection. */
  error: string | undefined;
  #buffer = new Uint8Array(256);
  #length = 0;
  #taken = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.reads++;
      this.#append(chunk);
      happened();
    });
    socket.on("end", () => {
      this.ended = true;
      happened();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on("close", () => {
      this.closed = true;
      happened();
    });
  }

  static async connect(where: Where): Promise<RawPeer> {
    const { port = 0, path, ca } = where;
    const target = path === undefined ? { port, host: "127.0.0.1" } : { path };
    const options = { ...target, allowHalfOpen: true };
    const socket =
      ca === undefined ? connect(options) : connectTls({ ...options, ca, servername: "localhost" });
    const peer = new RawPeer(socket);
    await once(socket, ca === undefined ? "connect" : "secureConnect");
    return peer;
  }

  /** Writes text as one byte for each character, bytes as they are; resolves when the system has them. */
  write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    const chunks = parts.map((part) => (typeof part === "string" ? latin1(part) : part));
    const [first] = chunks;
    const bytes = chunks.length === 1 && first !== undefined ? first : concat(chunks);
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Sends a FIN. */
  end(): void {
    this.socket.end();
  }

  /** Sends a RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.socket.pause();
  }

  read(): void {
    this.socket.resume();
  }

  /** What came and was not taken yet: a view. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#taken, this.#length);
  }

  get byteLength(): number {
    return this.#length - this.#taken;
  }

  get text(): string {
    return Buffer.from(this.bytes).toString("latin1");
  }

  /** Takes an HTTP head, with its empty line. */
  async head(): Promise<string> {
    await this.#await(() => this.text.includes("\r\n\r\n"), "a head");
    const head = this.text.slice(0, this.text.indexOf("\r\n\r\n") + 4);
    this.#taken += head.length;
    return head;
  }

  /** Takes exactly these bytes, given in the notation of `hex`. @throws Error if others come */
  async expect(literal: string): Promise<void> {
    const expected = hex(literal);
    const matches = (): boolean => this.byteLength >= expected.length;
    await this.#await(matches, `${expected.length} bytes`);
    const found = toHex(this.bytes.subarray(0, expected.length));
    if (found !== toHex(expected)) throw new Error(`expected ${toHex(expected)}, but ${found} came`);
    this.#taken += expected.length;
  }

  /** Takes that many frames. */
  async frames(count: number): Promise<ParsedFrame[]> {
    const found: ParsedFrame[] = [];
    while (found.length < count) {
      let next: { frame: ParsedFrame; length: number } | undefined;
      await this.#await(
        () => {
          next = firstFrame(this.bytes);
          return next !== undefined;
        },
        `frame ${found.length + 1} of ${count}`,
      );
      if (next === undefined) break;
      found.push(next.frame);
      this.#taken += next.length;
    }
    return found;
  }

  /** Waits for the FIN of the other side; nothing may have come that was not taken. */
  async fin(): Promise<void> {
    await this.#await(() => this.ended || this.closed, "the end");
    if (this.error !== undefined) throw new Error(`the connection broke: ${this.error}`);
    if (this.byteLength > 0) throw new Error(`these came as well: ${toHex(this.bytes.subarray(0, 100))}`);
  }

  /** Waits until the other side ended the connection, whichever way, and ends this one. */
  async gone(): Promise<void> {
    await until(() => this.ended || this.closed, "the connection's end");
    this.socket.end();
    await until(() => this.closed, "the connection to be closed");
  }

  #append(chunk: Uint8Array): void {
    if (this.#length + chunk.length > this.#buffer.length) {
      const larger = new Uint8Array(2 * (this.#buffer.length + chunk.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  async #await(condition: () => boolean, what: string): Promise<void> {
    const state = () =>
      `${what}; there are ${this.byteLength} bytes: ${toHex(this.bytes.subarray(0, 100))} ${JSON.stringify(Buffer.from(this.bytes.subarray(0, 300)).toString("latin1"))}${this.ended ? ", then FIN" : ""}${this.error ?? ""}`;
    await until(() => {
      if (condition()) return true;
      if (this.closed) throw new Error(`the connection is closed before ${state()}`);
      return false;
    }, state);
  }
}

/** The first frame of these bytes and how long it is, if all of it is there. */
function firstFrame(bytes: Uint8Array): { frame: ParsedFrame; length: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  let length = second & 0x7f;
  let at = 2;
  const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
  if (bytes.length < at + extended) return undefined;
  if (extended > 0) {
    length = 0;
    for (let i = 0; i < extended; i++) length = length * 256 + (bytes[at++] ?? 0);
  }
  const mask = second >= 0x80 ? [...bytes.subarray(at, at + 4)] : undefined;
  if (mask !== undefined) at += 4;
  if (bytes.length < at + length) return undefined;
  const payload = bytes.slice(at, at + length).map((byte, i) => byte ^ (mask?.[i % 4] ?? 0));
  const frame = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, mask, payload };
  return { frame, length: at + length };
}

/** A server that does as a test says. */
export class RawServer {
  readonly peers: RawPeer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param serve - called for each connection */
  static async listen(serve: (peer: RawPeer) => unknown): Promise<RawServer> {
    const server = createServer({ allowHalfOpen: true });
    const raw = new RawServer(server);
    server.on("connection", (socket) => {
      const peer = new RawPeer(socket);
      raw.peers.push(peer);
      happened();
      serve(peer);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return raw;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  close(): void {
    for (const peer of this.peers) peer.destroy();
    this.#server.close();
  }
}
