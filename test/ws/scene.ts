// The scene of one test: servers, clients and raw peers of one library, which end with the test.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RawPeer, RawServer, request } from "../adapters/raw-peer.js";
import { switching } from "../adapters/scene.js";
import { soon } from "../adapters/until.js";
import type { Library } from "./library.js";
import { Log } from "./log.js";
import type { ClientOptions, ServerOptions, WebSocket, WebSocketServer } from "./surface.js";

/** A WebSocket and what happened to it. */
export interface End {
  readonly ws: WebSocket;
  readonly log: Log;
}

/** Both ends of a connection that is open. */
export interface Pair {
  readonly wss: WebSocketServer;
  readonly server: End;
  readonly client: End;
}

/** One end, and a peer that a test writes bytes for. */
export interface RawPair extends End {
  readonly peer: RawPeer;
}

export class Scene {
  readonly library: Library;
  readonly #cleanups: (() => unknown)[] = [];
  readonly #strays: unknown[] = [];
  readonly #onStray = (error: unknown): void => {
    this.#strays.push(error);
  };

  private constructor(library: Library) {
    this.library = library;
    process.on("unhandledRejection", this.#onStray);
    process.on("uncaughtException", this.#onStray);
  }

  /** Runs a test and cleans up behind it. Uncaught exceptions that the test does not take fail it. */
  static async run(library: Library, body: (scene: Scene) => unknown): Promise<void> {
    const scene = new Scene(library);
    try {
      await body(scene);
    } finally {
      await scene.#dispose();
    }
    assert.deepEqual(scene.#strays, [], "nothing is left for the process to catch");
  }

  async #dispose(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
    // Rejections without a handler are reported a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", this.#onStray);
    process.off("uncaughtException", this.#onStray);
  }

  /** Does something when the test is over. */
  after(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Takes the exceptions that nothing caught since the last call. */
  uncaught(): unknown[] {
    return this.#strays.splice(0);
  }

  /** A `node:http` server that listens on a port of loopback. */
  async http(server: HttpServer = createServer()): Promise<HttpServer> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return server;
  }

  /** A server that listens, by default on a port of loopback and in the way of the library. */
  async server(options: ServerOptions = {}): Promise<WebSocketServer> {
    const decided = options.port !== undefined || options.server !== undefined || options.noServer === true;
    if (!decided && this.library.attached) return this.server({ ...options, server: await this.http() });
    const place = decided ? {} : { port: 0, host: "127.0.0.1" };
    const wss = new this.library.WebSocketServer({ ...this.library.options, ...place, ...options });
    this.after(() => {
      for (const ws of wss.clients ?? []) ws.terminate();
      wss.close();
    });
    if (options.server === undefined && options.noServer !== true) await once(wss, "listening");
    return wss;
  }

  /** A client that begins to connect. */
  connect(
    target: WebSocketServer | HttpServer | RawServer | string,
    options: ClientOptions = {},
    protocols: string | string[] = [],
  ): End {
    const url = typeof target === "string" ? target : `ws://127.0.0.1:${portOf(target)}/`;
    const ws = new this.library.WebSocket(url, protocols, { ...this.library.options, ...options });
    return this.#watch(ws);
  }

  /** A server, and a client of it whose connection is open on both sides. */
  async pair(serverOptions: ServerOptions = {}, clientOptions: ClientOptions = {}): Promise<Pair> {
    const wss = await this.server(serverOptions);
    const served = this.next(wss);
    const client = this.connect(wss, clientOptions);
    const [server] = await Promise.all([served, client.log.until("open")]);
    return { wss, server, client };
  }

  /** The next connection of a server. */
  async next(wss: WebSocketServer): Promise<End> {
    const connected = new Promise<End>((resolve) => {
      wss.once("connection", (ws: WebSocket) => resolve(this.#watch(ws)));
    });
    return soon(connected, "a connection");
  }

  /** A server's end of a connection with a raw client. */
  async served(options: ServerOptions = {}, head = request()): Promise<RawPair> {
    const wss = await this.server(options);
    const connected = this.next(wss);
    const peer = await this.raw(wss, head);
    return { ...(await connected), peer };
  }

  /** A server's end of a connection whose raw client has offered compression. */
  deflating(options: ServerOptions): Promise<RawPair> {
    return this.served(options, request({ "Sec-WebSocket-Extensions": "permessage-deflate" }));
  }

  /** A client's end of a connection with a raw server. */
  async connected(options: ClientOptions = {}, more = ""): Promise<RawPair> {
    const server = await this.rawServer(more);
    const end = this.connect(server, { perMessageDeflate: false, ...options });
    await end.log.until("open");
    const [peer] = server.peers;
    assert.ok(peer);
    return { ...end, peer };
  }

  /** One end, in the role that is asked for. */
  raws(role: "server" | "client", options: ServerOptions & ClientOptions = {}): Promise<RawPair> {
    return role === "server" ? this.served(options) : this.connected(options);
  }

  /** A raw client that has made the opening handshake. */
  async raw(wss: WebSocketServer | HttpServer, head = request()): Promise<RawPeer> {
    const peer = await this.stranger(wss);
    await peer.write(head);
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    return peer;
  }

  /** A raw TCP connection to a server. */
  async stranger(wss: WebSocketServer | HttpServer): Promise<RawPeer> {
    const peer = await RawPeer.connect({ port: portOf(wss) });
    this.after(() => peer.destroy());
    return peer;
  }

  /** A raw server that accepts each opening handshake. @param more - lines of its answer */
  rawServer(more = ""): Promise<RawServer> {
    return this.answering((head) => switching(head, more));
  }

  /** A raw server that answers each request as a test says, or not at all. */
  async answering(answer: (head: string) => string | undefined): Promise<RawServer> {
    const serve = async (peer: RawPeer): Promise<void> => {
      const text = answer(await peer.head());
      if (text !== undefined) await peer.write(text);
    };
    // A client may leave before its request is complete.
    const server = await RawServer.listen((peer) => serve(peer).catch(() => {}));
    this.after(() => server.close());
    return server;
  }

  #watch(ws: WebSocket): End {
    const log = new Log(ws);
    this.after(() => ws.terminate());
    return { ws, log };
  }
}

export function portOf(server: WebSocketServer | HttpServer | RawServer): number {
  if (server instanceof RawServer) return server.port;
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
