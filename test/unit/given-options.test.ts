// Each option that the types declare is checked when it is given, and nothing is opened, locked or called before.
import { createServer as createHttpServer } from "node:http";
import { Server as NetServer, Socket as NetSocket } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as adapter from "../../src/adapter/index.js";
import * as bun from "../../src/bun/index.js";
import * as deflate from "../../src/deflate/index.js";
import * as core from "../../src/index.js";
import * as node from "../../src/node/index.js";
import * as streams from "../../src/streams/index.js";
import { callables, type DeclaredOption, declaredOptions } from "../support/declared-options.js";
import { RecordingSink } from "../support/recording-sink.js";

const ENTRIES = [
  "index.ts",
  "adapter/index.ts",
  "deflate/index.ts",
  "node/index.ts",
  "deno/index.ts",
  "bun/index.ts",
  "streams/index.ts",
  "workerd/index.ts",
];

const opened = vi.fn((): never => {
  throw new Error("something was opened");
});

type Call = (options: never, handlers: never) => unknown;

const runtime = adapter.createRuntime();
const streamServer = streams.createServer({}, {});
const url = "ws://127.0.0.1:1/";

/** A pair of streams, and whether they were touched. */
function line(): streams.ByteStreams {
  return { readable: new ReadableStream(), writable: new WritableStream() };
}

const untouched = line();
const httpServer = createHttpServer();
const socket = new NetSocket();

/** Everything that takes options: how the types name them, what they are called with besides, and what must be there. */
const TAKERS: readonly {
  readonly entry: string;
  readonly name: string;
  readonly call: Call;
  readonly type: string;
  readonly base?: object;
  /** The type of its handlers. */
  readonly handlers?: "ClientHandlers" | "Handlers" | "ServerHandlers";
}[] = [
  {
    entry: "node/index.ts",
    name: "serve",
    type: "ServeOptions",
    call: (o, h) => node.serve(o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "node/index.ts",
    name: "connect",
    type: "ConnectOptions",
    call: (o, h) => node.connect(url, o, h),
    handlers: "ClientHandlers",
  },
  {
    entry: "node/index.ts",
    name: "attach",
    type: "AttachOptions",
    call: (o, h) => node.attach(httpServer, o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "node/index.ts",
    name: "createServer",
    type: "NodeServerOptions",
    call: (o, h) => node.createServer(o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "bun/index.ts",
    name: "serve",
    type: "ServeOptions",
    call: (o, h) => bun.serve(o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "bun/index.ts",
    name: "attach",
    type: "AttachOptions",
    call: (o, h) => bun.attach(httpServer, o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "bun/index.ts",
    name: "createServer",
    type: "NodeServerOptions",
    call: (o, h) => bun.createServer(o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "bun/index.ts",
    name: "connect",
    type: "ConnectOptions",
    call: (o, h) => bun.connect(url, o, h),
    handlers: "ClientHandlers",
  },
  {
    entry: "streams/index.ts",
    name: "createServer",
    type: "StreamServerOptions",
    call: (o, h) => streams.createServer(o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "streams/index.ts",
    name: "open",
    type: "OpenOptions",
    call: (o, h) => streams.open(untouched, o, h),
    base: { role: "server" },
    handlers: "Handlers",
  },
  {
    entry: "streams/index.ts",
    name: "connect",
    type: "ConnectOptions",
    call: (o, h) => streams.connect(untouched, url, o, h),
    handlers: "ClientHandlers",
  },
  {
    entry: "adapter/index.ts",
    name: "createServer",
    type: "TransportServerOptions",
    call: (o, h) => adapter.createServer(runtime, o, h),
    handlers: "ServerHandlers",
  },
  {
    entry: "adapter/index.ts",
    name: "connect",
    type: "ClientOptions",
    call: (o, h) => adapter.connect({ runtime, open: opened }, url, o, h),
    handlers: "ClientHandlers",
  },
  {
    entry: "index.ts",
    name: "CodecStreams",
    type: "ConnectionOptions",
    call: (o) => new streams.CodecStreams(o),
    base: { role: "client" },
  },
  {
    entry: "index.ts",
    name: "Connection",
    type: "ConnectionOptions",
    call: (o) => new core.Connection(o),
    base: { role: "client" },
  },
  {
    entry: "index.ts",
    name: "Endpoint",
    type: "EndpointOptions",
    call: (o) => new core.Endpoint(new RecordingSink(), o),
    base: { role: "client" },
  },
  {
    entry: "streams/index.ts",
    name: "accept",
    type: "PeerInfo",
    call: (o) => streamServer.accept(untouched, o),
  },
  { entry: "node/index.ts", name: "close", type: "ServerCloseOptions", call: (o) => streamServer.close(o) },
  {
    entry: "node/index.ts",
    name: "broadcast",
    type: "BroadcastOptions",
    call: (o) => streamServer.broadcast("", o),
  },
  {
    entry: "deflate/index.ts",
    name: "serverDeflate",
    type: "DeflateOptions",
    call: (o) => deflate.serverDeflate(o),
  },
  {
    entry: "deflate/index.ts",
    name: "clientDeflate",
    type: "DeflateOptions",
    call: (o) => deflate.clientDeflate(o),
  },
  {
    entry: "index.ts",
    name: "FrameReader",
    type: "FrameReaderOptions",
    call: (o) => new core.FrameReader(o),
  },
  {
    entry: "index.ts",
    name: "PreparedMessage",
    type: "SendOptions",
    call: (o) => new core.PreparedMessage("", o),
  },
];

/** What takes no options. */
const OTHERS = new Set([
  ...[
    "HandshakeError",
    "IncompleteMessageError",
    "InvalidStateError",
    "TransportEnd",
    "isSendableCloseCode",
    "encodeFrameHeader",
    "createRuntime",
    "Deadlines",
    "Turns",
    "deflateUnavailable",
    "kernelInUse",
    "loadKernel",
    "socketInternals",
  ],
  ...["provideKernel", "randomMaskingKey"],
]);

const wrongObjects = [null, 5, "text", true, Symbol("wrong"), [], () => {}];

beforeAll(() => {
  vi.stubGlobal("Bun", { listen: opened, connect: opened });
  vi.spyOn(NetServer.prototype, "listen").mockImplementation(opened);
  vi.spyOn(NetSocket.prototype, "connect").mockImplementation(opened);
});

afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("all that is exported is here, so that nothing is forgotten", () => {
  const known = new Set(TAKERS.map(({ name }) => name));
  const exported = ENTRIES.flatMap((entry) => callables(entry));
  expect(exported.filter((name) => !known.has(name) && !OTHERS.has(name))).toEqual([]);
});

describe.each(TAKERS)("$name of $entry", ({ entry, type, base, call, handlers }) => {
  const cases = declaredOptions(entry, type).flatMap((option) =>
    option.wrong.map((value) => ({
      option: option.path.join("."),
      value: shown(value),
      given: nested(option, value),
    })),
  );

  test.each(cases)("refuses $option: $value", async ({ option, given }) => {
    const error = await thrownBy(call, { ...base, ...given }, {});
    expect(error.message).toContain(option);
  });

  test.each(wrongObjects.map((value) => [shown(value), value]))("refuses %s as options", async (_, value) => {
    const error = await thrownBy(call, value, {});
    expect(error.message).toMatch(/^(options|peer) must be an object/);
  });

  test.each(["verify", "maxPayload", "perMessageDeflate", "message"])(
    "refuses the option %s, which does not exist, and says what to write instead",
    async (option) => {
      const error = await thrownBy(call, { ...base, [option]: undefined }, {});
      expect(error.message).toMatch(
        new RegExp(`^there is no option (\\w+\\.)?${option}(, only |: |; did you mean )\\w`),
      );
    },
  );

  const groups = new Set(
    declaredOptions(entry, type).flatMap(({ path: [group, name] }) =>
      group !== undefined && name !== undefined ? [group] : [],
    ),
  );

  test.each([...groups].map((group) => [group]))(
    "refuses an option of %s that does not exist",
    async (group) => {
      const error = await thrownBy(call, { ...base, [group]: { idleMs: 5 } }, {});
      expect(error.message).toMatch(
        new RegExp(`^there is no option ${group}\\.idleMs(, only |; did you mean )\\w`),
      );
    },
  );

  if (handlers === undefined) return;

  const handlerNames = declaredOptions(entry, handlers).map(({ path: [handler = ""] }) => handler);

  test("refuses a handler that does not exist, and names the one that was meant, or those that do", async () => {
    const near = await thrownBy(call, { ...base }, { onMessage() {} });
    expect(near.message).toBe("there is no handler onMessage; did you mean message?");
    const far = await thrownBy(call, { ...base }, { zzz() {} });
    expect(far.message).toBe(`there is no handler zzz, only ${[...handlerNames].sort().join(", ")}`);
  });

  test.each([null, 5, "text", true].map((value) => [shown(value), value]))(
    "refuses %s as handlers",
    async (_, value) => {
      const error = await thrownBy(call, { ...base }, value);
      expect(error.message).toContain("handlers must be an object");
    },
  );

  const handlerCases = handlerNames.flatMap((handler) =>
    [null, 5, "x", {}, true].map((value) => ({ handler, value, as: shown(value) })),
  );

  test.each(handlerCases)("refuses $as as the handler $handler", async ({ handler, value }) => {
    const error = await thrownBy(call, { ...base }, { [handler]: value });
    expect(error.message).toContain(`the handler ${handler} must be a function`);
  });
});

test("nothing was opened, locked or listened to", () => {
  expect(opened).not.toHaveBeenCalled();
  expect(untouched.readable.locked).toBe(false);
  expect(untouched.writable.locked).toBe(false);
  expect(httpServer.listenerCount("upgrade")).toBe(0);
  expect(socket.destroyed).toBe(false);
});

test.each(TAKERS)("$name of $entry reads each option once", async ({ entry, type, base, call }) => {
  const reads = new Map<string, number>();
  const options: object = { ...base };
  for (const {
    path: [name = "", ...rest],
    wrong,
  } of declaredOptions(entry, type)) {
    if (rest.length > 0 || wrong.length === 0 || name in options) continue;
    Object.defineProperty(options, name, {
      enumerable: true,
      get: () => void reads.set(name, (reads.get(name) ?? 0) + 1),
    });
  }
  await Promise.resolve()
    .then(() => Reflect.apply(call, undefined, [options, null]))
    .catch(() => {});
  expect([...reads.values()].every((count) => count === 1)).toBe(true);
  expect(reads.size).toBeGreaterThan(0);
});

test("what a class has on its prototype is no option, and of handlers it is one", () => {
  class Options {
    get role(): string {
      return "server";
    }
  }
  // @ts-expect-error: the role is not its own
  expect(() => new core.Connection(new Options())).toThrow(TypeError);
  class Wrong {
    get message(): string {
      return "no function";
    }
  }
  expect(() => Reflect.apply(streams.createServer, undefined, [{}, new Wrong()])).toThrow(
    "the handler message must be a function",
  );
});

/** The options in which one has this value. */
function nested({ path: [first = "", ...rest] }: DeclaredOption, value: unknown): object {
  const inner = rest.reduceRight((inside, key) => ({ [key]: inside }), value);
  // A proxy needs a URL before anything else of it counts.
  const needed = first === "proxy" && rest.length > 0 && rest[0] !== "url" ? { url: "http://p/" } : {};
  return { [first]: rest.length === 0 ? value : { ...needed, ...Object(inner) } };
}

async function thrownBy(call: Call, options: unknown, handlers: unknown): Promise<Error> {
  try {
    await Reflect.apply(call, undefined, [options, handlers]);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join()}]`;
  return typeof value === "object" && value !== null ? `an ${value.constructor.name}` : String(value);
}
