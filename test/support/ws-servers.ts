// The servers that must behave alike: that of `ws`, and that of `wsimd/ws` on both of its read paths.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer as WsServer } from "ws";
import { prepareInternals } from "../../src/node/internals-option.js";
import { WebSocketServer } from "../../src/ws/server.js";

/** A connected client, as far as the tests use it. */
export interface Client {
  readonly protocol: string;
  readonly extensions: string;
  readonly readyState: number;
  readonly _socket: net.Socket;
  on(event: string, listener: (...values: never[]) => void): this;
  once(event: string, listener: (...values: never[]) => void): this;
  send(data: string | Uint8Array, options?: object, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** A server, as far as the tests use it. */
export interface AnyServer {
  options: Record<string, unknown>;
  readonly clients: Set<Client>;
  on(event: "connection", listener: (client: Client, request: IncomingMessage) => void): this;
  on(event: "headers", listener: (lines: string[], request: IncomingMessage) => void): this;
  on(
    event: "wsClientError",
    listener: (error: Error, socket: Duplex, request: IncomingMessage) => void,
  ): this;
  on(event: "close" | "listening" | "error", listener: (...values: never[]) => void): this;
  address(): net.AddressInfo | string | null;
  close(callback?: (error?: Error) => void): void;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: Client, request: IncomingMessage) => void,
  ): void;
  shouldHandle(request: IncomingMessage): boolean | Promise<boolean>;
}

export type ServerClass = new (options?: object, listening?: () => void) => AnyServer;

/** That of `wsimd/ws`, with the choice of its read path. */
function withInternals(internals: "on" | "off"): ServerClass {
  class Chosen extends WebSocketServer {
    constructor(options?: object, listening?: () => void) {
      super({ internals, ...options }, listening);
    }
  }
  return Chosen as unknown as ServerClass;
}

export const REFERENCE = WsServer as unknown as ServerClass;

/** The servers of `wsimd/ws`, by their names. */
export const OURS: readonly (readonly [name: string, ServerClass])[] = [
  ["handles", withInternals("on")],
  ["node:http", withInternals("off")],
];

/** Waits for the trial, so that the first connection is accepted in the same way as all others. */
export async function prepare(): Promise<void> {
  await prepareInternals("on");
}

/** Starts a server on a free port. */
export async function listen(Server: ServerClass, options: object = {}): Promise<AnyServer> {
  const server = new Server({ port: 0, host: "127.0.0.1", ...options });
  await once(server as unknown as NodeJS.EventEmitter, "listening");
  return server;
}

export function portOf(server: AnyServer): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Closes a server and its clients. */
export async function shut(server: AnyServer): Promise<void> {
  for (const client of server.clients ?? []) client.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Sends the parts, each when the one before has left, and returns all that comes back until the end. */
export async function exchange(
  port: number,
  parts: readonly (string | Uint8Array)[],
  { end = false, until }: { end?: boolean; until?: string } = {},
): Promise<string> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (until !== undefined && text.includes(until)) socket.end();
  });
  socket.on("error", () => {});
  const ended = Promise.race([once(socket, "end"), once(socket, "close")]);
  await once(socket, "connect");
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (end) socket.end();
  await ended;
  socket.destroy();
  return text.replace(/\r\nDate: [^\r]*/g, "");
}

export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The head of an upgrade request, with some lines more, or in place of others. A line without a value is left out. */
export function upgradeHead(
  lines: Record<string, string | undefined> = {},
  start = "GET / HTTP/1.1",
): string {
  const fields: Record<string, string | undefined> = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...lines,
  };
  const written = Object.entries(fields).filter(([, value]) => value !== undefined);
  return [start, ...written.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
}

/** A frame of a client. Its key is 0, so the payload stays as it is. */
export function clientFrame(opcode: number, payload: string | Uint8Array = ""): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}
