// The adapter in examples/adapter, which has nothing but `wsimd/adapter`: messages, back-pressure, and each way in which a connection ends.
import { MessageChannel } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { PortTransport } from "../../examples/adapter/port-transport.js";
import {
  connect,
  createRuntime,
  createServer,
  type Handlers,
  type Socket,
  type TransportServer,
  type TransportServerOptions,
} from "../../src/adapter/index.js";
import { requestHeadOf } from "../../src/handshake/parsed-request.js";
import { killPrograms, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";

afterEach(killPrograms);

test("runs as a program, with a worker", async () => {
  const program = new Program(process.execPath, [`${ROOT}examples/adapter/main.js`]);
  expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
  expect(program.stdout.split("\n")).toEqual([
    "speaking chat",
    "sent",
    "buffered",
    "hello",
    "there is room again",
    "200000 bytes",
    "closed with 1000",
    "",
  ]);
});

const runtime = createRuntime();

/** Notes what happens to one side's sockets. */
function noting(log: string[]): Handlers {
  return {
    open: () => void log.push("open"),
    message: (_, data) => void log.push(typeof data === "string" ? data : `${data.length} bytes`),
    drain: () => void log.push("drain"),
    close: (_, { code }) => void log.push(`close ${code}`),
    error: (_, error) => void log.push(String(error)),
  };
}

interface Pair {
  readonly server: TransportServer;
  readonly client: Socket;
  readonly accepted: Socket;
  /** The client's transport. */
  readonly transport: PortTransport;
  readonly served: string[];
  readonly seen: string[];
}

async function pair(options: TransportServerOptions = {}): Promise<Pair> {
  const served: string[] = [];
  const seen: string[] = [];
  const server = createServer(runtime, options, noting(served));
  const { port1, port2 } = new MessageChannel();
  const transport = new PortTransport(port1);
  server.accept(new PortTransport(port2));
  const client = await connect({ runtime, open: () => transport }, "ws://port/", {}, noting(seen));
  const [accepted] = server.connections.values();
  if (accepted === undefined) throw new Error("nothing was accepted");
  return { server, client, accepted, transport, served, seen };
}

describe("over two ports", () => {
  test("messages go both ways, in order", async () => {
    const { server, client, accepted, served, seen } = await pair();
    client.send("one");
    client.send(new Uint8Array(3));
    accepted.send("two");
    expect(server.broadcast("three")).toBe(1);
    await vi.waitFor(() => expect(served).toEqual(["open", "one", "3 bytes"]));
    await vi.waitFor(() => expect(seen).toEqual(["open", "two", "three"]));
    await server.close();
    await vi.waitFor(() => expect([served.at(-1), seen.at(-1)]).toEqual(["close 1001", "close 1001"]));
  });

  test("a peer that does not read holds the sender back, until it reads again", async () => {
    const { server, client, accepted, transport, served, seen } = await pair();
    accepted.pause();
    const sent = Array.from({ length: 10 }, () => client.send(new Uint8Array(50_000)));
    expect(sent.slice(0, 1)).toEqual(["sent"]);
    expect(sent.at(-1)).toBe("buffered");
    await vi.waitFor(() => expect(transport.blocked).toBe(true));
    expect(client.bufferedAmount).toBeGreaterThanOrEqual(400_000);
    expect(served).toEqual(["open"]);
    expect(seen).toEqual(["open"]);
    accepted.resume();
    await vi.waitFor(() => expect(served.filter((each) => each === "50000 bytes")).toHaveLength(10));
    await vi.waitFor(() => expect(seen).toEqual(["open", "drain"]));
    expect([client.bufferedAmount, transport.blocked]).toEqual([0, false]);
    await server.close();
  });

  test("the closing handshake ends both sides", async () => {
    for (const side of ["client", "accepted"] as const) {
      const both = await pair();
      both[side].close(4000, "enough");
      await vi.waitFor(() =>
        expect([both.served.at(-1), both.seen.at(-1)]).toEqual(["close 4000", "close 4000"]),
      );
      expect(both.server.connections.size).toBe(0);
    }
  });

  test("a connection that breaks is 1006 on both sides", async () => {
    const { client, served, seen } = await pair();
    client.terminate();
    await vi.waitFor(() => expect([served.at(-1), seen.at(-1)]).toEqual(["close 1006", "close 1006"]));
  });

  test("memory that is gone when it is to be written fails the connection", async () => {
    const { transport, served, seen } = await pair();
    transport.write(new Uint8Array(0));
    await vi.waitFor(() => expect([served.at(-1), seen.at(-1)]).toEqual(["close 1006", "close 1006"]));
  });

  test("a refusal rejects", async () => {
    const server = createServer(runtime, { upgrade: () => ({ status: 403 }) }, {});
    const { port1, port2 } = new MessageChannel();
    server.accept(new PortTransport(port2));
    const dialer = { runtime, open: () => new PortTransport(port1) };
    await expect(connect(dialer, "ws://port/")).rejects.toMatchObject({
      code: "UNEXPECTED_STATUS",
      status: 403,
    });
    await server.close();
  });

  test("a head that was read by other means is decided on as well", async () => {
    const server = createServer(runtime, { protocols: ["chat"] }, {});
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise<string>((resolve) => {
      port1.once("message", (bytes: Uint8Array) => resolve(Buffer.from(bytes).toString("latin1")));
    });
    const headers = {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Protocol": "chat",
    };
    const head = requestHeadOf(new Request("http://port/", { headers }));
    server.acceptHead(new PortTransport(port2), head, new Uint8Array(0));
    expect(await answer).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\nSec-WebSocket-Protocol: chat\r\n/);
    expect(server.connections.size).toBe(1);
    port1.close();
    await server.close();
  });
});

describe("a server of transports", () => {
  test("stops its source, and waits for what is left of it", async () => {
    const log: string[] = [];
    const source = {
      stop: () => void log.push("stop"),
      drained: async () => void log.push("drained"),
    };
    const server = createServer(runtime, {}, {}, source);
    await server.stopAccepting();
    await server.stopAccepting();
    await server.close();
    expect(log).toEqual(["stop", "drained"]);
  });

  test("tells its error handler what is reported", () => {
    const log: string[] = [];
    createServer(runtime, {}, noting(log)).report(new Error("no more descriptors"));
    expect(log).toEqual(["Error: no more descriptors"]);
  });

  test.each([[{ limits: 5 }], [{ fetch: "page" }], [{ secure: 1 }]])("refuses the options %j", (given) => {
    const options: TransportServerOptions = {};
    Object.assign(options, given);
    expect(() => createServer(runtime, options, {})).toThrow(TypeError);
  });
});
