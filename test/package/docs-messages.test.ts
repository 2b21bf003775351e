// The programs of docs/messages.md do what the page says of them: bounds, transfers that are cancelled, lost, resumed.
import { EventEmitter, once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect, type Socket } from "../../src/node/index.js";
import { listening, PagePrograms, type PageServer, stop } from "../support/page-programs.js";
import { killPrograms } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

const page = new PagePrograms("docs/messages.md");

afterEach(killPrograms);

/** A client of wsimd, and the code with which its connection ends. */
async function client(server: PageServer): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const over = new EventEmitter();
  const closed = once(over, "close").then(([code]: unknown[]) => code);
  const socket = await connect(server.url, {}, { close: (_, { code }) => over.emit("close", code) });
  return { socket, closed };
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(16_384);
}

test("a stream without limits counts more frames than the default of maxFragments", async () => {
  const server = await listening(page.take("Receive a stream"));
  const inbox = await Inbox.open(server.url);
  const frames = 140_000;
  for (let i = 1; i <= frames; i++) inbox.socket.send("x", { fin: i === frames });
  expect(await inbox.next()).toBe(`${frames} bytes of text`);
  inbox.socket.close();
  await stop(server);
});

test("a short message among long ones has a bound", async () => {
  const server = await listening(page.take("Short messages among long ones"));
  const inbox = await Inbox.open(server.url);
  inbox.socket.send("x".repeat(999));
  expect(await inbox.next()).toBe(`done: ${"x".repeat(999)}`);
  const { socket, closed } = await client(server);
  await expect(socket.sendStream(endless())).rejects.toThrow("the connection ended");
  expect(await closed).toBe(1009);
  inbox.socket.close();
  await stop(server);
});

test("a relay passes messages on, and tells the sender when its receiver has gone", async () => {
  const server = await listening(page.take("Relay a message"));
  const sender = await client(server);
  const receiver = await Inbox.open(server.url);
  for (const text of ["one", "two", "three"]) sender.socket.send(text);
  expect([await receiver.next(), await receiver.next(), await receiver.next()]).toEqual([
    "one",
    "two",
    "three",
  ]);
  const sent = sender.socket.sendStream(endless());
  receiver.socket.terminate();
  await expect(sent).rejects.toThrow("the connection ended");
  expect(await sender.closed).toBe(1013);
  await stop(server);
});

/** The parts of the transfer: 1 to 20. */
const ALL = Array.from({ length: 20 }, (_, i) => `${i + 1} `).join("");

test("the sender of a transfer cancels it when it is asked to, and the connection goes on", async () => {
  const server = await listening(page.take("Cancel a transfer"));
  const inbox = await Inbox.open(server.url);
  inbox.socket.send("go");
  expect([await inbox.next(), await inbox.next()]).toEqual([ALL, "complete"]);
  inbox.socket.send("go");
  inbox.socket.send("cancel");
  const short = String(await inbox.next());
  expect(ALL.startsWith(short)).toBe(true);
  expect(short.length).toBeLessThan(ALL.length);
  expect(await inbox.next()).toBe("cancelled");
  inbox.socket.send("go");
  expect([await inbox.next(), await inbox.next()]).toEqual([ALL, "complete"]);
  inbox.socket.close();
  await stop(server);
});

test("a client that closes in the middle of a transfer has its answer at once", async () => {
  const block = page.take("Send a stream");
  const server = await listening({ ...block, code: block.code.replace("countdown(3)", "countdown(1e8)") });
  const socket = new WebSocket(server.url);
  await once(socket, "open");
  const messages: unknown[] = [];
  socket.on("message", (data) => messages.push(data));
  socket.send("go");
  socket.close(1000);
  const [closeCode]: unknown[] = await once(socket, "close");
  expect([closeCode, messages]).toEqual([1000, []]);
  await stop(server);
});

test("a transfer whose connection is lost goes on where it was", async () => {
  const block = page.take("Resume after a lost connection");
  // The server ends the first connection in the middle of the message.
  const code = block.code.replace(
    "kept.push(piece);",
    "$&\n      if (kept.length === 2) socket.terminate();",
  );
  expect(code).not.toBe(block.code);
  const server = await listening({ ...block, code });
  await server.program.shows(/connection 2: the server has 300000 of 300000 bytes\n/);
  const seen = [...server.program.stdout.matchAll(/connection (\d): the server has (\d+) of/g)].map(
    ([, attempt, have]) => [Number(attempt), Number(have)],
  );
  expect(seen[0]).toEqual([1, 0]);
  const [, resumed = 0] = seen.find(([attempt]) => attempt === 2) ?? [];
  expect(resumed).toBeGreaterThan(0);
  expect(resumed).toBeLessThan(300_000);
  await stop(server);
});
