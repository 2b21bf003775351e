// The ways to a server: TLS, sockets of the file system, agents, and connections that the caller makes.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import http, { createServer } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { certificate } from "../../support/certificate.js";
import {
  type Answer,
  answering,
  type Client,
  closing,
  IMPLEMENTATIONS,
  privately,
  story,
  switching,
} from "./clients.js";

const OPENED = ["0 upgrade", "1 open", '3 close 1005 ""'];

/** A text frame of a server. */
function text(payload: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, payload.length]), Buffer.from(payload)]);
}

/** Greets in the same packet as its answer, and closes. */
const greeting: Answer = (request, socket) => {
  const parts = [Buffer.from(switching(request)), text("one"), text("two"), Buffer.from([0x88, 0x00])];
  socket.write(Buffer.concat(parts));
};

function messages(client: Client): string[] {
  const got: string[] = [];
  client.on("message", (data: Buffer) => got.push(`${data}`));
  return got;
}

/** A stream that passes everything to a socket and back, and is none itself. */
function through(socket: net.Socket): Duplex {
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _encoding, callback) => void socket.write(chunk, callback),
    final: (callback) => void socket.end(callback),
    destroy: (error, callback) => {
      socket.destroy();
      callback(error);
    },
  });
  socket.on("data", (chunk) => {
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on("end", () => duplex.push(null));
  socket.on("error", (error) => duplex.destroy(error));
  socket.on("close", () => duplex.destroy());
  return duplex;
}

describe.each(IMPLEMENTATIONS)("a client of %s", (name, open) => {
  test("gets the messages that come with the answer, after 'open'", async () => {
    const server = await answering(greeting);
    const client = open(server.url);
    const order: string[] = [];
    client.on("open", () => {
      order.push("open");
      process.nextTick(() => order.push("tick"));
    });
    client.on("message", (data: Buffer) => order.push(`${data}`));
    expect(await story(client)).toEqual(OPENED);
    expect(order[0]).toBe("open");
    expect(order.filter((each) => each !== "tick")).toEqual(["open", "one", "two"]);
  });

  test("gets those messages if it listens from 'open' on", async () => {
    const server = await answering(greeting);
    const client = open(server.url);
    let got: string[] = [];
    client.on("open", () => {
      got = messages(client);
    });
    await story(client);
    expect(got).toEqual(["one", "two"]);
  });

  test("speaks TLS", async () => {
    const { cert, key } = certificate();
    const server = await answering(greeting, https.createServer({ cert, key }));
    for (const options of [{ ca: cert }, { rejectUnauthorized: false }]) {
      const client = open(`wss://localhost:${server.port}`, options);
      const got = messages(client);
      expect(await story(client)).toEqual(OPENED);
      expect(got).toEqual(["one", "two"]);
      expect(privately(client, "_socket")).toBeInstanceOf(tls.TLSSocket);
    }
  });

  test("trusts no certificate that it does not know", async () => {
    const server = await answering(closing, https.createServer(certificate()));
    const [error, close] = await story(open(`wss://localhost:${server.port}`));
    expect(error).toMatch(/^2 error Error: self-signed certificate/);
    expect(close).toBe('3 close 1006 ""');
  });

  test("shows a certificate of its own", async () => {
    const own = certificate();
    const secure = https.createServer({ ...certificate(), ca: own.cert, requestCert: true });
    const server = await answering((request, socket) => {
      const authorized = Reflect.get(socket, "authorized") === true;
      socket.write(switching(request));
      socket.write(Buffer.concat([text(String(authorized)), Buffer.from([0x88, 0x00])]));
    }, secure);
    const { cert, key } = own;
    const client = open(`wss://localhost:${server.port}`, { cert, key, rejectUnauthorized: false });
    const got = messages(client);
    await story(client);
    expect(got).toEqual(["true"]);
  });

  test.each([
    ["ws", true],
    ["wss", false],
  ])("fails with %s: if the server's TLS is %s", async (scheme, secure) => {
    const server = await answering(closing, secure ? https.createServer(certificate()) : createServer());
    const events = await story(open(`${scheme}://localhost:${server.port}`, { rejectUnauthorized: false }));
    expect(events[0]).toMatch(/^2 error Error/);
    expect(events[1]).toBe('3 close 1006 ""');
  });

  test("connects to a socket of the file system", async () => {
    const name = `wsimd-${randomUUID()}`;
    const at = process.platform === "win32" ? `\\\\.\\pipe\\${name}` : path.join(tmpdir(), `${name}.sock`);
    const server = await answering(closing, createServer(), { path: at });
    expect(await story(open(`ws+unix:${at}`))).toEqual(OPENED);
    expect(await story(open(`ws+unix:${at}:/path?query`))).toEqual(OPENED);
    expect(server.requests.map(({ url, headers }) => [url, headers.host])).toEqual([
      ["/", "localhost"],
      ["/path?query", "localhost"],
    ]);
  });

  test("takes a connection that the caller makes", async () => {
    const server = await answering(greeting);
    const asked: unknown[] = [];
    const client = open("ws://a.example:22/foo", {
      createConnection: (options) => {
        asked.push(options.host, options.port);
        return net.connect(server.port, "127.0.0.1");
      },
    });
    const got = messages(client);
    expect(await story(client)).toEqual(OPENED);
    expect([asked, got]).toEqual([
      ["a.example", "22"],
      ["one", "two"],
    ]);
    expect(server.requests[0]?.headers.host).toBe("a.example:22");
    expect(client.url).toBe("ws://a.example:22/foo");
  });

  test("takes a connection that the caller makes later", async () => {
    const server = await answering(closing);
    const client = open("ws://a.example", {
      createConnection: (_options, oncreate) => {
        setImmediate(() => oncreate(null, net.connect(server.port, "127.0.0.1")));
        return undefined;
      },
    });
    expect(await story(client)).toEqual(OPENED);
  });

  test("takes a stream that is no socket", async () => {
    const server = await answering(greeting);
    const client = open("ws://a.example", {
      createConnection: () => through(net.connect(server.port, "127.0.0.1")),
    });
    const got = messages(client);
    expect(await story(client)).toEqual(OPENED);
    expect(got).toEqual(["one", "two"]);
  });

  test("fails with the error of a connection that can't be made", async () => {
    const failing = open("ws://a.example", {
      createConnection: (_options, oncreate) => {
        process.nextTick(() => oncreate(new Error("no way"), new net.Socket()));
        return undefined;
      },
    });
    expect(await story(failing)).toEqual(["2 error Error: no way", '3 close 1006 ""']);
  });

  test("uses an agent, and takes its socket out of it", async () => {
    const server = await answering(closing);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const first = open(server.url, { agent });
    await once(first, "open");
    // The one socket that the agent may have is free again.
    expect(await story(open(server.url, { agent }))).toEqual(OPENED);
    expect(Object.keys(agent.sockets)).toEqual([]);
  });

  test("goes through a proxy by an agent that asks for a tunnel", async () => {
    const server = await answering(greeting);
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const target = net.connect(server.port, "127.0.0.1");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(target).pipe(socket);
      socket.on("error", () => target.destroy());
      target.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const agent = Object.assign(new http.Agent(), {
      createConnection(options: http.ClientRequestArgs, oncreate: (error: null, socket: Duplex) => void) {
        const address = `${options.host}:${options.port}`;
        const tunnel = http.request({ host: "127.0.0.1", port, method: "CONNECT", path: address });
        tunnel.on("connect", (_response, socket) => oncreate(null, socket));
        tunnel.end();
      },
    });
    const client = open("ws://far.example:81", { agent });
    const got = messages(client);
    expect(await story(client)).toEqual(OPENED);
    expect([asked, got]).toEqual([["far.example:81"], ["one", "two"]]);
  });

  test("passes options to the socket", async () => {
    const server = await answering(closing);
    const lookups: string[] = [];
    const client = open(`ws://a.example:${server.port}`, {
      lookup: (host, options, callback) => {
        lookups.push(host);
        if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
        else callback(null, "127.0.0.1", 4);
      },
    });
    expect(await story(client)).toEqual(OPENED);
    expect(lookups).toEqual(["a.example"]);
  });

  test("can wait for a server that is slow, and then has no time-out", async () => {
    const server = await answering(closing);
    const client = open(server.url, { handshakeTimeout: 60_000 });
    const timeouts: unknown[] = [];
    client.on("open", () => timeouts.push(Reflect.get(Object(privately(client, "_socket")), "timeout")));
    await story(client);
    expect(timeouts).toEqual([0]);
  });

  // Node warns on Node 20, where each request has a listener of its own.
  if (name !== "ws")
    test("warns of no leak if many share a signal", async () => {
      const warnings: Error[] = [];
      const warned = (warning: Error): void => void warnings.push(warning);
      process.on("warning", warned);
      onTestFinished(() => void process.off("warning", warned));
      const { signal } = new AbortController();
      const server = await answering(closing);
      for (let round = 0; round < 2; round++) {
        await Promise.all(Array.from({ length: 15 }, () => story(open(server.url, { signal }))));
      }
      expect(warnings.filter(({ name }) => name === "MaxListenersExceededWarning")).toEqual([]);
    });
});
