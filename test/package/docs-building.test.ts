// The programs of docs/building.md work as the page says.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { serve } from "../../src/node/index.js";
import { freePort } from "../support/free-port.js";
import type { CodeBlock } from "../support/markdown.js";
import { start } from "../support/markdown-blocks.js";
import { listening, PagePrograms, type PageServer, stop } from "../support/page-programs.js";
import { killPrograms, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";
import { runtimeBinary } from "../support/runtimes.js";
import { runIn } from "../support/tarball.js";
import { Inbox } from "../support/ws-inbox.js";

const page = new PagePrograms("docs/building.md");

afterEach(killPrograms);

test("each block has a test here", () => {
  const names = readFileSync(fileURLToPath(import.meta.url), "utf8").matchAll(
    /page\.take\("(?<name>[^"]+)"\)/g,
  );
  expect([...names].map(({ groups }) => groups?.name)).toEqual(page.headings);
});

async function exchange(inbox: Inbox, message: string | Uint8Array): Promise<string> {
  inbox.socket.send(message);
  return String(await inbox.next());
}

/** The code and reason with which a server closes a connection that sends it a message. */
async function closedBy(server: PageServer, message: string | Uint8Array): Promise<string> {
  const { socket } = await Inbox.open(server.url);
  const closed = once(socket, "close");
  socket.send(message);
  const [code, reason]: unknown[] = await closed;
  return `${code} ${reason}`;
}

/** The status of a refusal. */
async function refusal(url: string, options: ClientOptions & { protocols?: string[] } = {}): Promise<number> {
  const { protocols = [], ...rest } = options;
  const socket = new WebSocket(url, protocols, rest);
  const [error]: unknown[] = await once(socket, "error");
  return Number(/response: (\d+)/.exec(String(error))?.[1]);
}

/** Runs a program of a browser, with Node's WebSocket, to its end. */
function browser({ code, info }: CodeBlock, port: number): Program {
  expect(info).toBe("js browser");
  const module = code.replaceAll("8080", String(port));
  return new Program(runtimeBinary("node-22"), ["--input-type=module", "-e", module]);
}

test("all connections except the sender's", async () => {
  const server = await listening(page.take("All connections except the sender's"));
  const [ada, bob] = [await Inbox.open(server.url), await Inbox.open(server.url)];
  expect(await exchange(ada, "hello")).toBe("delivered");
  expect(await bob.next()).toBe("hello");
  await stop(server);
});

const rooms = page.take("Rooms");

test("rooms", async () => {
  const server = await listening(rooms);
  const [ada, bob, eve] = await Promise.all(
    ["/tea", "/tea", "/milk"].map((room) => Inbox.open(server.url + room)),
  );
  if (!ada || !bob || !eve) throw new Error("three were opened");
  expect(await exchange(ada, "hello")).toBe("hello");
  expect(await bob.next()).toBe("hello");
  expect(await exchange(eve, "alone")).toBe("alone");
  bob.socket.close();
  await bob.closed;
  expect(await exchange(ada, "still here")).toBe("still here");
  await stop(server);
});

/** Starts a block with other options of its server. */
function withOptions(block: CodeBlock, options: string): Promise<PageServer> {
  const code = block.code.replace("port: 8080", `port: 8080, ${options}`);
  expect(code).not.toBe(block.code);
  return listening({ ...block, code });
}

/** More than the system's buffers take for a client that does not read. */
const LONG = Buffer.alloc(32 << 20);

test("a slow member keeps no message from the others of its room", async () => {
  const limits = "limits: { maxMessageBytes: 64 << 20, maxBackpressureBytes: 1_000 }";
  const server = await withOptions(rooms, limits);
  const [ada, bob] = [await Inbox.open(server.url), await Inbox.open(server.url)];
  bob.socket.pause();
  for (const message of [LONG, "x".repeat(2_000), "dropped"]) {
    ada.socket.send(message);
    expect(Buffer.from(await ada.next()).equals(Buffer.from(message))).toBe(true);
  }
  bob.socket.terminate();
  expect(await exchange(ada, "still here")).toBe("still here");
  await stop(server);
});

test("one user with many sockets", async () => {
  const server = await listening(page.take("One user with many sockets"));
  expect(await refusal(server.url)).toBe(401);
  const tab = await Inbox.open(`${server.url}/?user=ada`);
  const phone = await Inbox.open(`${server.url}/?user=ada`);
  const bob = await Inbox.open(`${server.url}/?user=bob`);
  expect(await exchange(tab, "hello")).toBe("2 sockets: hello");
  expect(await phone.next()).toBe("2 sockets: hello");
  phone.socket.send("sign out");
  expect([await tab.closed, await phone.closed]).toEqual([1008, 1008]);
  expect(await exchange(bob, "hello")).toBe("1 sockets: hello");
  await stop(server);
});

test("JSON is parsed and checked", async () => {
  const server = await listening(page.take("Parse and check"));
  const inbox = await Inbox.open(server.url);
  expect(await exchange(inbox, '{"say":"hello"}')).toBe('{"said":"hello"}');
  expect(await closedBy(server, Uint8Array.of(1))).toBe("1003 text only");
  expect(await closedBy(server, "{")).toBe("1007 not JSON");
  for (const message of ["null", "1", "{}", '{"say":1}']) {
    expect(await closedBy(server, message)).toBe("1008 say must be a string");
  }
  expect(await closedBy(server, JSON.stringify({ say: "x".repeat(10_000) }))).toMatch(/^1009/);
  await stop(server);
});

test("types", { timeout: 60_000 }, async () => {
  const block = page.take("Types");
  expect(block.info).toBe("ts run");
  const server = await listening(block, (code, port) => {
    const module = code.replaceAll("8080", String(port));
    return new Program(runtimeBinary("node-22"), [
      ...["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e", module],
    ]);
  });
  const inbox = await Inbox.open(server.url);
  expect(await exchange(inbox, '{"type":"say","text":"hello"}')).toBe("guest: hello");
  inbox.socket.send('{"type":"rename","name":"Ada"}');
  expect(await exchange(inbox, '{"type":"say","text":"hello"}')).toBe("Ada: hello");
  expect(await closedBy(server, '{"type":"say"}')).toBe("1008 unknown message");
  await stop(server);

  const folder = mkdtempSync(path.join(ROOT, "build/types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const options = { strict: true, noEmit: true, target: "es2023", module: "nodenext", types: ["node"] };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  writeFileSync(path.join(folder, "page.mts"), block.code);
  await runIn(folder, process.execPath, path.join(ROOT, "node_modules/typescript/bin/tsc"));
});

test("requests and answers", async () => {
  const server = await listening(page.take("Requests and answers"));
  const client = start(page.take("Requests and answers").code, server.port);
  expect(await client.exit).toEqual({ code: 0, signal: null });
  expect([client.stdout, client.stderr]).toEqual(["3\n", ""]);
  const inbox = await Inbox.open(server.url);
  expect(await exchange(inbox, '{"id":1,"method":"toString"}')).toBe('{"id":1,"error":"unknown method"}');
  expect(await exchange(inbox, '{"id":2,"method":"add"}')).toBe('{"id":2,"error":"failed"}');
  expect(await exchange(inbox, '{"id":3,"method":"now"}')).toContain('"result":"20');
  await stop(server);
});

test("a session cookie", async () => {
  const server = await listening(page.take("A session cookie"));
  const headers = { Cookie: "theme=dark; session=s3cret" };
  const origin = server.url.replace("ws:", "http:");
  expect(await refusal(server.url, { headers })).toBe(403);
  expect(await refusal(server.url, { headers, origin: "https://example.org" })).toBe(403);
  expect(await refusal(server.url, { origin })).toBe(401);
  expect(await exchange(await Inbox.open(server.url, { headers, origin }), "hello")).toBe("Ada: hello");
  await stop(server);
});

test("a ticket", async () => {
  const server = await listening(page.take("A ticket"));
  const client = browser(page.take("A ticket"), server.port);
  await client.exit;
  expect([client.stdout, client.stderr]).toEqual(["Ada\n", ""]);
  const url = `http://127.0.0.1:${server.port}/ticket`;
  expect((await fetch(url, { method: "POST" })).status).toBe(403);
  const answer = await fetch(url, { method: "POST", headers: { Authorization: "Bearer s3cret" } });
  const withTicket = `${server.url}/?ticket=${await answer.text()}`;
  (await Inbox.open(withTicket)).socket.close();
  expect(await refusal(withTicket)).toBe(401);
  expect(await refusal(server.url)).toBe(401);
  await stop(server);
});

test("a token as subprotocol", async () => {
  const server = await listening(page.take("A token as subprotocol"));
  const socket = new WebSocket(server.url, ["chat", "token.eyJhIjox"]);
  await once(socket, "open");
  expect(socket.protocol).toBe("chat");
  const answer = once(socket, "message");
  socket.send("hello");
  expect(String(await answer)).toMatch(/^Ada: hello/);
  expect(await refusal(server.url, { protocols: ["chat", "token.wrong"] })).toBe(401);
  expect(await refusal(server.url, { protocols: ["chat"] })).toBe(401);
  await stop(server);
});

test("a first message", async () => {
  const block = page.take("A first message");
  const server = await listening({ ...block, code: block.code.replace("5_000", "500") });
  const inbox = await Inbox.open(server.url);
  inbox.socket.send("s3cret");
  inbox.socket.send("hello");
  expect(await inbox.next()).toBe("welcome");
  expect(await inbox.next()).toBe("Ada: hello");
  expect(await closedBy(server, "wrong")).toBe("1008 wrong token");
  const idle = await Inbox.open(server.url);
  expect(await idle.closed).toBe(1008);
  expect(await exchange(inbox, "still here")).toBe("Ada: still here");
  await stop(server);
});

test("when a session ends", async () => {
  const server = await listening(page.take("When a session ends"));
  const inbox = await Inbox.open(server.url);
  expect(await exchange(inbox, "hello")).toBe("hello");
  expect(await inbox.closed).toBe(1008);
  await stop(server);
});

test("a sign-out closes the session's sockets, and those of a handshake in progress", async () => {
  const block = page.take("When a user signs out");
  const server = await listening(block);
  expect(await refusal(server.url)).toBe(401);
  const url = `${server.url}/?session=s3cret`;
  const [tab, phone] = [await Inbox.open(url), await Inbox.open(url)];
  expect(await exchange(tab, "hello")).toBe("Ada: hello");
  phone.socket.send("sign out");
  expect([await tab.closed, await phone.closed]).toEqual([1008, 1008]);
  expect(await refusal(url)).toBe(401);
  await stop(server);

  // A store whose second answer, for a handshake, comes after the sign-out.
  const code = block.code
    .replace("await sessions.get(id)", "await read(id)")
    .replace("async function signOut", () => STORE_THAT_WAITS);
  const slow = await listening({ ...block, code });
  const late = `${slow.url}/?session=s3cret`;
  const first = await Inbox.open(late);
  const second = Inbox.open(late);
  await slow.program.shows(/held\n/);
  first.socket.send("sign out");
  expect(await first.closed).toBe(1008);
  expect(await (await second).closed).toBe(1008);
  await stop(slow);
});

const STORE_THAT_WAITS = `let reads = 0;
async function read(id) {
  const user = sessions.get(id);
  if (++reads < 2) return user;
  console.log("held");
  while (!ended.has(id)) await new Promise(setImmediate);
  return user;
}
async function signOut`;

test("slow clients", async () => {
  const block = page.take("Cope with slow clients");
  const server = await listening(block);
  const inbox = await Inbox.open(server.url);
  expect(await inbox.next()).toMatch(/^\d+/);
  expect(await inbox.next()).toMatch(/^\d+\./);
  await stop(server);

  // Longer prices, in quick succession, for a client that does not read for a while.
  const code = block.code
    .replace("String(price)", "String(price).padEnd(100_000)")
    .replace("}, 100)", "}, 1)")
    .replace("data.missed = data.behind;", "$&\n  if (data.missed) console.log('missed');")
    .replace("drain(socket) {", "$&\n    console.log('drained');");
  const hurried = await listening({ ...block, code });
  const slow = await Inbox.open(hurried.url);
  slow.socket.pause();
  await hurried.program.shows(/missed\n/);
  slow.socket.resume();
  await hurried.program.shows(/missed\ndrained\n/);
  const old = String(await slow.next());
  await expect.poll(async () => String(await slow.next()) !== old).toBe(true);
  slow.socket.terminate();
  await stop(hurried);
});

test("hints are left out for slow clients", async () => {
  const server = await withOptions(
    page.take("Cope with slow clients"),
    "limits: { maxMessageBytes: 64 << 20 }",
  );
  const [ada, bob] = [await Inbox.open(server.url), await Inbox.open(server.url)];
  ada.socket.send("typing");
  expect(await exchange(ada, "hello")).toBe("delivered");
  expect([await bob.next(), await bob.next()]).toEqual(["typing", "hello"]);
  bob.socket.pause();
  expect(await exchange(ada, LONG)).toBe("delivered");
  ada.socket.send("typing");
  expect(await exchange(ada, "bye")).toBe("delivered");
  bob.socket.resume();
  expect(LONG.equals(Buffer.from(await bob.next()))).toBe(true);
  expect(await bob.next()).toBe("bye");
  await stop(server);
});

test("asynchronous handlers", async () => {
  const block = page.take("Asynchronous handlers");
  const messages = ["x".repeat(200), "x"];
  for (const [code, answers] of [
    [block.code, messages],
    [block.code.replace("sequential: true", "sequential: false"), messages.toReversed()],
  ] as const) {
    const server = await listening({ ...block, code });
    const inbox = await Inbox.open(server.url);
    for (const message of messages) inbox.socket.send(message);
    expect([await inbox.next(), await inbox.next()]).toEqual(answers);
    await stop(server);
  }
});

test("long messages", async () => {
  const server = await listening(page.take("Long messages"));
  const inbox = await Inbox.open(server.url);
  const message = Buffer.alloc(5 << 20, "wsimd");
  expect(await exchange(inbox, message)).toBe(createHash("sha256").update(message).digest("hex"));
  await stop(server);

  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-video-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "video.mp4");
  writeFileSync(file, message);
  const block = page.take("Long messages");
  const sender = await listening({ ...block, code: block.code.replace("video.mp4", file) });
  const viewer = await Inbox.open(sender.url);
  for (const request of ["video", "again", "video"]) viewer.socket.send(request);
  expect(message.equals(Buffer.from(await viewer.next()))).toBe(true);
  expect([await viewer.next(), await viewer.next()]).toEqual(["again", "one at a time"]);
  viewer.socket.send("video");
  expect(message.equals(Buffer.from(await viewer.next()))).toBe(true);
  // A client that closes in the middle is answered at once: the rest of the file is not sent.
  truncateSync(file, 1 << 30);
  const leaving = await Inbox.open(sender.url);
  leaving.socket.send("video");
  leaving.socket.close(1000);
  expect(await leaving.closed).toBe(1000);
  // A client that leaves in the middle is no error.
  viewer.socket.send("video");
  viewer.socket.pause();
  viewer.socket.terminate();
  const next = await Inbox.open(sender.url);
  expect(await exchange(next, "still here")).toBe("still here");
  await stop(sender);
});

test("a browser reconnects, unless the server does not want it", async () => {
  const block = page.take("In a browser");
  const port = await freePort();
  const client = browser(block, port);
  for (const code of [1012, 1008]) {
    const server = await serve(
      { host: "127.0.0.1", port },
      {
        open(socket) {
          socket.send(String(code));
          socket.close(code);
        },
      },
    );
    await client.shows(new RegExp(`${code}\n$`));
    await server.close();
  }
  expect(await client.exit).toEqual({ code: 0, signal: null });
  expect(client.stderr).toBe("");
});

test("a client on a server reconnects", async () => {
  let connections = 0;
  const server = await serve(
    { host: "127.0.0.1" },
    {
      message(socket, data) {
        socket.send(data);
        if (++connections === 1) socket.close(1012);
      },
    },
  );
  const client = start(page.take("On a server").code, server.port);
  expect(await client.exit).toEqual({ code: 0, signal: null });
  await server.close();
  expect(client.stderr).toBe("");
  expect(client.stdout).toMatch(/^hello\nattempt 1 follows in \d+ ms\nhere again\n$/);
});

test("the test of an application passes, and fails with another answer, or without one", async () => {
  const { code } = page.take("Test an application");
  expect((await start(code, 0).exit).code).toBe(0);
  const closes = "socket.close(1008)";
  for (const [part, other] of [
    ['"AGAIN"', '"again"'],
    ["socket.send(String(data).toUpperCase())", closes],
    ["online.delete(socket)", "online"],
  ] as const) {
    const program = start(
      code.replace(part, () => other),
      0,
    );
    expect([other, (await program.exit).code]).toEqual([other, 1]);
    if (other === closes) expect(program.stdout).toContain("closed with 1008");
  }
});
