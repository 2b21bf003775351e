// examples/market-data: 500 clients of a relay, an exchange that comes and goes, and a client that does not read.
import { once } from "node:events";
import { connect as connectRaw } from "node:net";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { connect, type Socket, serve } from "../../src/node/index.js";
import { Application, end, hostOf } from "../support/applications.js";
import { freePort } from "../support/free-port.js";
import { killPrograms, type Program } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

const CLIENTS = 500;

let application: Application;

beforeAll(async () => {
  application = await Application.build("market-data");
});
afterEach(killPrograms);
afterAll(() => application.remove());

const QUOTE = { symbol: expect.any(String), price: expect.any(Number), at: expect.any(Number) };

async function message(inbox: Inbox): Promise<{ type: string; live?: boolean; quotes?: unknown[] }> {
  return JSON.parse(String(await inbox.next()));
}

/** Connects clients, which keep what they get. */
async function crowd(host: string): Promise<{ sockets: Socket[]; messages: unknown[][] }> {
  const messages = Array.from({ length: CLIENTS }, (): unknown[] => []);
  const connecting = messages.map((own) =>
    connect(`ws://${host}/quotes`, {}, { message: (_, data) => void own.push(data) }),
  );
  return { sockets: await Promise.all(connecting), messages };
}

test("500 clients get every change, and the statistics say so", async () => {
  const env = { EXCHANGE_PORT: "0", TICK_MS: "20", STATS_MS: "500" };
  const program = application.node("main.js", env);
  const host = await hostOf(program);
  await program.shows(/following ws:/);
  const inbox = await Inbox.open(`ws://${host}/quotes`);
  const snapshot = await message(inbox);
  expect(snapshot).toMatchObject({ type: "snapshot", live: true });
  expect(await message(inbox)).toEqual({ type: "quotes", quotes: expect.arrayContaining([QUOTE]) });
  inbox.socket.close();

  const { sockets, messages } = await crowd(host);
  const before = messages.map((own) => own.length);
  const grown = (): number => Math.min(...messages.map((own, i) => own.length - (before[i] ?? 0)));
  await expect.poll(grown, { timeout: 20_000 }).toBeGreaterThan(40);
  // Twenty that came when all were connected: each client has them, without a gap.
  const [first = []] = messages;
  const start = (before[0] ?? 0) + 10;
  const expected = first.slice(start, start + 20);
  for (const own of messages) {
    const from = own.indexOf(expected[0]);
    expect(own.slice(from, from + 20)).toEqual(expected);
  }
  await program.shows(/clients 500, in [1-9]\d*\/s, out [1-9]\d{3,}\/s, slow 0, upstream live\n/);
  const stats = await (await fetch(`http://${host}/`)).json();
  expect(stats).toMatchObject({ clients: CLIENTS, live: true, slowClients: 0 });
  const closed = sockets.map((socket) => {
    socket.close(1000);
    return expect.poll(() => socket.state).toBe("closed");
  });
  await Promise.all(closed);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
});

/** An exchange, in this process. It tells a number of quotes, whose symbols have a length. */
async function exchange(port: number): Promise<(count: number, length: number) => void> {
  const server = await serve({ host: "127.0.0.1", port }, {});
  onTestFinished(() => server.close());
  return (count, length) => {
    const symbol = "S".repeat(length);
    const quotes = Array.from({ length: count }, (_, i) => ({ symbol, price: i, at: Date.now() }));
    server.broadcast(JSON.stringify(quotes));
  };
}

async function statsOf(host: string): Promise<{ clients: number; messagesOut: number }> {
  return await (await fetch(`http://${host}/`)).json();
}

test("clients are told that the exchange is gone, and that it is back", async () => {
  const port = await freePort();
  const start = (): Program => application.node("exchange.js", { PORT: String(port) });
  const first = start();
  await first.shows(/exchange on/);
  const program = application.node("main.js", { UPSTREAM: `ws://127.0.0.1:${port}` });
  const host = await hostOf(program);
  await program.shows(/following ws:/);
  const inbox = await Inbox.open(`ws://${host}/quotes`);
  const until = async (live: boolean): Promise<void> => {
    for (;;) if ((await message(inbox)).live === live) return;
  };
  await until(true);
  first.signal("SIGKILL");
  await until(false);
  await program.shows(/upstream is gone: attempt 1 in \d+ ms\n/);
  await first.exit;
  start();
  await until(true);
  expect((await message(inbox)).type).toBe("quotes");
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(await inbox.closed).toBe(1001);
});

test("a client that does not read is dropped, and no other waits for it", async () => {
  const port = await freePort();
  const tell = await exchange(port);
  const program = application.node("main.js", { UPSTREAM: `ws://127.0.0.1:${port}` });
  const host = await hostOf(program);
  await program.shows(/following ws:/);
  const inbox = await Inbox.open(`ws://${host}/quotes`);
  const deaf = connectRaw(Number(host.split(":")[1]), "127.0.0.1");
  deaf.write(
    `GET /quotes HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(deaf, "data");
  deaf.pause().on("error", () => {});
  await expect.poll(() => statsOf(host)).toMatchObject({ clients: 2 });
  for (;;) if ((await message(inbox)).type === "snapshot") break;
  // The buffers of the system take tens of megabytes before the relay has to wait. Each of these is one of 0.9.
  let out = (await statsOf(host)).messagesOut;
  for (let receivers = 2, times = 0; receivers === 2; times++) {
    expect(times).toBeLessThan(200);
    tell(1, 900_000);
    expect(await message(inbox)).toMatchObject({ type: "quotes" });
    const { messagesOut } = await statsOf(host);
    receivers = messagesOut - out;
    out = messagesOut;
  }
  await expect
    .poll(() => statsOf(host), { timeout: 10_000 })
    .toMatchObject({ clients: 1, slowClients: 1, live: true });
  tell(3, 10);
  expect((await message(inbox)).quotes).toHaveLength(3);
  deaf.destroy();
  expect(await end(program)).toEqual({ code: 0, signal: null });
});
