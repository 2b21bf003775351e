// The scene of one case: it opens servers, clients and raw peers, and closes them at the end.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { ClientHandlers } from "../../src/adapter/client/client-handlers.js";
import type { ServerHandlers } from "../../src/adapter/server/server-handlers.js";
import type { Socket } from "../../src/adapter/socket/handlers.js";
import type { Adapter, Capability, DialOptions, Listening, ListenOptions } from "./adapter.js";
import { RawPeer, RawServer, request, type Where } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { eventually } from "./until.js";

/** One test of the suite. */
export interface Case {
  readonly name: string;
  readonly needs?: readonly Capability[];
  run(scene: Scene): Promise<void>;
}

/** What a case works with. All that was opened here is closed when the case is over, whichever way it went. */
export class Scene {
  readonly adapter: Adapter;
  readonly #cleanups: (() => unknown)[] = [];
  readonly #strays: unknown[] = [];
  readonly #onStray = (error: unknown): void => {
    this.#strays.push(error);
  };

  constructor(adapter: Adapter) {
    this.adapter = adapter;
    process.on("unhandledRejection", this.#onStray);
    process.on("uncaughtException", this.#onStray);
  }

  /** Runs a case and cleans up behind it. Uncaught exceptions fail it. */
  static async run(adapter: Adapter, each: Case): Promise<void> {
    const scene = new Scene(adapter);
    try {
      await each.run(scene);
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

  /** Does something when the case is over. */
  after(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async serve(options: ListenOptions, handlers: ServerHandlers): Promise<Listening> {
    const place = options.unix === undefined ? { host: "127.0.0.1" } : {};
    const server = await this.adapter.serve({ ...place, ...options }, handlers);
    this.after(() => server.close({ timeoutMs: 1 }));
    return server;
  }

  /** A server that sends everything back. */
  async echo(options: ListenOptions = {}): Promise<{ server: Listening; recorder: Recorder }> {
    const recorder = new Recorder({ message: (socket, data) => void socket.send(data) });
    return { server: await this.serve(options, recorder), recorder };
  }

  async connect(url: string, options: DialOptions = {}, handlers: ClientHandlers = {}): Promise<Socket> {
    const socket = await this.adapter.connect(url, options, handlers);
    this.after(() => socket.terminate());
    return socket;
  }

  /** A raw TCP connection. */
  async raw(where: Where): Promise<RawPeer> {
    const peer = await RawPeer.connect(where);
    this.after(() => peer.destroy());
    return peer;
  }

  /** A raw TCP connection that the case closes itself: nothing here keeps it. */
  lone(where: Where): Promise<RawPeer> {
    return RawPeer.connect(where);
  }

  /** A raw client of a server, its opening handshake done. */
  async client(where: Where, head = request()): Promise<RawPeer> {
    const peer = await this.raw(where);
    await peer.write(head);
    assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
    return peer;
  }

  /** A raw server that does as it is told for each connection. */
  async rawServer(serve: (peer: RawPeer) => unknown): Promise<RawServer> {
    const server = await RawServer.listen(serve);
    this.after(() => server.close());
    return server;
  }

  /** A raw server that makes the opening handshake; what is behind the head goes into the same segment. */
  async wsServer(
    serve: (peer: RawPeer) => unknown = () => {},
    behind: Uint8Array = new Uint8Array(),
  ): Promise<RawServer> {
    return this.rawServer(async (peer) => {
      await peer.write(switching(await peer.head()), behind);
      await serve(peer);
    });
  }

  readonly eventually = eventually;

  /** Waits until the server has that many connections. */
  async connections(server: Listening, count: number): Promise<void> {
    await eventually(
      () => server.connections.size === count,
      () => `${count} connections, there are ${server.connections.size}`,
    );
  }
}

/** The answer to a client's request, computed as section 4.2.2 says. */
export function switching(head: string, more = ""): string {
  const key = /^sec-websocket-key: (.*)\r$/im.exec(head)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}
