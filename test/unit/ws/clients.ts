// Clients of `ws` and of `wsimd/ws`, and servers of a few lines that answer them: what one does, the other must do.
import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import { type ClientRequest, createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, ListenOptions } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { WebSocket as ReferenceWebSocket } from "ws";
import type { ClientOptions } from "../../../src/ws/client-options.js";
import { WebSocket } from "../../../src/ws/websocket.js";
import { gate } from "../../support/gate.js";

/** What the tests use of a client. */
export interface Client extends EventEmitter {
  readonly url: string;
  readonly readyState: number;
  readonly protocol: string;
  readonly extensions: string;
  close(code?: number, reason?: string): void;
  terminate(): void;
  send(data: string | Uint8Array): void;
}

export type Open = (
  address: string | URL,
  protocols?: string | string[] | ClientOptions,
  options?: ClientOptions,
) => Client;

/** The constructors take the same arguments, whatever their types say. */
const opener =
  (Constructor: unknown): Open =>
  (...given) =>
    Reflect.construct(Constructor as typeof WebSocket, given);

export const IMPLEMENTATIONS: readonly (readonly [name: string, open: Open])[] = [
  ["ws", opener(ReferenceWebSocket)],
  ["wsimd/ws", opener(WebSocket)],
];

/** A private field that integrators read. */
export function privately(client: Client, name: "_req" | "_redirects" | "_socket"): unknown {
  return Reflect.get(client, name);
}

export function requestOf(client: Client): ClientRequest {
  const request = privately(client, "_req");
  if (request === null || request === undefined) throw new Error("no request is under way");
  return request as ClientRequest;
}

/** What happened to a client up to 'close', in order, with the value of readyState at each event. */
export function story(client: Client): Promise<string[]> {
  const events: string[] = [];
  const note = (text: string): void => {
    events.push(`${client.readyState} ${text}`);
  };
  client.on("upgrade", () => note("upgrade"));
  client.on("open", () => note("open"));
  client.on("error", (error: Error) => note(`error ${error.name}: ${error.message}`));
  return new Promise((resolve) => {
    client.on("close", (code: number, reason: Buffer) => {
      note(`close ${code} "${reason}"`);
      resolve(events);
    });
  });
}

export type Answer = (request: IncomingMessage, socket: Duplex) => void;

export interface Answering {
  readonly port: number;
  readonly url: string;
  /** The requests so far. */
  readonly requests: readonly IncomingMessage[];
  /** Resolves when a connection of this server has ended. */
  readonly left: Promise<void>;
}

/** Serves upgrade requests by a function, until the test has finished. */
export async function answering(
  answer: Answer,
  server: Server = createServer(),
  where: ListenOptions = { port: 0, host: "127.0.0.1" },
): Promise<Answering> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Duplex>();
  const left = gate<void>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    requests.push(request);
    socket.on("error", () => {});
    socket.on("close", () => left.resolve());
    socket.on("end", () => socket.end());
    socket.resume();
    answer(request, socket);
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}`, requests, left: left.promise };
}

/** An answer that switches protocols; lines replace those of the same name, or come behind; `undefined` takes one away. */
export function switching(
  request: IncomingMessage,
  lines: Readonly<Record<string, string | undefined>> = {},
): string {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const fields: Record<string, string | undefined> = {
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Accept": createHash("sha1").update(key).digest("base64"),
    ...lines,
  };
  const text = Object.entries(fields).map(([name, value]) =>
    value === undefined ? "" : `${name}: ${value}\r\n`,
  );
  return `HTTP/1.1 101 Switching Protocols\r\n${text.join("")}\r\n`;
}

/** A Close frame of a server, without a code. */
export const CLOSE_FRAME = Buffer.from([0x88, 0x00]);

/** Accepts each request, and closes at once. */
export const closing: Answer = (request, socket) => {
  socket.write(switching(request));
  socket.write(CLOSE_FRAME);
};

/** Sends a client to another address. */
export const redirecting =
  (location: string): Answer =>
  (_request, socket) => {
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`);
  };
