// Callbacks, their order, bufferedAmount, and what sending does in each state.
import { expect } from "vitest";
import { eventually, turns } from "../adapters/until.js";
import type { End, Scene } from "./scene.js";
import { suite } from "./suite.js";
import type { WebSocket } from "./surface.js";

const METHODS = ["send", "ping", "pong"] as const;

/** A client whose connection never opens, after `close()`. */
async function unopened(scene: Scene): Promise<End> {
  const end = scene.connect(await scene.answering(() => undefined));
  end.ws.close();
  await end.log.closed();
  return end;
}

suite("sending", "connections", (test) => {
  for (const method of METHODS) {
    test(`${method} calls back, later and without an error`, async (scene) => {
      const { client, server } = await scene.pair();
      for (const { ws } of [client, server]) {
        const seen: unknown[] = [];
        ws[method]("x", (error) => seen.push(error ?? "done"));
        expect(seen).toEqual([]);
        await eventually(() => seen.length === 1, "the callback");
        expect(seen).toEqual(["done"]);
      }
    });

    test(`${method} calls back with an error after close()`, async (scene) => {
      const { client } = await scene.pair();
      const seen: unknown[] = [];
      client.ws.close();
      client.ws[method]("x", (error) => seen.push(error));
      expect(seen).toEqual([]);
      await Promise.resolve();
      await eventually(() => seen.length === 1, "the callback");
      expect(seen).toEqual([new Error("WebSocket is not open: readyState 2 (CLOSING)")]);
    });

    test(`${method} calls back with an error when it is closed`, async (scene) => {
      const { client } = await scene.pair();
      client.ws.close();
      await client.log.closed();
      const seen: unknown[] = [];
      client.ws[method]("x", (error) => seen.push(error));
      await eventually(() => seen.length === 1, "the callback");
      expect(seen).toEqual([new Error("WebSocket is not open: readyState 3 (CLOSED)")]);
    });

    test(`${method} adds to bufferedAmount when it is closed`, async (scene) => {
      const { client } = await scene.pair();
      client.ws.close();
      await client.log.closed();
      expect(client.ws.bufferedAmount).toBe(0);
      client.ws[method]("hi");
      expect(client.ws.bufferedAmount).toBe(2);
      client.ws[method](undefined);
      expect(client.ws.bufferedAmount).toBe(2);
      client.ws[method](new Blob(["hi"]));
      expect(client.ws.bufferedAmount).toBe(4);
      client.ws[method](Buffer.from("€"));
      expect(client.ws.bufferedAmount).toBe(7);
      client.ws[method](7);
      expect(client.ws.bufferedAmount).toBe(8);
    });

    test(`${method} adds to bufferedAmount when the handshake failed`, async (scene) => {
      const { ws } = await unopened(scene);
      expect(ws.bufferedAmount).toBe(0);
      ws[method]("€");
      expect(ws.bufferedAmount).toBe(3);
      ws[method](new Blob(["hi"]));
      expect(ws.bufferedAmount).toBe(5);
    });

    test(`${method} without a callback does nothing when it is closed`, async (scene) => {
      const { client } = await scene.pair();
      client.ws.terminate();
      await client.log.closed();
      client.ws[method]("x");
      await turns();
    });
  }

  test("callbacks come in the order of the calls", async (scene) => {
    for (const { ws } of Object.values(await roles(scene))) {
      const seen: string[] = [];
      const note = (name: string) => () => seen.push(name);
      ws.send("a", note("a"));
      ws.ping("b", note("b"));
      ws.send(Buffer.alloc(70_000), note("c"));
      ws.pong("d", note("d"));
      ws.send("e", { fin: false }, note("e"));
      ws.send("f", note("f"));
      expect(seen).toEqual([]);
      await eventually(() => seen.length === 6, "all callbacks");
      expect(seen).toEqual(["a", "b", "c", "d", "e", "f"]);
    }
  });

  test("a message sent in a callback goes out behind the others", async (scene) => {
    const { server, client } = await scene.pair();
    client.ws.send("a", () => client.ws.send("c"));
    client.ws.send("b");
    await server.log.until("message", 3);
    expect(server.log.words).toEqual(['text "a"', 'text "b"', 'text "c"']);
  });

  test("a Blob holds back what is sent behind it, and its callback comes first", async (scene) => {
    const { server, client } = await scene.pair();
    const seen: string[] = [];
    client.ws.send(new Blob(["blob"]), () => seen.push("blob"));
    client.ws.send("text", () => seen.push("text"));
    client.ws.ping("ping", () => seen.push("ping"));
    await server.log.until("ping");
    expect(server.log.words).toEqual(["binary 62 6c 6f 62", 'text "text"', 'ping "ping"']);
    await eventually(() => seen.length === 3, "all callbacks");
    expect(seen).toEqual(["blob", "text", "ping"]);
  });

  test("several Blobs are sent in order", async (scene) => {
    const { server, client } = await scene.pair();
    for (let i = 0; i < 5; i++) client.ws.send(new Blob([String(i)]), { binary: false });
    client.ws.close();
    await server.log.closed();
    expect(server.log.words).toEqual([
      'text "0"',
      'text "1"',
      'text "2"',
      'text "3"',
      'text "4"',
      'close 1005 ""',
    ]);
  });

  test("bufferedAmount has the bytes of a Blob that is being read, and of what waits for it", async (scene) => {
    const { client } = await scene.pair();
    client.ws.send(new Blob(["four"]));
    expect(client.ws.bufferedAmount).toBe(4);
    client.ws.send("six…");
    expect(client.ws.bufferedAmount).toBe(10);
    client.ws.ping("1");
    expect(client.ws.bufferedAmount).toBe(11);
    await eventually(() => client.ws.bufferedAmount === 0, "nothing is buffered");
  });

  test("terminate() calls back what waits for a Blob with an error", async (scene) => {
    const { client } = await scene.pair();
    const seen: unknown[] = [];
    client.ws.send(new Blob(["foo"]), (error) => seen.push(error));
    client.ws.send("bar");
    client.ws.send("baz", (error) => seen.push(error));
    client.ws.terminate();
    await eventually(() => seen.length === 2, "both callbacks");
    const error = new Error("The socket was closed while the blob was being read");
    expect(seen).toEqual([error, error]);
  });

  test("a Blob that cannot be read is an error, and ends the connection", async (scene) => {
    const { client, server } = await scene.pair();
    const blob = new Blob(["x"]);
    const error = new Error("unreadable");
    Object.defineProperty(blob, "arrayBuffer", { value: () => Promise.reject(error) });
    const seen: unknown[] = [];
    client.ws.send(blob, (reason) => seen.push(reason));
    client.ws.send("behind", (reason) => seen.push(reason));
    await client.log.closed();
    expect(client.log.words).toEqual(["open", "error Error: unreadable", 'close 1006 ""']);
    expect(seen).toEqual([error, error]);
    expect(await server.log.closed()).toBe('close 1006 ""');
  });

  test("bufferedAmount is 0 after a small message", async (scene) => {
    for (const { ws } of Object.values(await roles(scene))) {
      expect(ws.bufferedAmount).toBe(0);
      ws.send(Buffer.alloc(1_000));
      expect(ws.bufferedAmount).toBe(0);
      ws.send("second of the turn");
      expect(ws.bufferedAmount).toBe(0);
    }
  });

  test("bufferedAmount grows when the peer does not read", async (scene) => {
    const { ws, peer } = await scene.served();
    peer.stopReading();
    const data = Buffer.alloc(1 << 16, 1);
    while (ws.bufferedAmount === 0) ws.send(data);
    const before = ws.bufferedAmount;
    ws.send(data);
    expect(ws.bufferedAmount).toBe(before + data.length + 10);
    peer.read();
    await eventually(() => ws.bufferedAmount === 0, "nothing is buffered");
  });

  /** A server's end whose peer reads nothing, with as much as the system takes, and more. */
  async function stuffed(scene: Scene): Promise<WebSocket> {
    const { ws, peer } = await scene.served();
    peer.stopReading();
    while (ws.bufferedAmount === 0) ws.send(Buffer.alloc(1 << 16));
    return ws;
  }

  test.differs("rest of a write", "bufferedAmount and the length of what _socket holds", {
    async ws(scene) {
      const ws = await stuffed(scene);
      expect(ws._socket.writableLength).toBe(ws.bufferedAmount);
    },
    async wsimd(scene) {
      const ws = await stuffed(scene);
      expect(ws._socket.writableLength).toBeLessThanOrEqual(ws.bufferedAmount);
    },
  });

  test("the callback of a message that the system did not take comes when it did", async (scene) => {
    const { ws, peer } = await scene.served();
    peer.stopReading();
    const data = Buffer.alloc(1 << 16, 1);
    while (ws.bufferedAmount === 0) ws.send(data);
    let called = false;
    ws.send("last", () => {
      called = true;
    });
    await turns(20);
    expect(called).toBe(false);
    peer.read();
    await eventually(() => called, "the callback");
  });

  test("callbacks of messages that never went out come with an error", async (scene) => {
    const { ws, peer, log } = await scene.served();
    peer.stopReading();
    const data = Buffer.alloc(1 << 16, 1);
    while (ws.bufferedAmount === 0) ws.send(data);
    const seen: unknown[] = [];
    ws.send("a", (error) => seen.push(error instanceof Error));
    ws.send("b", (error) => seen.push(error instanceof Error));
    ws.terminate();
    await log.closed();
    await eventually(() => seen.length === 2, "both callbacks");
    expect(seen).toEqual([true, true]);
  });

  for (const way of ["reset by the peer", "destroyed"] as const)
    test(`the callback of a message on a socket that was ${way} has an error`, async (scene) => {
      const { ws, peer } = await scene.connected();
      if (way === "destroyed") ws._socket.destroy();
      else peer.reset();
      const seen: boolean[] = [];
      ws.send("a", (error) => seen.push(error instanceof Error));
      ws.send("b", (error) => seen.push(error instanceof Error));
      await eventually(() => seen.length === 2, "both callbacks");
      expect(seen).toEqual([true, true]);
    });

  test("messages of a turn reach the peer before _socket is destroyed", async (scene) => {
    for (const [end, far] of await bothWays(scene)) {
      for (const text of ["a", "b", "c"]) end.ws.send(text);
      end.ws._socket.destroy();
      await far.log.closed();
      expect(far.log.words.filter((each) => each !== "open").slice(0, 3)).toEqual([
        'text "a"',
        'text "b"',
        'text "c"',
      ]);
    }
  });

  test("bytes written to _socket go out behind the messages of the turn", async (scene) => {
    const { server, client } = await scene.pair();
    server.ws.send("a");
    server.ws.send("b");
    server.ws._socket.write(Buffer.from([0x81, 0x01, 0x63]));
    server.ws.send("d");
    await client.log.until("message", 4);
    expect(client.log.words).toEqual(["open", 'text "a"', 'text "b"', 'text "c"', 'text "d"']);
  });

  test("a send outside of a read has reached the system when it returns", async (scene) => {
    for (const [ws, far] of await bothWays(scene)) {
      ws.ws.send("first");
      ws.ws.terminate();
      await far.log.closed();
      expect(far.log.words.filter((each) => each !== "open")).toEqual(['text "first"', 'close 1006 ""']);
    }
  });

  test("messages of a turn reach the peer before terminate()", async (scene) => {
    for (const [ws, far] of await bothWays(scene)) {
      for (const text of ["a", "b", "c"]) ws.ws.send(text);
      ws.ws.terminate();
      await far.log.closed();
      expect(far.log.words.filter((each) => each !== "open")).toEqual([
        'text "a"',
        'text "b"',
        'text "c"',
        'close 1006 ""',
      ]);
    }
  });

  test("messages sent in a listener reach the peer before terminate() there", async (scene) => {
    const { server, client } = await scene.pair();
    server.ws.on("message", () => {
      server.ws.send("a");
      server.ws.send("b");
      server.ws.terminate();
    });
    client.ws.send("x");
    await client.log.closed();
    expect(client.log.words).toEqual(["open", 'text "a"', 'text "b"', 'close 1006 ""']);
  });

  test("an answer in a listener needs no other event", async (scene) => {
    const { ws, peer } = await scene.connected();
    ws.on("message", (data: Buffer) => ws.send(data, { mask: false }));
    await peer.write(Buffer.from("82016182016282 0163".replaceAll(" ", ""), "hex"));
    await peer.expect("82 01 61 82 01 62 82 01 63");
  });
});

async function roles(scene: Scene): Promise<{ server: End; client: End }> {
  const { server, client } = await scene.pair();
  return { server, client };
}

async function bothWays(scene: Scene): Promise<readonly (readonly [End, End])[]> {
  const first = await scene.pair();
  const second = await scene.pair();
  return [
    [first.server, first.client],
    [second.client, second.server],
  ];
}
