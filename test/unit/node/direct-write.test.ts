import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { beforeEach, expect, test, vi } from "vitest";

/** A request as Node's are, as far as it matters here. */
class FakeRequest {
  taken = false;
  oncomplete: ((status: number) => void) | undefined;

  getAsyncId(): number {
    return this.taken ? 7 : -1;
  }
}

/** A handle whose writes take the request and, in the very call, all of the bytes but `left`. */
function fakeHandle(left: number) {
  const requests: FakeRequest[] = [];
  return {
    writeQueueSize: left,
    requests,
    takes: true,
    writeBuffer(request: object | null): number {
      if (!(request instanceof FakeRequest)) throw new TypeError("no request");
      // What Node answers with an abort.
      if (request.taken) throw new Error("the request of a write that goes on");
      request.taken = this.takes;
      requests.push(request);
      return 0;
    },
    writev(request: object | null): number {
      return this.writeBuffer(request);
    },
  };
}

let direct: typeof import("../../../src/node/internals/direct-write.js");

beforeEach(async () => {
  vi.resetModules();
  direct = await import("../../../src/node/internals/direct-write.js");
});

/** Shows the module a write of Node's with such a request. */
function learn(request: object | null): void {
  const handle = { writeQueueSize: 0, writeBuffer: (): number => 0, writev: (): number => 0 };
  const socket = Object.assign(Object.create(null), { _handle: handle });
  direct.learnToWrite(socket);
  Reflect.apply(Reflect.get(handle, "writeBuffer"), handle, [request, new Uint8Array(1)]);
}

test("a request that a write has taken goes to no other, even if nothing is left to write", () => {
  learn(new FakeRequest());
  const handle = fakeHandle(0);
  const writer = { written: vi.fn() };
  for (let i = 0; i < 3; i++) expect(direct.writeDirectly(handle, Uint8Array.of(i), writer)).toBe(0);
  expect(new Set(handle.requests).size).toBe(3);
  // The system had everything: nobody waits.
  for (const { oncomplete } of handle.requests) expect(oncomplete).toBeUndefined();
});

test("a request that no write needed serves the next", () => {
  learn(new FakeRequest());
  const handle = fakeHandle(0);
  handle.takes = false;
  for (let i = 0; i < 3; i++) direct.writeDirectly(handle, Uint8Array.of(i), { written() {} });
  expect(new Set(handle.requests).size).toBe(1);
});

test("whoever waits is told when the rest was taken", () => {
  learn(new FakeRequest());
  const handle = fakeHandle(5);
  const writer = { written: vi.fn() };
  expect(direct.writeDirectly(handle, new Uint8Array(9), writer)).toBe(5);
  expect(writer.written).not.toHaveBeenCalled();
  handle.requests[0]?.oncomplete?.(-32);
  expect(writer.written).toHaveBeenCalledExactlyOnceWith(-32);
});

test("this Node's requests tell whether they are taken, or it makes them itself", async () => {
  const server = createServer((socket) => socket.pause()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  const socket = connect(address.port, "127.0.0.1");
  await once(socket, "connect");
  try {
    const ids = await requestIds(socket);
    expect(ids.before === undefined || ids.before < 0).toBe(true);
    expect(ids.during === undefined || ids.during >= 0).toBe(true);
  } finally {
    socket.destroy();
    server.close();
  }
});

/** What a request of Node's says before it is given to a write that cannot be over at once, and then. */
async function requestIds(
  socket: Socket,
): Promise<{ before: number | undefined; during: number | undefined }> {
  const handle = direct.writeHandle(socket);
  if (handle === undefined) throw new Error("no handle");
  const { writeBuffer } = handle;
  let request: object | null = null;
  let before: number | undefined;
  handle.writeBuffer = (given, bytes) => {
    request = given;
    before = idOf(given);
    return writeBuffer.call(handle, given, bytes);
  };
  socket.write(Buffer.alloc(64 << 20));
  expect(socket.writableLength).toBeGreaterThan(0);
  return { before, during: idOf(request) };
}

function idOf(request: object | null): number | undefined {
  if (request === null || !("getAsyncId" in request)) return undefined;
  const { getAsyncId } = request;
  return typeof getAsyncId === "function" ? Number(getAsyncId.call(request)) : undefined;
}
