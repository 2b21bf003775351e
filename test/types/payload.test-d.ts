// The types of payloads, from the runtime and the option `textType` to the handlers. `npm run types` checks this file;
// nothing runs it.
import type { Buffer } from "node:buffer";
import { expectTypeOf } from "vitest";
import * as deno from "../../src/deno/index.js";
import {
  attach,
  connect,
  type Handlers,
  type MessageType,
  type ServeOptions,
  type Socket,
  serve,
  type TextType,
} from "../../src/node/index.js";
import * as streams from "../../src/streams/index.js";

interface User {
  name: string;
}

/** On Node they are Buffers. */
export function onNode(http: Parameters<typeof attach>[0]): void {
  const inAnyCase: Handlers = {
    message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>(),
    fragment: (_, payload) => expectTypeOf(payload).toEqualTypeOf<Buffer>(),
    ping: (_, payload) => expectTypeOf(payload).toEqualTypeOf<Buffer>(),
    pong: (_, payload) => expectTypeOf(payload).toEqualTypeOf<Buffer>(),
    async stream(_, message) {
      expectTypeOf(await message.bytes()).toEqualTypeOf<Buffer>();
      for await (const piece of message) expectTypeOf(piece).toEqualTypeOf<Buffer>();
    },
  };
  void serve({ port: 0 }, inAnyCase);
  void serve({}, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>() });
  void serve({}, { message: (socket, data) => socket.send(data) });
  attach(http, {}, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>() });
  void connect(
    "ws://localhost/",
    { reconnect: { maxAttempts: 3 } },
    {
      open: (_, { attempt }) => expectTypeOf(attempt).toEqualTypeOf<number>(),
      message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>(),
      reconnecting: ({ delayMs, cause }) =>
        expectTypeOf([delayMs, cause.closeEvent?.code ?? 0]).toEqualTypeOf<number[]>(),
    },
  );
  void connect("ws://localhost/", {}, { pong: (_, data) => expectTypeOf(data).toEqualTypeOf<Buffer>() });
}

/** Elsewhere they are plain arrays. */
export function elsewhere(): void {
  void deno.serve({}, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Uint8Array>() });
  streams.createServer({}, { ping: (_, payload) => expectTypeOf(payload).toEqualTypeOf<Uint8Array>() });
}

/** Text is bytes where the options say so. */
export function textAsBytes(http: Parameters<typeof attach>[0], some: TextType): void {
  const textType = "bytes";
  const known = { upgrade: () => ({ data: { name: "x" } }), textType } as const;
  void serve(known, {
    message(socket, data) {
      expectTypeOf(socket).toEqualTypeOf<Socket<User>>();
      expectTypeOf(data).toEqualTypeOf<Buffer>();
    },
  });
  attach(http, { textType }, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<Buffer>() });
  void connect(
    "ws://localhost/",
    { textType },
    { message: (_, data) => expectTypeOf(data).toEqualTypeOf<Buffer>() },
  );
  void deno.serve({ textType }, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<Uint8Array>() });
  streams.createServer(
    { textType },
    { message: (_, data) => expectTypeOf(data).toEqualTypeOf<Uint8Array>() },
  );
  void serve(
    { textType: some },
    { message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>() },
  );
}

/** Handlers that were declared for all cases suit each of them. */
export function declared(): void {
  const options: ServeOptions = { port: 0 };
  void serve(options, { message: (_, data) => expectTypeOf(data).toEqualTypeOf<string | Buffer>() });
  const forUsers: Handlers<User> = { message: (socket) => socket.send(socket.data.name) };
  void serve({ textType: "bytes", upgrade: () => ({ data: { name: "x" } }) }, forUsers);
  void serve<User>({ textType: "bytes" }, forUsers);
  const ofBytes: Handlers<User, "bytes"> = {
    message: (_, data) => expectTypeOf(data).toEqualTypeOf<Buffer>(),
  };
  void serve({ textType: "bytes", upgrade: () => ({ data: { name: "x" } }) }, ofBytes);
  const loose = { message(_: Socket, _data: string | Uint8Array, _type: MessageType): void {} };
  void serve({ textType: "bytes" }, loose);
  void serve({ textType: "string" }, loose);
}

/** Wrong uses are errors. */
export function refused(): void {
  // @ts-expect-error: there is no such form of text
  void serve({ textType: "buffer" }, {});
  void serve(
    { textType: "bytes" },
    {
      // @ts-expect-error: text is bytes
      message: (_, data) => data.normalize(),
    },
  );
  void serve(
    {},
    {
      // @ts-expect-error: it may be bytes
      message: (_, data) => data.normalize(),
    },
  );
  void deno.serve(
    { textType: "bytes" },
    {
      // @ts-expect-error: only Node has Buffers
      message: (_, data) => data.readUInt8(0),
    },
  );
}

/** Every option may be undefined, with `exactOptionalPropertyTypes`, too. */
export function undefinedOptions(none: undefined): void {
  void serve(
    {
      port: none,
      host: none,
      path: none,
      fd: none,
      fetch: none,
      tls: none,
      backlog: none,
      internals: none,
      reusePort: none,
      maxConnections: none,
      limits: none,
      timeouts: none,
      textType: none,
      upgrade: none,
      origins: none,
      protocols: none,
      kernel: none,
      borrow: none,
      deliver: none,
      sequential: none,
      discardAfterClose: none,
      backpressure: none,
    },
    {},
  );
  void serve(
    {
      limits: { maxContentBytes: none, maxMessageBytes: none },
      timeouts: { writeMs: none },
      upgrade: () => ({ data: none, headers: none, protocol: none, deliver: none, status: none }),
    },
    {},
  );
}
