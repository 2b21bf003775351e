// A connection to a port that was accepted as a handle, until it is a WebSocket or belongs to Node's HTTP server.
import { Buffer } from "node:buffer";
import { maxHeaderSize } from "node:http";
import type { Socket } from "node:net";
import { Deadline, type Expiring } from "../adapter/deadline.js";
import type { TransportSink } from "../adapter/transport.js";
import { HeadReader, type RequestHead } from "../http/head.js";
import { includesToken } from "../http/token-list.js";
import { nodeRuntime } from "../node/host.js";
import { type ConnectionHandle, HandleTransport, socketThatIsOver } from "../node/internals/index.js";
import type { Internals } from "../node/internals-option.js";
import type { SocketOptions } from "./choices.js";
import { PortRequest } from "./port-request.js";
import { PortTransport } from "./port-transport.js";
import { checkUpgrade, type UpgradeRequest } from "./upgrade.js";
import { destroyBroken, StreamConnection, type UpgradeConnection } from "./upgrade-connection.js";
import type { WebSocket } from "./websocket.js";

/** The server of such connections. */
export interface PortOwner {
  readonly internals: Internals;
  /** Milliseconds in which a head must be complete. */
  readonly headersTimeout: number;
  /** A request asks for an upgrade, and is in order. */
  upgrade(asked: UpgradeRequest, request: PortRequest, connection: PortConnection, head: Buffer): void;
  /** Node's HTTP server has to serve a connection. */
  serve(socket: Socket): void;
  /** A connection is over that has not become a WebSocket. */
  ended(): void;
}

/** Longer heads are left to Node, which knows its own limit. */
const LIMITS = { maxHeadBytes: Math.min(8 * 1024, maxHeaderSize) };
/** The bytes that are held while `verifyClient` decides; with more, reading pauses. */
const MAX_HELD_BYTES = 64 * 1024;
const TIMED_OUT = Buffer.from("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
const NOTHING = Buffer.alloc(0);

/**
 * Reads the head of a request. An upgrade request that is in order goes on here. All else belongs to Node's HTTP server,
 * which gets a socket from which it reads the same bytes again: requests for no upgrade, those with a body, nonsense.
 */
export class PortConnection implements UpgradeConnection, TransportSink, Expiring {
  readonly #owner: PortOwner;
  readonly #handle: HandleTransport;
  readonly #deadline: Deadline;
  /** Undefined as soon as the head is complete. */
  #parser: HeadReader<"request"> | undefined = new HeadReader("request", LIMITS);
  /** What came before: parts of the head, then the bytes behind it. */
  #held: Buffer = NOTHING;
  #peerEnded = false;
  /** The socket, if it was asked for before the connection was a WebSocket. */
  #socket: Socket | undefined;
  /** The transport of the WebSocket. */
  #transport: PortTransport | undefined;

  constructor(owner: PortOwner, handle: ConnectionHandle) {
    this.#owner = owner;
    this.#handle = new HandleTransport(handle);
    this.#handle.sink = this;
    this.#deadline = new Deadline(nodeRuntime.deadlines, this);
    this.#deadline.start(owner.headersTimeout);
  }

  // ---- The reports of the handle ----

  receivedInWindow(length: number, window: Uint8Array): void {
    this.received(window.subarray(0, length));
  }

  received(chunk: Uint8Array): void {
    if (this.#parser === undefined) this.#hold(chunk);
    else this.#read(this.#parser, chunk);
  }

  ended(): void {
    this.#peerEnded = true;
    // Node has its own answers to a head that breaks off.
    if (this.#parser !== undefined) this.#leaveToNode();
  }

  closed(): void {
    this.#deadline.stop();
    this.#owner.ended();
  }

  drained(): void {}
  failed(): void {}

  expired(): void {
    this.#handle.write(TIMED_OUT);
    this.#handle.destroy();
  }

  // ---- The request ----

  #read(parser: HeadReader<"request">, chunk: Uint8Array): void {
    const result = parser.push(chunk);
    if (result.type === "head") {
      const request = new PortRequest(result.head, this);
      const asked = checkUpgrade(request);
      if (!("status" in asked) && isPlainUpgrade(result.head, request)) {
        this.#upgrade(asked, request, result.rest);
        return;
      }
    }
    this.#hold(chunk);
    if (result.type !== "more") this.#leaveToNode();
  }

  #upgrade(asked: UpgradeRequest, request: PortRequest, rest: Uint8Array): void {
    this.#parser = undefined;
    this.#held = NOTHING;
    this.#deadline.stop();
    this.#owner.upgrade(asked, request, this, rest.length === 0 ? NOTHING : Buffer.from(rest));
  }

  #hold(chunk: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    if (this.#held.length >= MAX_HELD_BYTES) this.#handle.pause();
  }

  #leaveToNode(): void {
    this.#parser = undefined;
    const socket = this.#makeSocket();
    if (socket !== undefined) this.#owner.serve(socket);
  }

  // ---- For the server ----

  get stream(): Socket {
    if (this.#transport !== undefined) return this.#transport.socket();
    this.#socket ??= this.#makeReadingSocket();
    return this.#socket;
  }

  get isOpen(): boolean {
    if (this.#socket !== undefined) return this.#socket.readable && this.#socket.writable;
    return !this.#peerEnded && !this.#handle.destroyed;
  }

  destroy(): void {
    if (this.#socket !== undefined) this.#socket.destroy();
    else this.#handle.destroy();
  }

  assertFree(): void {}

  accept(websocket: WebSocket, answer: string, head: Buffer, options: SocketOptions): void {
    const socket = this.#socket;
    if (socket !== undefined) {
      new StreamConnection(socket).accept(websocket, answer, head, options);
      return;
    }
    const transport = new PortTransport(this.#handle, this.#owner.internals);
    this.#transport = transport;
    transport.write(Buffer.from(answer));
    transport.resume();
    const bytes = this.#held.length === 0 ? head : Buffer.concat([head, this.#held]);
    websocket.setTransport(transport, bytes, options);
  }

  get isBare(): boolean {
    return this.#socket === undefined;
  }

  /** A socket as Node's HTTP server hands it over with an upgrade request: it reads already. */
  #makeReadingSocket(): Socket {
    const socket = this.#makeSocket() ?? socketThatIsOver();
    socket.on("error", destroyBroken);
    socket.read(0);
    return socket;
  }

  /** A socket that reads what is held again. Undefined if the connection is over. */
  #makeSocket(): Socket | undefined {
    this.#deadline.stop();
    const socket = this.#handle.becomeSocket();
    if (socket === undefined) return undefined;
    socket.once("close", () => this.#owner.ended());
    if (this.#held.length > 0) socket.unshift(this.#held);
    this.#held = NOTHING;
    return socket;
  }
}

/** Whether Node's HTTP server would emit `upgrade` for a request as soon as its head is complete. */
function isPlainUpgrade({ httpVersion, target }: RequestHead, { headers }: PortRequest): boolean {
  return (
    httpVersion === "1.1" &&
    target.startsWith("/") &&
    includesToken(headers.connection, "upgrade") &&
    headers["content-length"] === undefined &&
    headers["transfer-encoding"] === undefined
  );
}
