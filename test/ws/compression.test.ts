// Compression in connections: what arrives, what is counted, and what its end is.
import { expect } from "vitest";
import { eventually, turns } from "../adapters/until.js";
import type { Pair } from "./scene.js";
import { suite } from "./suite.js";
import type { Sendable } from "./surface.js";

const ALL = { perMessageDeflate: { threshold: 0 } };
/** An empty text message, compressed. */
const EMPTY = "c10100";

/** Both directions of a connection. */
function ways({ server, client }: Pair): readonly (readonly [from: Pair["server"], to: Pair["server"]])[] {
  return [
    [server, client],
    [client, server],
  ];
}

suite("compression", "connections", (test) => {
  const DEFLATE: readonly (readonly [what: string, data: Sendable, arrives: string])[] = [
    ["text", "hi ".repeat(10), `text "${"hi ".repeat(10)}"`],
    ["empty text", "", 'text ""'],
    ["a Buffer", Buffer.from("foobar"), "binary 66 6f 6f 62 61 72"],
    ["an ArrayBuffer", Uint8Array.of(7, 8).buffer, "binary 07 08"],
    ["a Blob", new Blob(["foobar"]), "binary 66 6f 6f 62 61 72"],
  ];
  for (const [what, data, arrives] of DEFLATE)
    test(`${what} arrives with compression`, async (scene) => {
      const options = { perMessageDeflate: { threshold: 0 } };
      for (const [from, to] of ways(await scene.pair(options, options))) {
        from.ws.send(data, { compress: true });
        from.ws.send(data, { compress: false });
        from.ws.send(data);
        await to.log.until("message", 3);
        expect(to.log.words.filter((each) => each !== "open")).toEqual([arrives, arrives, arrives]);
      }
    });

  test("compressed fragments arrive as one message", async (scene) => {
    const options = { perMessageDeflate: { threshold: 0 } };
    for (const [from, to] of ways(await scene.pair(options, options))) {
      from.ws.send("foo", { fin: false, compress: true });
      from.ws.send("bar", { fin: false, compress: true });
      from.ws.send("baz", { fin: true, compress: true });
      await to.log.until("message");
      expect(to.log.words.at(-1)).toBe('text "foobarbaz"');
    }
  });

  test("with compression, bufferedAmount counts what is not compressed yet, and callbacks come in order", async (scene) => {
    const options = { perMessageDeflate: { threshold: 0 } };
    const { server, client } = await scene.pair(options, options);
    const seen: string[] = [];
    client.ws.send("foo", () => seen.push("foo"));
    client.ws.send("bar", { compress: false }, () => seen.push("bar"));
    client.ws.send("baz", () => seen.push("baz"));
    await server.log.until("message", 3);
    expect(server.log.words).toEqual(['text "foo"', 'text "bar"', 'text "baz"']);
    await eventually(() => seen.length === 3, "all callbacks");
    expect(seen).toEqual(["foo", "bar", "baz"]);
    expect(client.ws.bufferedAmount).toBe(0);
  });

  test("close() behind compressed messages lets them through", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: { threshold: 0 } });
    const errors: unknown[] = [];
    for (const text of ["foo", "bar", "baz"]) server.ws.send(text, (error) => errors.push(error ?? "none"));
    server.ws.close();
    server.ws.close();
    await client.log.closed();
    expect(client.log.words).toEqual(["open", 'text "foo"', 'text "bar"', 'text "baz"', 'close 1005 ""']);
    expect(errors).toEqual(["none", "none", "none"]);
  });

  test("data that is not deflated is an error of zlib's kind", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: true });
    server.ws._socket.write(Buffer.from([0xc2, 0x04, 0x22, 0xfa, 0xec, 0x78]));
    await client.log.closed();
    const [error] = client.log.errors;
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "Z_DATA_ERROR", errno: -3 });
    expect(await server.log.closed()).toBe('close 1007 ""');
  });

  test("a compressed message that grows over maxPayload is 1009", async (scene) => {
    const { server, client } = await scene.pair({ perMessageDeflate: true }, { maxPayload: 100 });
    server.ws.send("x".repeat(2_000));
    await client.log.closed();
    expect(client.log.words).toEqual([
      "open",
      "error WS_ERR_UNSUPPORTED_MESSAGE_LENGTH RangeError: Max payload size exceeded",
      'close 1006 ""',
    ]);
    expect(await server.log.closed()).toBe('close 1009 ""');
  });

  test("bufferedAmount has what is being compressed, and what waits for it", async (scene) => {
    const { client } = await scene.pair(ALL, ALL);
    client.ws.send("foo");
    expect(client.ws.bufferedAmount).toBe(3);
    let after: number | undefined;
    client.ws.send("bar", () => {
      after = client.ws.bufferedAmount;
    });
    expect(client.ws.bufferedAmount).toBe(6);
    await eventually(() => after !== undefined, "the callback");
    expect(after).toBe(0);
  });

  for (const method of ["terminate", "close"] as const)
    test(`${method}() and the peer's end: what is being compressed calls back with an error`, async (scene) => {
      const { client, server } = await scene.pair(ALL, ALL);
      const seen: string[] = [];
      client.ws.send("foo");
      client.ws.send("bar", (error) => seen.push(String(error)));
      client.ws.send("baz", (error) => seen.push(String(error)));
      client.ws[method]();
      if (method === "close") server.ws._socket.end();
      await server.log.closed();
      await eventually(() => seen.length === 2, "both callbacks");
      if (method === "terminate") {
        const error = "Error: The socket was closed while data was being compressed";
        expect(seen).toEqual([error, error]);
      }
    });

  test("messages that come compressed are delivered before the peer's end", async (scene) => {
    const { client, server } = await scene.pair(ALL, ALL);
    for (const text of ["foo", "bar", "baz"]) server.ws.send(text);
    server.ws.send("qux", () => server.ws._socket.end());
    await client.log.closed();
    expect(client.log.words).toEqual([
      "open",
      'text "foo"',
      'text "bar"',
      'text "baz"',
      'text "qux"',
      'close 1006 ""',
    ]);
  });

  test("messages that come compressed are delivered before the peer's Close frame", async (scene) => {
    const { client, server } = await scene.pair(ALL, ALL);
    for (const text of ["foo", "bar", "baz"]) server.ws.send(text);
    server.ws.close(1000);
    await client.log.closed();
    expect(client.log.words).toEqual(["open", 'text "foo"', 'text "bar"', 'text "baz"', 'close 1000 ""']);
  });

  test("close() when a compressed message comes lets the rest of the read through", async (scene) => {
    const { client, server } = await scene.pair({ perMessageDeflate: true });
    client.ws.once("message", () => client.ws.close(1000));
    server.ws._socket.write(Buffer.from(EMPTY.repeat(4), "hex"));
    await client.log.closed();
    expect(client.log.words).toEqual(["open", 'text ""', 'text ""', 'text ""', 'text ""', 'close 1000 ""']);
  });

  test("a ping among compressed messages keeps its place", async (scene) => {
    const { client, server } = await scene.pair(ALL, ALL);
    client.ws.send("a");
    client.ws.ping("p");
    client.ws.send("b");
    await server.log.until("message", 2);
    expect(server.log.words).toEqual(['text "a"', 'ping "p"', 'text "b"']);
  });

  test("a Close frame that comes while data is compressed lets the data out", async (scene) => {
    const { client, server } = await scene.pair(ALL, ALL);
    for (const text of ["foo", "bar", "baz", "qux"]) client.ws.send(text);
    server.ws.close(1000);
    expect(await server.log.closed()).toBe('close 1000 ""');
    expect(server.log.words).toEqual([
      'text "foo"',
      'text "bar"',
      'text "baz"',
      'text "qux"',
      'close 1000 ""',
    ]);
  });

  for (const [options, size, rsv] of [
    [{ perMessageDeflate: { threshold: 0 } }, 10, 4],
    [{ perMessageDeflate: {} }, 10, 4],
    [{ perMessageDeflate: { serverNoContextTakeover: true } }, 1_023, 0],
    [{ perMessageDeflate: { serverNoContextTakeover: true } }, 1_024, 4],
    [{ perMessageDeflate: { serverNoContextTakeover: true, threshold: 5 } }, 4, 0],
    [{ perMessageDeflate: { serverNoContextTakeover: true, threshold: 5 } }, 5, 4],
  ] as const)
    test(`${size} bytes with ${JSON.stringify(options.perMessageDeflate)} have RSV ${rsv}`, async (scene) => {
      const { ws, peer } = await scene.deflating({ ...options });
      ws.send("x".repeat(size));
      ws.send("x", { compress: false });
      const [first, second] = await peer.frames(2);
      expect([first?.rsv, second?.rsv]).toEqual([rsv, 0]);
    });

  test("the threshold does not count for fragments behind the first", async (scene) => {
    const { ws, peer } = await scene.deflating({
      perMessageDeflate: { serverNoContextTakeover: true, threshold: 5 },
    });
    ws.send("12345", { fin: false });
    ws.send("6", { fin: true });
    ws.send("1", { fin: false });
    ws.send("23456", { fin: true });
    const frames = await peer.frames(4);
    expect(frames.map(({ rsv, fin }) => [rsv, fin])).toEqual([
      [4, false],
      [0, true],
      [0, false],
      [0, true],
    ]);
  });

  test("large messages arrive", async (scene) => {
    for (const [from, to] of ways(await scene.pair(ALL, ALL))) {
      const data = Buffer.alloc(1 << 20);
      for (let i = 0; i < data.length; i++) data[i] = (i * i) >> 8;
      from.ws.send(data);
      await to.log.until("message");
      const [found] = to.log.messages;
      expect(Buffer.isBuffer(found) && found.equals(data)).toBe(true);
    }
  });

  test("messages refer to those before them", async (scene) => {
    const { ws, peer } = await scene.deflating({ perMessageDeflate: true });
    const text = "a text that comes a second time, and has no repetition of its own: 0123456789";
    ws.send(text);
    ws.send(text);
    const [first, second] = await peer.frames(2);
    expect(second?.payload.length).toBeLessThan((first?.payload.length ?? 0) / 4);
  });

  test("uncompressed messages are taken where compression is agreed on", async (scene) => {
    const { client, server } = await scene.pair(ALL, { perMessageDeflate: true });
    server.ws._socket.write(Buffer.from("81026869", "hex"));
    await client.log.until("message");
    expect(client.log.words).toEqual(["open", 'text "hi"']);
  });

  test("a compressed text that is not UTF-8 is 1007", async (scene) => {
    const { client, server } = await scene.pair(ALL, ALL);
    server.ws.send(Buffer.from([0xff]), { binary: false });
    await client.log.closed();
    expect(client.log.words).toEqual([
      "open",
      "error WS_ERR_INVALID_UTF8 Error: Invalid WebSocket frame: invalid UTF-8 sequence",
      'close 1006 ""',
    ]);
    expect(await server.log.closed()).toBe('close 1007 ""');
  });

  test("a bad frame behind a compressed message is an error behind the message", async (scene) => {
    const { client, server } = await scene.pair({ perMessageDeflate: true });
    server.ws._socket.write(Buffer.from(`${EMPTY}${EMPTY}8500`, "hex"));
    await client.log.closed();
    await turns();
    expect(client.log.words).toEqual([
      "open",
      'text ""',
      'text ""',
      "error WS_ERR_INVALID_OPCODE RangeError: Invalid WebSocket frame: invalid opcode 5",
      'close 1006 ""',
    ]);
  });
});
