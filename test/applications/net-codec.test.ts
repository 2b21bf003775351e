// examples/net-codec: a server around the codec, with everything that a client can do to it.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Application, end, hostOf } from "../support/applications.js";
import { memoryOf } from "../support/process-memory.js";
import { killPrograms, type Program } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

let application: Application;

beforeAll(async () => {
  application = await Application.build("net-codec");
});
afterEach(killPrograms);
afterAll(() => application.remove());

async function start(timeouts: Record<string, string> = {}): Promise<{ program: Program; host: string }> {
  const program = application.node("main.js", timeouts);
  return { program, host: await hostOf(program) };
}

const REQUEST = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\r\n",
].join("\r\n");

/** A connection without a client: what comes is text, byte by byte. */
function raw(host: string, request: string): Socket {
  const socket = connect(Number(host.split(":")[1]), "127.0.0.1");
  socket.setEncoding("latin1").write(request, "latin1");
  return socket;
}

async function untilEnd(socket: Socket): Promise<string> {
  let received = "";
  socket.on("data", (text: string) => {
    received += text;
  });
  await once(socket, "end");
  return received;
}

test("it echoes, refuses other requests, and closes its clients when it ends", async () => {
  const { program, host } = await start();
  expect((await fetch(`http://${host}/`)).status).toBe(426);
  const inbox = await Inbox.open(`ws://${host}/`);
  const messages = ["grüß dich", Buffer.of(1, 2, 3), "x".repeat(1 << 20)];
  for (const message of messages) inbox.socket.send(message);
  for (const message of messages) expect(await inbox.next()).toEqual(message);
  const leaving = await Inbox.open(`ws://${host}/`);
  leaving.socket.close(4000);
  expect(await leaving.closed).toBe(4000);
  await program.shows(/closed with 4000\n/);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(await inbox.closed).toBe(1001);
  expect(program.stderr).toBe("");
});

test("half a head, a violation and a reset end only their own connections", async () => {
  const { program, host } = await start({ HEAD_MS: "200" });
  const lazy = raw(host, "GET / HTTP/1.1\r\n");
  expect(await untilEnd(lazy)).toMatch(/^HTTP\/1\.1 408 /);
  // A frame that is not masked, right behind the head.
  expect(await untilEnd(raw(host, `${REQUEST}\x81\x01x`))).toContain("\x88\x02\x03\xea");
  await program.shows(/closed with 1006 NOT_MASKED\n/);
  const gone = raw(host, REQUEST);
  await once(gone, "data");
  gone.resetAndDestroy();
  await program.shows(/closed with 1006\n/);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
});

test("a client that answers no ping is given up, one that answers stays", async () => {
  const { program, host } = await start({ IDLE_MS: "300" });
  const inbox = await Inbox.open(`ws://${host}/`);
  let pings = 0;
  inbox.socket.on("ping", () => pings++);
  const dead = raw(host, REQUEST);
  const [, frames = ""] = (await untilEnd(dead)).split("\r\n\r\n");
  expect(frames).toBe("\x89\x00");
  await expect.poll(() => pings, { timeout: 10_000 }).toBeGreaterThan(2);
  inbox.socket.send("still here");
  expect(await inbox.next()).toBe("still here");
  await end(program);
});

test("a client that reads nothing has to wait, and is given up in the end", async () => {
  const { program, host } = await start({ IDLE_MS: "1500" });
  const inbox = await Inbox.open(`ws://${host}/`);
  const { now } = memoryOf(program);
  const deaf = raw(host, REQUEST);
  await once(deaf, "data");
  deaf.pause();
  // Text messages of 60,000 bytes, whose echoes are not read.
  const header = Buffer.of(0x81, 0xfe, 60_000 >> 8, 60_000 & 0xff, 0, 0, 0, 0);
  const frame = Buffer.concat([header, Buffer.alloc(60_000, "x")]);
  const write = (): void => {
    while (!deaf.destroyed && deaf.write(frame));
  };
  deaf.on("drain", write).on("error", () => {});
  write();
  await program.shows(/closed with 1006\n/);
  // The buffers of the system hold many megabytes; the server has no more than the answers to one read.
  expect(memoryOf(program).peak - now).toBeLessThan(30 * 2 ** 20);
  inbox.socket.send("not disturbed");
  expect(await inbox.next()).toBe("not disturbed");
  deaf.destroy();
  await end(program);
});
