// The payloads that handlers get on Node are Buffers, as their types say: of each kind and size.
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import {
  attach,
  connect,
  type Handlers,
  type Socket,
  type SocketOptions,
  serve,
} from "../../src/node/index.js";
import { happened, until } from "./until.js";

/** Empty, within one object, in shared memory, in memory of its own, of several reads. */
const SIZES = [0, 3, 64, 65, 300, 300, 40_000, 300_000];
const CONTROL_SIZES = SIZES.filter((size) => size <= 125);

/** Sends messages, pings and pongs of each size. The small ones arrive in one read. */
function sendAll(socket: Socket): void {
  for (const size of SIZES) {
    socket.send(Buffer.alloc(size, "b"));
    socket.send("t".repeat(size));
  }
  for (const size of CONTROL_SIZES) socket.ping(Buffer.alloc(size, "p"));
}

/** Handlers that note the class of each payload. */
class Notes implements Handlers {
  readonly classes = new Set<unknown>();
  #count = 0;

  open(socket: Socket): void {
    sendAll(socket);
  }

  message(_socket: Socket, data: string | Buffer): void {
    this.#note(typeof data === "string" ? String : data.constructor);
  }

  ping(_socket: Socket, payload: Buffer): void {
    this.#note(payload.constructor);
  }

  pong(_socket: Socket, payload: Buffer): void {
    this.#note(payload.constructor);
  }

  /** Everything that {@link sendAll} sends came, and the answers to its pings. */
  get whole(): boolean {
    return this.#count === 2 * SIZES.length + 2 * CONTROL_SIZES.length;
  }

  #note(found: unknown): void {
    this.classes.add(found);
    this.#count++;
    happened();
  }
}

const MODES: readonly (readonly [string, SocketOptions])[] = [
  ["by default", {}],
  ["with text as bytes", { textType: "bytes" }],
  ["with views", { borrow: true, textType: "bytes" }],
  ["with the JavaScript kernel", { kernel: "js", textType: "bytes" }],
];

test.each(MODES)("of servers and clients, %s", async (_, options) => {
  const [theirs, ours] = [new Notes(), new Notes()];
  const server = await serve({ host: "127.0.0.1", ...options }, theirs);
  await connect(server.url, options, ours);
  await until(() => theirs.whole && ours.whole, "all payloads");
  await server.close();
  const classes = options.textType === "bytes" ? [Buffer] : [Buffer, String];
  for (const notes of [theirs, ours]) expect([...notes.classes]).toEqual(classes);
});

test("of an HTTP server's upgrades, and of streams without the runtime's internals", async () => {
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const [theirs, ours] = [new Notes(), new Notes()];
  const server = attach(http, { internals: "off", textType: "bytes" }, theirs);
  await connect(`ws://127.0.0.1:${address.port}/`, { internals: "off", textType: "bytes" }, ours);
  await until(() => theirs.whole && ours.whole, "all payloads");
  await server.close();
  http.close();
  for (const notes of [theirs, ours]) expect([...notes.classes]).toEqual([Buffer]);
});

test("in fragments", async () => {
  const classes = new Set<unknown>();
  let bytes = 0;
  const total = 2 * SIZES.reduce((sum, size) => sum + size, 0);
  const server = await serve(
    { host: "127.0.0.1", deliver: "fragment" },
    {
      fragment(_socket, payload) {
        classes.add(payload.constructor);
        bytes += payload.length;
        happened();
      },
    },
  );
  sendAll(await connect(server.url));
  await until(() => bytes === total, "all fragments");
  await server.close();
  expect([...classes]).toEqual([Buffer]);
});

test("in streams", async () => {
  const classes = new Set<unknown>();
  let messages = 0;
  const server = await serve(
    { host: "127.0.0.1", deliver: "stream" },
    {
      async stream(_socket, message) {
        if (messages % 2 === 0) for await (const piece of message) classes.add(piece.constructor);
        else classes.add((await message.bytes()).constructor);
        messages++;
        happened();
      },
    },
  );
  sendAll(await connect(server.url));
  await until(() => messages === 2 * SIZES.length, "all messages");
  await server.close();
  expect([...classes]).toEqual([Buffer]);
});
