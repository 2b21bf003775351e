// The command `wsimd connect`, run as a program.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { killPrograms, mainFile, Program, wsimd } from "../support/program.js";

const closers: (() => void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await killPrograms();
});

interface Peer {
  readonly url: string;
  /** Code and reason of the client's Close. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

/** A server of the npm package `ws` for one connection. */
async function startPeer(
  onOpen: (socket: WebSocket, headers: NodeJS.Dict<string | string[]>) => void,
): Promise<Peer> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "chat" });
  closers.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, "listening");
  const closed = new Promise<readonly [number, string]>((resolve) => {
    server.once("connection", (socket, request) => {
      socket.once("close", (code, reason) => resolve([code, reason.toString()]));
      onOpen(socket, request.headers);
    });
  });
  return { url: `ws://127.0.0.1:${portOf(server.address())}`, closed };
}

function portOf(address: ReturnType<WebSocketServer["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function answer(socket: WebSocket): void {
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    socket.send(isBinary ? data : `re: ${data}`, { binary: isBinary });
  });
}

describe("wsimd connect in a pipe", () => {
  test("sends each line, writes each reply, closes with 1000 and exits with 0", async () => {
    const { url, closed } = await startPeer(answer);
    const client = wsimd(["connect", url]);
    client.stdin.end("one\ntwo\r\n\nκόσμε 🙂");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe("re: one\nre: two\nre: \nre: κόσμε 🙂\n");
    expect(client.stderr).toBe("");
    expect(await closed).toEqual([1000, ""]);
  });

  test("offers subprotocols and sends headers", async () => {
    const seen = new Promise<NodeJS.Dict<string | string[]>>((resolve) => {
      startPeer((_socket, headers) => resolve(headers)).then(({ url }) => {
        const offers = ["--protocol", "chat", "--protocol", "superchat"];
        const headers = ["--header", "X-One: 1", "--header", "X-Two:  a: b "];
        wsimd(["connect", url, ...offers, ...headers]).stdin.end();
      });
    });
    expect(await seen).toMatchObject({
      "sec-websocket-protocol": expect.stringMatching(/^chat, ?superchat$/),
      "x-one": "1",
      "x-two": "a: b",
    });
  });

  test("writes a binary message as a line of hexadecimal", async () => {
    const { url } = await startPeer((socket) => {
      socket.send(Buffer.from("00ff10", "hex"));
      socket.send(Buffer.from("7f", "hex"));
      socket.close();
    });
    const client = wsimd(["connect", url]);
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe("binary, 3 bytes: 00 ff 10\nbinary, 1 byte: 7f\n");
  });

  test("--binary passes bytes through, megabytes of them", async () => {
    const { url, closed } = await startPeer(answer);
    const client = wsimd(["connect", url, "--binary"]);
    const bytes = Buffer.alloc(8 << 20);
    for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + (i >> 8);
    client.stdin.end(bytes);
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.output.equals(bytes)).toBe(true);
    expect(await closed).toEqual([1000, ""]);
  });

  test("--keep-open stays until the server closes", async () => {
    const { url } = await startPeer((socket) => {
      socket.once("message", () => {
        // Only a round trip later is it sure that a Close would have been here.
        socket.once("pong", () => socket.send("late", () => socket.close(1000)));
        socket.ping();
      });
    });
    const client = wsimd(["connect", url, "--keep-open"]);
    client.stdin.end("question\n");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe("late\n");
  });

  test.each([
    [1000, 0],
    [1001, 0],
    [undefined, 0],
    [1008, 3],
    [1011, 3],
    [1012, 3],
    [3000, 3],
    [4999, 3],
  ])("after the server's Close with %s its exit code is %i", async (code, expected) => {
    const { url } = await startPeer((socket) =>
      socket.close(code, code === undefined ? undefined : "so be it"),
    );
    const client = wsimd(["connect", url]);
    expect(await client.exit).toEqual({ code: expected, signal: null });
    const line = `wsimd: the server closed the connection with ${code}: so be it\n`;
    expect(client.stderr).toBe(expected === 0 ? "" : line);
  });

  test("exits with 3 when the connection is lost", async () => {
    const { url } = await startPeer((socket) => socket.terminate());
    const client = wsimd(["connect", url]);
    expect(await client.exit).toEqual({ code: 3, signal: null });
    expect(client.stderr).toBe("wsimd: the connection was lost without a Close (1006)\n");
  });

  test("exits with 3 when the server breaks the protocol, and says how", async () => {
    const { url } = await startPeer((socket) => socket.send("x".repeat(2000)));
    const client = wsimd(["connect", url, "--max-message-bytes", "1999"]);
    expect(await client.exit).toEqual({ code: 3, signal: null });
    expect(client.stderr).toMatch(/^wsimd: the connection failed with 1009: [^\n]+\n$/);
  });

  /** A server with one answer to every handshake. */
  async function answering(answer: string): Promise<string> {
    const server = createServer().on("upgrade", (_request, socket) => socket.end(answer));
    closers.push(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    return `ws://127.0.0.1:${portOf(server.address())}/`;
  }

  test.each([
    ["HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "the server answered 403 Forbidden"],
    [
      "HTTP/1.1 401 No\r\nContent-Type: text/plain\r\n\r\nfirst\nsecond \x1b[2J line\n",
      "the server answered 401 Unauthorized: first second \\x1b[2J line",
    ],
    [
      `HTTP/1.1 500 No\r\n\r\n${"é".repeat(300)}`,
      `the server answered 500 Internal Server Error: ${"é".repeat(200)}…`,
    ],
    ["HTTP/1.1 599 No\r\nContent-Length: 0\r\n\r\n", "the server answered 599"],
    [
      "HTTP/1.1 302 No\r\nLocation: wss://elsewhere.example/\r\n\r\n",
      "the server answered 302 Found to wss://elsewhere.example/",
    ],
    [
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
      "the server answered 101 Switching Protocols, but the Sec-WebSocket-Accept header does not answer the key",
    ],
    ["SSH-2.0-OpenSSH\r\n", "the HTTP version is malformed"],
    ["", "the server ended the connection without an answer"],
  ])("exits with 1 when the handshake is refused, and says why, once: %j", async (answer, why) => {
    const url = await answering(answer);
    const client = wsimd(["connect", url]);
    expect(await client.exit).toEqual({ code: 1, signal: null });
    expect(client.stderr).toBe(`wsimd: can't connect to ${url}: ${why}\n`);
    expect(client.stdout).toBe("");
  });

  test("says once why it did not reach a host of several addresses", async () => {
    const client = wsimd(["connect", "ws://localhost:1/"]);
    expect(await client.exit).toEqual({ code: 1, signal: null });
    expect(client.stderr).toBe("wsimd: can't connect to ws://localhost:1/: connection refused\n");
  });

  test("exits with 1 when nobody listens", async () => {
    const server = createTcpServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const port = portOf(server.address());
    await new Promise((resolve) => server.close(resolve));
    const client = wsimd(["connect", `ws://127.0.0.1:${port}`]);
    expect(await client.exit).toEqual({ code: 1, signal: null });
    expect(client.stderr).toBe(`wsimd: can't connect to ws://127.0.0.1:${port}/: connection refused\n`);
  });

  test("goes through a proxy", async () => {
    const { url, closed } = await startPeer(answer);
    const proxy = createServer();
    const asked: (string | undefined)[] = [];
    proxy.on("connect", (request, client, head) => {
      asked.push(request.url, request.headers["proxy-authorization"]);
      const server = connectTcp(Number(new URL(url).port), "127.0.0.1");
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      server.write(head);
      server.pipe(client).pipe(server);
    });
    closers.push(() => proxy.close());
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const address = `http://user:pass@127.0.0.1:${portOf(proxy.address())}`;
    const client = wsimd(["connect", url, "--proxy", address]);
    client.stdin.end("hello");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout).toBe("re: hello\n");
    expect(await closed).toEqual([1000, ""]);
    expect(asked).toEqual([new URL(url).host, `Basic ${btoa("user:pass")}`]);
    const again = wsimd(["connect", url, "--proxy", "environment"], {
      env: { http_proxy: address, no_proxy: "" },
    });
    again.stdin.end();
    expect(await again.exit).toEqual({ code: 0, signal: null });
    expect(asked.length).toBe(4);
  });

  test("exits with 1 when the proxy refuses, and with 2 when it is none", async () => {
    const proxy = createServer();
    proxy.on("connect", (_request, client) => client.end("HTTP/1.1 407 Who are you?\r\n\r\n"));
    closers.push(() => proxy.close());
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const at = `127.0.0.1:${portOf(proxy.address())}`;
    const client = wsimd(["connect", "ws://nowhere.invalid", "--proxy", `http://${at}`]);
    expect(await client.exit).toEqual({ code: 1, signal: null });
    expect(client.stderr).toBe(
      "wsimd: can't connect to ws://nowhere.invalid/ through the proxy: the proxy answered 407 Who are you?\n",
    );
    const none = wsimd(["connect", "ws://nowhere.invalid", "--proxy", `socks5://${at}`]);
    expect(await none.exit).toEqual({ code: 2, signal: null });
    expect(none.stderr).toMatch(/the URL of a proxy begins with http: or https:, not socks5:/);
  });

  describe("--reconnect", () => {
    /** A server that closes its first connection with 1012, and answers on the others. */
    async function startRestarting(): Promise<{ url: string; closed: Promise<number> }> {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
      closers.push(() => {
        for (const socket of server.clients) socket.terminate();
        server.close();
      });
      await once(server, "listening");
      let count = 0;
      const closed = new Promise<number>((resolve) => {
        server.on("connection", (socket) => {
          if (++count === 1) {
            socket.once("message", () => socket.close(1012, "restart"));
            return;
          }
          answer(socket);
          socket.once("close", resolve);
        });
      });
      return { url: `ws://127.0.0.1:${portOf(server.address())}`, closed };
    }

    test("connects again, and input waits meanwhile", async () => {
      const { url, closed } = await startRestarting();
      const client = wsimd(["connect", url, "--reconnect"]);
      client.stdin.write("lost\n");
      await client.complains(/attempt 1 in/);
      client.stdin.end("kept\n");
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(client.stdout).toBe("re: kept\n");
      expect(client.stderr).toMatch(
        /^wsimd: the server closed the connection with 1012: restart; attempt 1 in \d\.\d s\nwsimd: connected again\n$/,
      );
      expect(await closed).toBe(1000);
    });

    test("says once why it gives up, and exits with 1", async () => {
      const url = await answering("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
      const client = wsimd(["connect", url, "--reconnect"]);
      expect(await client.exit).toEqual({ code: 1, signal: null });
      expect(client.stderr).toBe(`wsimd: can't connect to ${url}: the server answered 404 Not Found\n`);
    });

    test("exits with 0 after the server's Close with 1000, which is an end", async () => {
      const { url } = await startPeer((socket) => socket.close(1000));
      const client = wsimd(["connect", url, "--reconnect", "--keep-open"]);
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(client.stderr).toBe("");
    });

    test("ends at a signal while it waits", async () => {
      const client = wsimd(["connect", "ws://127.0.0.1:1/", "--reconnect"]);
      await client.complains(/^wsimd: connection refused; attempt 1 in \d\.\d s\n/);
      client.signal("SIGTERM");
      expect((await client.exit).code).toBe(143);
    });

    test("ends at a signal while it waits after a connection", async () => {
      const { url } = await startRestarting();
      const client = wsimd(["connect", url, "--reconnect"]);
      client.stdin.write("lost\n");
      await client.complains(/attempt 1 in/);
      client.signal("SIGINT");
      expect((await client.exit).code).toBe(130);
    });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("on %s closes with 1001 and exits with %i", async (signal, code) => {
    const { url, closed } = await startPeer((socket) => socket.send("hello"));
    const client = wsimd(["connect", url]);
    await client.shows(/hello/);
    client.signal(signal);
    expect(await client.exit).toEqual({ code, signal: null });
    expect(await closed).toEqual([1001, ""]);
  });

  test("ends well when nobody reads its output any more", async () => {
    const { url, closed } = await startPeer((socket) => {
      socket.send("first");
      socket.on("message", () => socket.send("second"));
    });
    const client = wsimd(["connect", url]);
    await client.shows(/first/);
    client.closeOutput();
    client.stdin.write("go on\n");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stderr).toBe("");
    expect(await closed).toEqual([1001, ""]);
  });
});

describe("wsimd connect in a terminal", () => {
  /** `script` of util-linux gives it a terminal and passes its exit code on. */
  function startInTerminal(...args: string[]): Program {
    const command = [process.execPath, mainFile(), ...args].map((word) => `'${word}'`).join(" ");
    return new Program("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { TERM: "xterm" },
    });
  }

  test("sends what is typed, prints what comes in, and Ctrl-D closes with 1000", async () => {
    const { url, closed } = await startPeer(answer);
    const client = startInTerminal("connect", url, "--protocol", "chat");
    await client.shows(/connected to ws:[^\n]*, subprotocol chat[^\n]*Ctrl-D/);
    await client.shows(/> \S*$/);
    client.stdin.write("hello\r");
    await client.shows(/< re: hello\r\n/);
    client.stdin.write("\x04");
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(await closed).toEqual([1000, ""]);
  });

  test("with --compress says that the server compresses, and not of one that does not", async () => {
    for (const [option, words] of [
      [["--compress"], /connected to ws:[^\n]*, compressed; Ctrl-D/],
      [[], /connected to ws:[^,\n]*\/; Ctrl-D/],
    ] as const) {
      const echo = wsimd(["echo", "--port", "0", ...option]);
      const [, url = ""] = await echo.shows(/listening on (ws:\S+)/);
      const client = startInTerminal("connect", url, "--compress");
      await client.shows(words);
      const text = "hello ".repeat(50);
      client.stdin.write(`${text}\r`);
      await client.shows(/< (hello ?){10}/);
      client.stdin.write("\x04");
      expect(await client.exit).toEqual({ code: 0, signal: null });
    }
  });

  test("spells out control characters, so that a server can't play with the terminal", async () => {
    const { url } = await startPeer((socket) => {
      socket.send("\x1b[2Jboo\rhidden\nnext");
      socket.send(Buffer.alloc(100));
    });
    const client = startInTerminal("connect", url);
    await client.shows(/< \\x1b\[2Jboo\\x0dhidden\r\n {2}next\r\n/);
    await client.shows(/< binary, 100 bytes: (00 ){64}…/);
  });

  test("Ctrl-C exits with 130", async () => {
    const { url, closed } = await startPeer(answer);
    const client = startInTerminal("connect", url);
    await client.shows(/> \S*$/);
    client.stdin.write("\x03");
    expect(await client.exit).toEqual({ code: 130, signal: null });
    expect(await closed).toEqual([1001, ""]);
  });

  test("tells of the server's Close while it waits for a line", async () => {
    const { url } = await startPeer((socket) => socket.close(1011, "broken"));
    const client = startInTerminal("connect", url);
    expect(await client.exit).toEqual({ code: 3, signal: null });
    expect(client.stdout).toContain("wsimd: the server closed the connection with 1011: broken");
    expect(client.stdout.match(/1011/g)).toEqual(["1011"]);
  });

  test("tells of a good Close, once", async () => {
    const { url } = await startPeer((socket) => socket.close(1001, "done"));
    const client = startInTerminal("connect", url);
    expect(await client.exit).toEqual({ code: 0, signal: null });
    expect(client.stdout.match(/closed with 1001/g)).toEqual(["closed with 1001"]);
  });
});
