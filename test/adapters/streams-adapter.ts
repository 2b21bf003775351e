// Pairs of WHATWG streams over TCP for the suite of adapters.

import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer, type Socket as NetSocket } from "node:net";
import { parseAddress } from "../../src/adapter/client/address.js";
import { listeningUrl } from "../../src/adapter/server/listening.js";
import type { ServerHandlers } from "../../src/adapter/server/server-handlers.js";
import { type ByteStreams, connect, createServer } from "../../src/streams/index.js";
import type { Adapter, Listening, ListenOptions } from "./adapter.js";
import { HAS_IPV6 } from "./ipv6.js";
import { collectGarbage, UNIX_SOCKETS } from "./node-adapter.js";

/** Which kind of readable stream brings what a TCP socket reads. */
export type StreamKind = "chunks" | "bytes";

const NOTHING = new Uint8Array(0);

/** The sockets below all streams: Node's own count has none of those that nothing reads. */
const open = new Set<NetSocket>();

function counted(socket: NetSocket): NetSocket {
  open.add(socket);
  return socket.once("close", () => open.delete(socket));
}

/** `wsimd/streams` over TCP. */
export function streamsAdapter(kind: StreamKind): Adapter {
  return {
    name: `streams, ${kind}`,
    capabilities: new Set([...UNIX_SOCKETS, ...(HAS_IPV6 ? (["ipv6"] as const) : []), "pause", "tcp"]),
    collectGarbage,
    openSockets: () => [...open].filter((socket) => !socket.destroyed).length,
    serve: (options, handlers) => serve(kind, options, handlers),
    connect(url, options = {}, handlers = {}) {
      const begin = async (): Promise<NetSocket> => {
        const { unixPath, hostname, port } = parseAddress(url);
        const target = unixPath === undefined ? { host: hostname, port } : { path: unixPath };
        const socket = connectTcp({ ...target, noDelay: true, allowHalfOpen: true });
        await once(counted(socket), "connect");
        return socket;
      };
      // Connects when it is first used: never, if the options make no sense.
      const streams = streamsOf(kind, begin);
      const remoteAddress = url.startsWith("ws+unix:") ? "" : "127.0.0.1";
      return connect(streams, url, { ...options, remoteAddress }, handlers);
    },
  };
}

async function serve(kind: StreamKind, given: ListenOptions, handlers: ServerHandlers): Promise<Listening> {
  const { port = 0, host, unix, ...options } = given;
  const server = createServer(options, handlers);
  const tcp = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const streams = streamsOf(kind, () => Promise.resolve(counted(socket)));
    void server.accept(streams, { remoteAddress: socket.remoteAddress ?? "" });
  });
  tcp.listen(unix === undefined ? { port, host } : { path: unix });
  await once(tcp, "listening");
  const address = tcp.address();
  const where = address === null || typeof address === "string" ? (address ?? "") : address;
  return {
    port: typeof where === "string" ? 0 : where.port,
    url: listeningUrl(false, where),
    connections: server.connections,
    broadcast: (message, broadcastOptions) => server.broadcast(message, broadcastOptions),
    publish: (topic, message, publishOptions) => server.publish(topic, message, publishOptions),
    subscribers: (topic) => server.subscribers(topic),
    subscriberCount: (topic) => server.subscriberCount(topic),
    async close(closeOptions) {
      const gone = server.close(closeOptions);
      // Not if it was refused.
      await Promise.race([gone, undefined]);
      const freed = new Promise<void>((resolve) => void tcp.close(() => resolve()));
      await gone;
      await freed;
    },
  };
}

/**
 * A socket as a runtime of its own would make streams of it: bytes are read into the memory that comes with a read, and what is
 * written is taken for good. (`Duplex.toWeb` does not tell before Node 26 that only one side of a connection has ended.)
 * @param begin - called at first use
 */
function streamsOf(kind: StreamKind, begin: () => Promise<NetSocket>): ByteStreams {
  let beginning: Promise<NetSocket> | undefined;
  const opened = (): Promise<NetSocket> => {
    beginning ??= begin().then((socket) => {
      // Reads and writes tell of them.
      socket.on("error", () => {});
      return socket.pause();
    });
    return beginning;
  };
  const destroy = async (): Promise<void> => void (await beginning)?.destroy();
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      const socket = await opened();
      const bytes = structuredClone(chunk, { transfer: [chunk.buffer] });
      await new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    async close() {
      const socket = await opened();
      await new Promise<void>((resolve) => void socket.end(() => resolve()));
    },
    abort: destroy,
  });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const chunk = await nextChunk(await opened());
    if (chunk === undefined) controller.close();
    else controller.enqueue(chunk);
  };
  const readable =
    kind === "chunks"
      ? new ReadableStream({ pull, cancel: destroy }, { highWaterMark: 0 })
      : byteStream(opened, destroy);
  return { readable, writable };
}

/** A byte stream, which reads into the memory that it is given. */
function byteStream(
  opened: () => Promise<NetSocket>,
  cancel: () => Promise<void>,
): ReadableStream<Uint8Array> {
  /** What had no room. */
  let left: Uint8Array = NOTHING;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const chunk = left.length > 0 ? left : await nextChunk(await opened());
      const { byobRequest } = controller;
      if (chunk === undefined) {
        controller.close();
        byobRequest?.respond(0);
        return;
      }
      const view = byobRequest?.view;
      if (byobRequest === null || view === null || view === undefined) throw new Error("it is read by BYOB");
      const length = Math.min(view.byteLength, chunk.length);
      new Uint8Array(view.buffer, view.byteOffset).set(chunk.subarray(0, length));
      left = length < chunk.length ? chunk.subarray(length) : NOTHING;
      byobRequest.respond(length);
    },
    cancel,
  });
}

/** What a socket reads next, undefined at its end. */
async function nextChunk(socket: NetSocket): Promise<Buffer | undefined> {
  if (socket.errored !== null) throw socket.errored;
  if (socket.readableEnded || socket.destroyed) return undefined;
  return new Promise((resolve, reject) => {
    const done = (chunk?: Buffer): void => {
      socket.pause();
      socket.off("data", done).off("end", ended).off("close", ended).off("error", failed);
      resolve(chunk);
    };
    const ended = (): void => done();
    const failed = (error: Error): void => {
      reject(error);
      done();
    };
    socket.on("data", done).on("end", ended).on("close", ended).on("error", failed).resume();
  });
}
