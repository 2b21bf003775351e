// If any step of opening a connection fails, nothing is thrown at the transport, the clock or a promise, and only that
// connection ends.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hostOptions } from "../../../src/adapter/host-options.js";
import type { Answers } from "../../../src/adapter/server/answers.js";
import { HeldBytes } from "../../../src/adapter/server/held-bytes.js";
import { Opening } from "../../../src/adapter/server/opening.js";
import {
  resolveServerOptions,
  SERVER_READERS,
  type ServerOptions,
} from "../../../src/adapter/server/options.js";
import type { FetchHandler } from "../../../src/adapter/server/plain-exchange.js";
import { ServerCore } from "../../../src/adapter/server/server.js";
import type { Handlers } from "../../../src/adapter/socket/handlers.js";
import type { TransportSink } from "../../../src/adapter/transport.js";
import { checkUpgrade, HeadParser } from "../../../src/handshake/index.js";
import { HeadReader } from "../../../src/http/head.js";
import { nodeRuntime } from "../../../src/node/host.js";
import { readOptions } from "../../../src/protocol/option-readers.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { EXAMPLE, latin1, wire } from "../handshake/every-cut.js";

vi.mock("../../../src/host/globals.js", () => import("../../support/global-timers.js"));

class Peer extends FakeTransport {
  sink!: TransportSink;
  /** Thrown by each method of this name. */
  broken: ReadonlySet<string> = new Set();

  get text(): string {
    return this.written.map((hex) => Buffer.from(hex.replaceAll(" ", ""), "hex").toString("latin1")).join("");
  }
  get status(): string | undefined {
    return /^HTTP\/1\.1 (\d+) /.exec(this.text)?.[1];
  }
  #act(name: string): void {
    if (this.broken.has(name)) throw new Error(`${name} is broken`);
  }
  override writeAll(chunks: readonly Uint8Array[]): void {
    this.#act("writeAll");
    super.writeAll(chunks);
  }
  override write(bytes: Uint8Array): void {
    this.#act("write");
    super.write(bytes);
  }
  override end(): void {
    this.#act("end");
    super.end();
  }
  override destroy(): void {
    super.destroy();
    this.#act("destroy");
  }
  override resume(): void {
    this.#act("resume");
  }
  override pause(): void {
    this.#act("pause");
  }
}

const GET = wire(["GET /page HTTP/1.1", "Host: a"]);
const post = (length: number) => wire(["POST /form HTTP/1.1", "Host: a", `Content-Length: ${length}`]);
const UPGRADE = wire(EXAMPLE);

function serve(options: ServerOptions = {}, fetch?: FetchHandler) {
  const errors: unknown[] = [];
  const handlers: Handlers = { error: (_, error) => void errors.push(error) };
  const resolved = resolveServerOptions(readOptions<ServerOptions>(options, SERVER_READERS));
  const core = new ServerCore(nodeRuntime, resolved, handlers, { fetch });
  const open = (): Peer => {
    const peer = new Peer();
    new Opening(core, peer);
    return peer;
  };
  return { core, errors, open };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  // Timers that have nothing to wait for stop at their next tick. They would never tick again as real ones.
  if (vi.isFakeTimers()) vi.advanceTimersByTime(2_000);
  vi.useRealTimers();
});

/** Breaks a part of the machine for one call. */
function breakOnce<Name extends string>(
  prototype: { [method in Name]: (...args: never[]) => unknown },
  method: Name,
): Error {
  const fault = new Error(`${method} is broken`);
  const original = prototype[method];
  Reflect.set(prototype, method, () => {
    Reflect.set(prototype, method, original);
    throw fault;
  });
  return fault;
}

describe("an exception", () => {
  test.each(["received", "receivedInWindow"] as const)("while a head is read by %s is 500", (how) => {
    const { core, errors, open } = serve();
    const [bystander, peer] = [open(), open()];
    const fault = breakOnce(HeadReader.prototype, "push");
    if (how === "received") peer.sink.received(latin1(UPGRADE));
    else peer.sink.receivedInWindow(4, latin1(UPGRADE));
    expect([peer.status, peer.ended, errors]).toEqual(["500", true, [fault]]);
    bystander.sink.received(latin1(UPGRADE));
    expect([bystander.status, core.connections.size]).toEqual(["101", 1]);
    peer.sink.closed();
    expect(core.size).toBe(1);
  });

  test.each(["received", "receivedInWindow", "ended", "closed", "failed", "expired"])(
    "in %s is told of and thrown at nobody, whatever the transport does",
    (when) => {
      const { core, errors, open } = serve({ timeouts: { handshakeMs: 1000, closeMs: 1000 } });
      const peer = open();
      peer.broken = new Set(["writeAll", "write", "end", "destroy", "resume", "pause"]);
      if (when === "received") peer.sink.received(latin1("\0"));
      else if (when === "receivedInWindow") peer.sink.receivedInWindow(1, latin1("\0"));
      else if (when === "expired") vi.advanceTimersByTime(2000);
      else if (when === "ended") peer.sink.ended();
      else if (when === "failed") peer.sink.failed(new Error("reset"));
      else {
        breakOnce(ServerCore.prototype, "openingEnded");
        peer.sink.closed();
      }
      expect(peer.destroyed).toBe(when !== "failed");
      expect(errors).toHaveLength(when === "failed" ? 0 : 1);
      peer.broken = new Set();
      peer.sink.closed();
      expect(core.size).toBe(0);
    },
  );

  test("of the transport in the middle of an answer ends the connection: there is no second answer", () => {
    for (const method of ["write", "end"]) {
      const { errors, open } = serve();
      const peer = open();
      peer.broken = new Set([method]);
      peer.sink.received(latin1(GET));
      expect([peer.destroyed, peer.written.length]).toEqual([true, method === "end" ? 1 : 0]);
      expect(errors.map(String)).toEqual([`Error: ${method} is broken`]);
    }
  });

  test("while the socket takes over ends the connection, and no HTTP goes out behind the 101", () => {
    for (const upgrade of [undefined, () => undefined]) {
      const { errors, open } = serve(upgrade === undefined ? {} : { upgrade });
      const peer = open();
      const fault = breakOnce(ServerCore.prototype, "openingEnded");
      peer.sink.received(latin1(UPGRADE));
      expect([peer.destroyed, peer.text, errors]).toEqual([true, "", [fault]]);
    }
  });

  test("while a late verdict is taken is 500", async () => {
    const { errors, open } = serve({ upgrade: () => Promise.resolve({}) });
    const peer = open();
    const fault = breakOnce(HeldBytes.prototype, "take");
    peer.sink.received(latin1(UPGRADE));
    await settled();
    expect([peer.status, errors]).toEqual(["500", [fault]]);
  });

  test("while an answer of fetch is sent ends the connection", async () => {
    const { errors, open } = serve({}, () => new Response("a"));
    const peer = open();
    peer.sink.received(latin1(GET));
    peer.broken = new Set(["writeAll"]);
    vi.useRealTimers();
    await vi.waitFor(() => expect(errors.map(String)).toEqual(["Error: writeAll is broken"]));
    expect(peer.destroyed).toBe(true);
  });
});

describe("a request that came by other means", () => {
  const parsed = new HeadParser("request").push(latin1(UPGRADE));
  if (parsed.type !== "head") throw new Error(parsed.type);
  const { head } = parsed;

  const options: ServerOptions = {
    protocols: ["superchat"],
    origins: ["http://jima.in"],
    upgrade: ({ path, host }) => ({ data: `${path} of ${host}` }),
  };

  test("and was read is checked and decided on as any other", () => {
    const { core, errors } = serve(options);
    const peer = new Peer();
    new Opening(core, peer).headRead(head, new Uint8Array(0));
    expect(peer.text).toContain("\r\nSec-WebSocket-Protocol: superchat\r\n");
    expect([...core.connections.values()].map(({ data }) => data)).toEqual(["/chat of server.example.com"]);
    const stranger = new Peer();
    new Opening(serve({ ...options, origins: [] }).core, stranger).headRead(head, new Uint8Array(0));
    expect([stranger.status, errors]).toEqual(["403", []]);
  });

  const seen: unknown[] = [];
  const answers: Answers = {
    accept(request, { protocol }) {
      seen.push(["accept", request.path, protocol]);
      return undefined;
    },
    refuse({ status }) {
      seen.push(["refuse", status]);
      return [];
    },
  };

  function decide(core: ServerCore): Peer {
    const request = checkUpgrade(head);
    if (request.type === "refusal") throw new Error(request.reason);
    seen.length = 0;
    const peer = new Peer();
    new Opening(core, peer, { answers }).decide(request, new Uint8Array(0));
    return peer;
  }

  test("and was checked, too, is decided on, and answered in its own way", () => {
    const { core } = serve(options);
    const peer = decide(core);
    expect([seen, peer.text, core.connections.size]).toEqual([[["accept", "/chat", "superchat"]], "", 1]);
    const refused = decide(serve({ upgrade: () => ({ status: 401 }) }).core);
    expect([seen, refused.text, refused.ended]).toEqual([[["refuse", 401]], "", true]);
  });
});

describe("a request for a server that has closed", () => {
  const headOf = (text: string) => {
    const parsed = new HeadParser("request").push(latin1(text));
    if (parsed.type !== "head") throw new Error(parsed.type);
    return parsed.head;
  };

  test.each([
    ["a page", GET],
    ["a WebSocket", UPGRADE],
  ])("does not reach the application: %s", async (_, text) => {
    const asked: string[] = [];
    const { core, errors } = serve({ upgrade: () => void asked.push("upgrade") }, () => {
      asked.push("fetch");
      return new Response("late");
    });
    await core.closeAll();
    const peer = new Peer();
    new Opening(core, peer).headRead(headOf(text), new Uint8Array(0));
    await settled();
    expect([asked, errors, peer.status, peer.ended]).toEqual([[], [], "503", true]);
    peer.sink.closed();
    expect(core.size).toBe(0);
  });

  test("by its own upgrade handler does not become a WebSocket", () => {
    const { core, errors, open } = serve({ upgrade: () => void core.closeAll() });
    const peer = open();
    peer.sink.received(latin1(UPGRADE));
    expect([errors, peer.status, peer.ended]).toEqual([[], "503", true]);
    peer.sink.closed();
    expect(core.size).toBe(0);
  });
});

describe("a connection that is not a WebSocket yet when its server closes", () => {
  test.each([
    ["has sent nothing", ""],
    ["has sent half of its head", UPGRADE.slice(0, 40)],
  ])("and that %s is told if its head comes at once", async (_, before) => {
    const { core, open } = serve();
    const early = open();
    if (before !== "") early.sink.received(latin1(before));
    void core.closeAll();
    const late = open();
    vi.advanceTimersByTime(400);
    early.sink.received(latin1(UPGRADE.slice(before.length)));
    late.sink.received(latin1(UPGRADE));
    expect([early.status, early.ended, late.status, late.ended]).toEqual(["503", true, "503", true]);
  });

  test.each([
    ["has sent nothing", ""],
    ["has sent half of its head", UPGRADE.slice(0, 40)],
  ])("and that %s is dropped if no head comes", async (_, before) => {
    const { core, open } = serve();
    const peer = open();
    if (before !== "") peer.sink.received(latin1(before));
    const closed = core.closeAll();
    vi.advanceTimersByTime(450);
    expect(peer.destroyed).toBe(false);
    vi.advanceTimersByTime(150);
    expect([peer.text, peer.destroyed]).toEqual(["", true]);
    peer.sink.closed();
    await closed;
  });

  test("and whose page is being made gets it", async () => {
    let made: (response: Response) => void = () => {};
    const { core, open } = serve({}, () => new Promise((resolve) => (made = resolve)));
    const peer = open();
    peer.sink.received(latin1(GET));
    const closed = core.closeAll({ timeoutMs: 5_000 });
    made(new Response("late"));
    await settled();
    await settled();
    expect([peer.status, peer.ended, peer.destroyed]).toEqual(["200", true, false]);
    peer.sink.closed();
    await closed;
  });

  test("and whose page is not made in time is dropped", async () => {
    const { core, open } = serve({}, () => new Promise(() => {}));
    const peer = open();
    peer.sink.received(latin1(GET));
    const closed = core.closeAll({ timeoutMs: 100 });
    expect(peer.destroyed).toBe(false);
    vi.advanceTimersByTime(100);
    expect([peer.text, peer.destroyed]).toEqual(["", true]);
    peer.sink.closed();
    await closed;
  });
});

test("a transport that throws while its server closes keeps no other from its end", async () => {
  const { core, errors, open } = serve();
  const peers = [open(), open()];
  for (const peer of peers) peer.sink.received(latin1(UPGRADE));
  const [broken, healthy] = peers;
  if (broken === undefined || healthy === undefined) throw new Error("no peers");
  broken.broken = new Set(["destroy", "write", "writeAll"]);
  const closed = core.closeAll({ timeoutMs: 100 });
  await settled();
  expect(() => vi.advanceTimersByTime(100)).not.toThrow();
  expect([healthy.status, healthy.destroyed]).toEqual(["101", true]);
  vi.advanceTimersByTime(1000);
  await closed;
  expect(core.size).toBe(0);
  expect(errors.length).toBeGreaterThan(0);
});

describe("an upgrade handler that runs an event loop of its own", () => {
  test("finds a client that has left meanwhile: no connection is counted", () => {
    const { core, errors, open } = serve({
      upgrade() {
        peer.sink.closed();
      },
    });
    const peer = open();
    peer.sink.received(latin1(UPGRADE));
    expect([core.size, core.connections.size, errors]).toEqual([0, 0, []]);
  });

  test("lets a client go on that had to wait meanwhile", () => {
    const { core, open } = serve({
      upgrade() {
        for (let i = 0; i < 3; i++) peer.sink.received(new Uint8Array(8 * 1024).fill(0x80));
      },
    });
    const peer = open();
    const paused: boolean[] = [];
    peer.pause = () => void paused.push(true);
    peer.resume = () => void paused.push(false);
    peer.sink.received(latin1(UPGRADE));
    expect(core.connections.size).toBe(1);
    expect([paused[0], paused.at(-1)]).toEqual([true, false]);
  });
});

describe("memory that there is not", () => {
  test.each([
    ["for the first content", [`${post(5000)}${"a".repeat(4000)}`]],
    ["for more content", [`${post(9000)}abc`, "a".repeat(4000)]],
  ])("%s is 503", (_, texts) => {
    const chunks = texts.map(latin1);
    const { core, errors, open } = serve({}, () => new Response());
    const peer = open();
    const native = Uint8Array;
    let most = 2000;
    vi.stubGlobal(
      "Uint8Array",
      new Proxy(native, {
        construct(target, args: unknown[], newTarget) {
          if (Number(args[0]) > most) throw new RangeError("Array buffer allocation failed");
          return Reflect.construct(target, args, newTarget);
        },
      }),
    );
    try {
      for (const chunk of chunks) peer.sink.received(chunk);
    } finally {
      most = Number.POSITIVE_INFINITY;
      vi.unstubAllGlobals();
    }
    expect([peer.status, peer.ended, errors.map(String)]).toEqual([
      "503",
      true,
      [expect.stringMatching(/^AllocationError: there is no memory for \d+ bytes$/)],
    ]);
    expect(core.contents.take(64 << 20), "all of the allowance is back").toBe(true);
  });
});

describe("the contents of all plain requests together", () => {
  const limits = { maxContentBytes: 10_000, maxTotalContentBytes: 20_000 };

  test("have a limit, for those that come and those that grow", () => {
    const { core, errors, open } = serve({ limits }, () => new Promise(() => {}));
    const [first, second, third] = [open(), open(), open()];
    first.sink.received(latin1(`${post(10_000)}${"a".repeat(9000)}`));
    second.sink.received(latin1(`${post(10_000)}${"a".repeat(9000)}`));
    third.sink.received(latin1(`${post(10_000)}${"a".repeat(1500)}`));
    expect([first.status, second.status, third.status]).toEqual([undefined, undefined, undefined]);
    third.sink.received(latin1("a".repeat(1500)));
    expect([third.status, third.ended]).toEqual(["503", true]);
    const late = open();
    late.sink.received(latin1(`${post(3000)}${"a".repeat(3000)}`));
    expect(late.status).toBe("503");
    const plain = open();
    plain.sink.received(latin1(GET));
    expect(plain.status, "without content there is nothing to refuse").toBeUndefined();
    first.sink.failed(new Error("reset"));
    const next = open();
    next.sink.received(latin1(`${post(3000)}${"a".repeat(3000)}`));
    expect(next.status).toBeUndefined();
    second.sink.closed();
    next.sink.closed();
    expect(core.contents.take(20_000), "nothing is lost").toBe(true);
    expect(errors).toEqual([]);
  });

  test("count until the answer, however often an end is told of", async () => {
    let resolve = (_: Response): void => {};
    const { core, open } = serve({ limits }, () => new Promise((done) => (resolve = done)));
    const peer = open();
    peer.sink.received(latin1(`${post(10_000)}${"a".repeat(10_000)}`));
    expect([core.contents.take(10_001), core.contents.take(10_000)]).toEqual([false, true]);
    resolve(new Response("b"));
    vi.useRealTimers();
    await vi.waitFor(() => expect(peer.status).toBe("200"));
    peer.sink.ended();
    peer.sink.closed();
    expect([core.contents.take(10_001), core.contents.take(10_000)]).toEqual([false, true]);
  });

  test.each([
    [{ maxContentBytes: 3 }, 4, 3],
    [{ maxTotalContentBytes: 3 }, 4, 3],
    [{ maxMessageBytes: 3 }, (1 << 20) + 1, 1 << 20],
    [{ maxMessageBytes: Number.POSITIVE_INFINITY }, (1 << 20) + 1, 1 << 20],
    [{ maxContentBytes: Number.POSITIVE_INFINITY }, (64 << 20) + 1, 64 << 20],
    [{ maxContentBytes: 0 }, 1, 0],
  ])("with %j, content of %i bytes is refused with 413, and %i taken", (given, tooMuch, most) => {
    const { open } = serve({ limits: given }, () => new Promise(() => {}));
    const [refused, taken] = [open(), open()];
    refused.sink.received(latin1(post(tooMuch)));
    taken.sink.received(latin1(post(most)));
    expect([refused.status, taken.status]).toEqual(["413", undefined]);
  });

  test.each(["maxContentBytes", "maxTotalContentBytes"])("%s that makes no sense throws", (name) => {
    for (const value of [-1, 1.5, Number.NaN]) {
      expect(() => serve({ limits: { [name]: value } })).toThrow(RangeError);
    }
  });
});

test.each([
  [{ reason: "no" }, "upgrade answered with reason, but a refusal has a status"],
  [{ code: 401 }, "upgrade answered with code, but a refusal has a status"],
  [{ user: "ada" }, "there is no acceptance property user, only "],
  [{ status: 401, data: 1 }, "there is no refusal property data, only "],
  [{ status: 401, statusText: "no" }, "there is no refusal property statusText, only "],
  [{ status: 200 }, "a refusal has a status from 300 to 599, not 200"],
  [true, "upgrade must return an object, false or nothing, not true"],
  [401, "upgrade must return an object, false or nothing, not 401"],
])("the error for the answer %j says what is wrong", (verdict, message) => {
  const options: ServerOptions = {};
  Reflect.set(options, "upgrade", () => verdict);
  const { errors, open } = serve(options);
  open().sink.received(latin1(UPGRADE));
  expect(errors.map(String)).toEqual([expect.stringContaining(message)]);
});

describe("beside a polluted Object.prototype", () => {
  /** What an upgrade and a plain request get, with upgrade and without. */
  async function statuses(): Promise<(string | undefined)[]> {
    const found: (string | undefined)[] = [];
    const servers = [
      serve({ protocols: ["chat"] }, () => new Response("a", hostOptions({}))),
      serve({ upgrade: () => ({}) }),
      serve({ upgrade: () => ({ status: 403 }) }),
      serve({ upgrade: () => Promise.resolve(undefined) }),
      serve({ upgrade: () => Object(new Response("", hostOptions({ status: 404 }))) }),
    ];
    for (const [i, { errors, open }] of servers.entries()) {
      for (const text of [UPGRADE, GET, "\0"]) {
        const peer = open();
        peer.sink.received(latin1(text));
        await vi.advanceTimersByTimeAsync(1);
        found.push(peer.status);
        peer.sink.closed();
      }
      // A `Response` is no answer.
      expect(errors.map(String)).toEqual(
        i < 4 ? [] : [expect.stringMatching(/^TypeError: the body of a refusal/)],
      );
    }
    return found;
  }

  test.each([
    ["type", "refusal"],
    ["protocol", "evil"],
    ["status", 403],
    ["then", "no function"],
    ["headers", { "Set-Cookie": "a=b" }],
    ["body", "no"],
    ["method", "POST"],
    ["data", 7],
  ])("%s = %j, what is answered is the same", async (name, value) => {
    const expected = await statuses();
    expect(expected.slice(0, 3)).toEqual(["101", "200", "400"]);
    Object.defineProperty(Object.prototype, name, hostOptions({ value, configurable: true, writable: true }));
    try {
      expect(await statuses()).toEqual(expected);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  });

  test.each([() => false as const, () => Promise.resolve(false as const)])(
    "an answer of upgrade that is false is 403",
    async (upgrade) => {
      const { core, errors, open } = serve({ upgrade });
      const peer = open();
      peer.sink.received(latin1(UPGRADE));
      await settled();
      expect([peer.status, core.connections.size, errors]).toEqual(["403", 0, []]);
    },
  );

  test.each([
    ...[null, 0, "", "403", true],
    ...[
      { reason: "no" },
      { code: 401 },
      { user: "ada" },
      { statusCode: 403 },
      { body: "no" },
      { Status: 403 },
    ],
    ...[{ data: 7, allowed: false }, { ok: false }, { protocols: ["chat"] }, []],
    ...[new Response("no", { status: 403 }), new Response(null, { status: 401 }), new Response("yes")],
    ...[{ status: 403, body: { error: "no" } }, { status: 403, body: null }, { status: "403" }],
  ])("an answer of upgrade that is %j is 500, and no client is accepted by mistake", async (verdict) => {
    for (const upgrade of [() => verdict, () => Promise.resolve(verdict)]) {
      const options: ServerOptions = {};
      Reflect.set(options, "upgrade", upgrade);
      const { core, errors, open } = serve(options);
      const peer = open();
      peer.sink.received(latin1(UPGRADE));
      await settled();
      expect([peer.status, core.connections.size, errors.length]).toEqual(["500", 0, 1]);
    }
  });
});
