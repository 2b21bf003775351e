// The small programs of examples/ run and do as they say. test/applications has the whole applications.
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { launchChromium } from "../support/chromium.js";
import { freePort } from "../support/free-port.js";
import { killPrograms, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { silentConnection } from "../support/silent-connection.js";
import { Inbox } from "../support/ws-inbox.js";

const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url));

afterEach(killPrograms);

/** Small programs that show one thing, in one file each. */
const PROGRAMS = [
  "adapter",
  "bare-codec",
  "chat",
  "client",
  "echo",
  "handshake",
  "http-and-websocket",
  "live-graph",
  "proxy",
  "streams",
  "threads",
];

/** Whole applications, which test/applications tests. */
const APPLICATIONS = [
  "bun",
  "cluster",
  "deno",
  "express-chat",
  "from-ws",
  "market-data",
  "net-codec",
  "next",
  "uploads",
  "worker",
];

function run(name: string, port: string, ...args: string[]): Program {
  return new Program(process.execPath, [`${FOLDER}${name}/main.js`, ...args], { env: { PORT: port } });
}

/** Starts a server on a free port. */
async function start(name: string, ...args: string[]): Promise<{ program: Program; host: string }> {
  const program = run(name, "0", ...args);
  const [, host = ""] = await program.shows(/^listening on (?:ws|http):\/\/(127\.0\.0\.1:\d+)\n/);
  return { program, host };
}

/** Ends a server as an operator would: its clients get 1001, and nothing is left to keep it alive. */
async function stop(program: Program, ...inboxes: Inbox[]): Promise<void> {
  const closed = inboxes.map((each) => each.closed);
  program.signal("SIGTERM");
  for (const code of await Promise.all(closed)) expect(code).toBe(1001);
  expect(await program.exit).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
}

describe("examples", () => {
  test("are these, and the small ones have no more than 40 lines", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(
      [".gitignore", "README.md", ...PROGRAMS, ...APPLICATIONS].sort(),
    );
    for (const name of PROGRAMS) {
      const lines = readFileSync(`${FOLDER}${name}/main.js`, "utf8").trimEnd().split("\n");
      expect(lines.length, name).toBeLessThanOrEqual(40);
    }
  });

  test.each([...PROGRAMS, ...APPLICATIONS])("%s has a README of about ten lines with a command", (name) => {
    const readme = readFileSync(`${FOLDER}${name}/README.md`, "utf8");
    const commands = [`examples/${name}/main.`, "npm install && npm start"];
    expect(commands.filter((command) => readme.includes(command))).toHaveLength(1);
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(17);
  });

  test("are all in the table", () => {
    const table = readFileSync(`${FOLDER}README.md`, "utf8");
    const linked = [...table.matchAll(/\[([\w-]+)\]\(\1\)/g)].map(([, name]) => name);
    expect(linked.sort()).toEqual([...PROGRAMS, ...APPLICATIONS].sort());
  });

  test("echo sends text and binary back", async () => {
    const { program, host } = await start("echo");
    const inbox = await Inbox.open(`ws://${host}/`);
    inbox.socket.send("grüß dich");
    expect(await inbox.next()).toBe("grüß dich");
    inbox.socket.send(Uint8Array.of(1, 2, 3));
    expect(await inbox.next()).toEqual(Buffer.of(1, 2, 3));
    await stop(program, inbox);
  });

  test("handshake echoes, and refuses what is no opening handshake", async () => {
    const { program, host } = await start("handshake");
    expect((await fetch(`http://${host}/`)).status).toBe(426);
    const inbox = await Inbox.open(`ws://${host}/`);
    inbox.socket.send("grüß dich");
    expect(await inbox.next()).toBe("grüß dich");
    inbox.socket.send(Uint8Array.of(1, 2, 3));
    expect(await inbox.next()).toEqual(Buffer.of(1, 2, 3));
    inbox.socket.close(1000);
    expect(await inbox.closed).toBe(1000);
    program.signal("SIGTERM");
    expect(await program.exit).toEqual({ code: null, signal: "SIGTERM" });
    expect(program.stderr).toBe("");
  });

  test("chat keeps its rooms apart and asks who comes", async () => {
    const { program, host } = await start("chat");
    const ada = await Inbox.open(`ws://${host}/tea?name=Ada`);
    expect(await ada.next()).toBe("* Ada is here");
    const bob = await Inbox.open(`ws://${host}/tea?name=Bob`);
    expect([await ada.next(), await bob.next()]).toEqual(["* Bob is here", "* Bob is here"]);
    const eve = await Inbox.open(`ws://${host}/coffee?name=Eve`);
    expect(await eve.next()).toBe("* Eve is here");
    bob.socket.send("hello");
    expect([await ada.next(), await bob.next()]).toEqual(["Bob: hello", "Bob: hello"]);
    eve.socket.send("alone");
    // The next that Eve gets is her own: nothing of the other room came in between.
    expect(await eve.next()).toBe("Eve: alone");
    bob.socket.close();
    expect(await ada.next()).toBe("* Bob left");

    const refused = new WebSocket(`ws://${host}/tea`);
    const [error]: unknown[] = await once(refused, "error");
    expect(String(error)).toContain("400");
    await stop(program, ada, eve);
  });

  test("threads serve on one port, and what one says reaches the visitors of all", async () => {
    const port = await freePort();
    const program = new Program(runtimeBinary("node-26"), [`${FOLDER}threads/main.js`], {
      env: { PORT: String(port), THREADS: "3" },
    });
    await program.shows(/^listening on /);
    const inboxes: Inbox[] = [];
    const threads = new Set<unknown>();
    // Another thread gets a connection sooner or later.
    while (threads.size < 2) {
      const inbox = await Inbox.open(`ws://127.0.0.1:${port}/`);
      threads.add(await inbox.next());
      inboxes.push(inbox);
    }
    inboxes.at(-1)?.socket.send("grüß dich");
    for (const inbox of inboxes) expect(String(await inbox.next())).toBe("grüß dich");
    await stop(program, ...inboxes);
  });

  test("bare-codec prints what both ends saw", async () => {
    const program = run("bare-codec", "0");
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout.split("\n")).toEqual([
      "client: HELLO",
      "client: IN PARTS",
      "client: 1000 bytes",
      "server: closed with 1000",
      "client: closed with 1000",
      "",
    ]);
    expect(program.stderr).toBe("");
  });

  test.each([
    [process.execPath, []],
    [runtimeBinary("node-22"), []],
    [runtimeBinary("node-24"), []],
    [runtimeBinary("node-26"), []],
    [runtimeBinary("bun"), []],
    [runtimeBinary("deno"), ["run", "--quiet", "--no-remote", "--no-prompt"]],
  ])("streams talks over lines in memory, run by %s", async (runtime, args) => {
    const program = new Program(runtime, [...args, `${FOLDER}streams/main.js`]);
    expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
    expect(program.stdout.split("\n")).toEqual([
      "a socket: hello, too",
      'a pipe: {"type":"text","text":"THROUGH PIPES"}',
      'a pipe: {"type":"close","code":1000,"reason":"","wasClean":true}',
      "",
    ]);
    expect(program.stderr).toBe("");
  });

  test("http-and-websocket serves its page, and the clock to that page's origin only", async () => {
    const { program, host } = await start("http-and-websocket");
    const page = await fetch(`http://${host}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("new WebSocket");
    expect((await fetch(`http://${host}/clock`)).status).toBe(404);

    await silentConnection(Number(host.split(":")[1]));
    const inbox = await Inbox.open(`ws://${host}/clock`, { origin: `http://${host}` });
    expect(await inbox.next()).toMatch(/^\d{4}-\d\d-\d\dT/);
    for (const [path, origin, status] of [
      ["/clock", "http://evil.example", "403"],
      ["/", `http://${host}`, "404"],
    ] as const) {
      const [error]: unknown[] = await once(new WebSocket(`ws://${host}${path}`, { origin }), "error");
      expect(String(error)).toContain(status);
    }
    await stop(program, inbox);
  });

  test("client sends lines, prints replies, and closes well when they end", async () => {
    const { program: server, host } = await start("echo");
    const client = run("client", host.split(":")[1] ?? "");
    client.stdin.end("one\ntwo\n");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe(`connected to ws://${host}/\none\ntwo\nclosed with 1000\n`);

    const second = run("client", "1", `ws://${host}/`);
    await second.shows(/^connected to /);
    second.signal("SIGTERM");
    expect(await second.exit).toEqual({ code: 0, signal: null });
    expect(second.stdout).toContain("closed with 1001\n");
    await stop(server);
  });

  test("live-graph pushes numbers, and its page draws them", async () => {
    const { program, host } = await start("live-graph");
    const inbox = await Inbox.open(`ws://${host}/`);
    expect(Number(await inbox.next())).toBeGreaterThan(1);

    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`http://${host}/`);
      await page.getByText(/^The server uses \d+\.\d MiB$/).waitFor();
      // A line needs two points.
      await page.waitForFunction(() => {
        const context = document.querySelector("canvas")?.getContext("2d");
        return context?.getImageData(0, 0, 600, 200).data.some((value) => value > 0) === true;
      });
    } finally {
      await browser.close();
    }
    await stop(program, inbox);
  });

  describe("proxy", () => {
    const upstreams: WebSocketServer[] = [];

    afterEach(() => {
      for (const each of upstreams.splice(0)) {
        for (const client of each.clients) client.terminate();
        each.close();
      }
    });

    async function upstream(): Promise<{ server: WebSocketServer; url: string }> {
      const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 1 << 20 });
      upstreams.push(server);
      await once(server, "listening");
      const address = server.address();
      if (typeof address === "string" || address === null) throw new Error("no port");
      return { server, url: `ws://127.0.0.1:${address.port}/` };
    }

    test("joins two sockets, and hands on how each ends", async () => {
      const { server, url } = await upstream();
      const { program, host } = await start("proxy", url);
      const joined = once(server, "connection");
      const inbox = await Inbox.open(`ws://${host}/`);
      const [far]: WebSocket[] = await joined;
      if (far === undefined) throw new Error("nobody came");
      far.send("from afar");
      expect(await inbox.next()).toBe("from afar");
      const arrived = once(far, "message");
      inbox.socket.send(Uint8Array.of(1, 2, 3));
      expect(await arrived).toEqual([Buffer.of(1, 2, 3), true]);

      const ended = once(far, "close");
      inbox.socket.close(4001, "enough");
      expect(await ended).toEqual([4001, Buffer.from("enough")]);

      const again = once(server, "connection");
      const second = await Inbox.open(`ws://${host}/`);
      const [other]: WebSocket[] = await again;
      other?.terminate();
      expect(await second.closed).toBe(1014);
      await stop(program);
    });

    test("says that its target cannot be reached", async () => {
      const { program, host } = await start("proxy", "ws://127.0.0.1:1/");
      const inbox = await Inbox.open(`ws://${host}/`);
      expect(await inbox.closed).toBe(1014);
      await stop(program);
    });

    test("holds the sender back while the other side reads nothing", async () => {
      const { server, url } = await upstream();
      const { program, host } = await start("proxy", url);
      const joined = once(server, "connection");
      const inbox = await Inbox.open(`ws://${host}/`);
      const [far]: WebSocket[] = await joined;
      if (far === undefined) throw new Error("nobody came");
      far.pause();
      // More than the buffers of all sockets between here and there hold, and far more than the 1 MiB of backlog, at which
      // a proxy that did not hold back would close with 1013.
      const count = 1024;
      const message = Buffer.alloc(64 << 10, "x");
      for (let i = 0; i < count; i++) inbox.socket.send(message);
      let bytes = 0;
      const all = new Promise<number>((resolve) => {
        far.on("message", (data: Buffer) => {
          bytes += data.length;
          if (bytes === count * message.length) resolve(bytes);
        });
      });
      await expect
        .poll(
          stoodStill(() => inbox.socket.bufferedAmount),
          { interval: 100, timeout: 20_000 },
        )
        .toBe(true);
      expect(inbox.socket.bufferedAmount).toBeGreaterThan(0);
      far.resume();
      const closed = inbox.closed.then((code) => Promise.reject(new Error(`closed with ${code}`)));
      expect(await Promise.race([all, closed])).toBe(count * message.length);
      await stop(program, inbox);
    });
  });
});

/** Tells, call by call, whether a number was the same in the last five calls. */
function stoodStill(read: () => number): () => boolean {
  const seen: number[] = [];
  return () => {
    seen.push(read());
    return seen.length >= 5 && new Set(seen.slice(-5)).size === 1;
  };
}
