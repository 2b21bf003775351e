// Upgrades that are pipelined behind requests which an HTTP server has not answered yet.
import { once } from "node:events";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { attach, createServer as createWebSocketServer } from "../../src/node/index.js";
import { masked, RawPeer, request } from "./raw-peer.js";
import { Recorder } from "./recorder.js";
import { eventually } from "./until.js";

const PLAIN = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

let cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

/** How upgrades reach wsimd. */
const WAYS: Record<string, (server: HttpServer, recorder: Recorder) => void> = {
  attach: (server, recorder) => void attach(server, {}, recorder),
  createServer: (server, recorder) =>
    void server.on("upgrade", (incoming, socket, head) =>
      createWebSocketServer({}, recorder).upgrade(incoming, socket, head),
    ),
};

describe.each(Object.entries(WAYS))("%s", (_, join) => {
  async function pipelined(...parts: (string | Uint8Array)[]) {
    const answers: ServerResponse[] = [];
    const server = createServer((_incoming, response) => void answers.push(response));
    const recorder = new Recorder({ open: (socket) => void socket.send("hello") });
    join(server, recorder);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const peer = await RawPeer.connect({ port: address.port });
    cleanups.push(
      () => server.close(),
      () => peer.destroy(),
    );
    await peer.write(...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
    return { answers, recorder, peer };
  }

  const text = (peer: RawPeer): string => Buffer.from(peer.bytes).toString("latin1");

  test("one request: its answer comes first, whole, then the 101 and the frames", async () => {
    const { answers, recorder, peer } = await pipelined(PLAIN, request(), masked("81 01 | 'x'"));
    await eventually(() => answers.length === 1, "the request");
    answers[0]?.write("first, ");
    await eventually(() => text(peer).includes("first, "), "a part of the answer");
    expect(recorder.log).toEqual([]);
    answers[0]?.end("second");
    await recorder.until("message");
    await eventually(() => text(peer).includes("hello"), "a frame");
    expect(text(peer)).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*first, [\s\S]*second[\s\S]*HTTP\/1\.1 101 [\s\S]*hello$/,
    );
  });

  test("two requests, answered in the wrong order", async () => {
    const { answers, recorder, peer } = await pipelined(PLAIN, PLAIN, request());
    await eventually(() => answers.length === 2, "the requests");
    answers[1]?.end("second");
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.log).toEqual([]);
    answers[0]?.end("first");
    await recorder.until("open");
    await eventually(() => text(peer).includes("hello"), "a frame");
    expect(text(peer)).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*first[\s\S]*HTTP\/1\.1 200 [\s\S]*second[\s\S]*HTTP\/1\.1 101 /,
    );
    // The time-out of a connection that is kept alive has no hold on it.
    expect(recorder.socket.state).toBe("open");
  });

  test("an answer that ends the connection: there is no WebSocket, and no error", async () => {
    const { answers, recorder, peer } = await pipelined(PLAIN, request());
    await eventually(() => answers.length === 1, "the request");
    answers[0]?.setHeader("Connection", "close").end("bye");
    await eventually(() => peer.ended || peer.closed, "the end of the connection");
    expect(text(peer)).toMatch(/^HTTP\/1\.1 200 [\s\S]*bye/);
    expect(text(peer)).not.toContain("101 Switching");
    expect(recorder.log).toEqual([]);
  });

  test("a client that leaves meanwhile takes nothing along", async () => {
    const { answers, recorder, peer } = await pipelined(PLAIN, request());
    await eventually(() => answers.length === 1, "the request");
    peer.reset();
    await eventually(() => answers[0]?.closed === true, "the end of the answer");
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.log).toEqual([]);
  });
});
