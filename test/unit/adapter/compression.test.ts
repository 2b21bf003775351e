// The option `compression`: its names, and what becomes of connections while compression is loaded, or can't be.
import { createServer as createHttpServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Loading } from "../../../src/adapter/compression.js";
import { connect, createServer, serve } from "../../../src/node/index.js";

const OFFERING = { compression: true } as const;

afterEach(() => {
  vi.doUnmock("../../../src/deflate/index.js");
  vi.resetModules();
});

describe("names of other libraries", () => {
  test.each([
    ["perMessageDeflate", true, "compression"],
    ["permessage_deflate", true, "compression"],
    ["deflate", true, "compression"],
    ["compress", true, "compression"],
    ["compression", { serverNoContextTakeover: true }, "compression.takeover"],
    ["compression", { clientMaxWindowBits: 9 }, "compression.windowBits"],
    ["compression", { level: 1 }, "compression.effort"],
    ["compression", { memLevel: 1 }, "compression.memoryBudget"],
    ["compression", { treshold: 1 }, "compression.threshold"],
  ])("%s: %j", async (name, value, meant) => {
    await expect(Reflect.apply(serve, undefined, [{ [name]: value }, {}])).rejects.toThrow(
      new RegExp(`^there is no option .*did you mean ${meant.replace(".", "\\.")}\\?$`),
    );
  });

  test.each(["deflate", 1, "true", null])("the value %j is none", async (value) => {
    await expect(Reflect.apply(serve, undefined, [{ compression: value }, {}])).rejects.toThrow(TypeError);
  });
});

test("a server that is made for the first request agrees on compression all the same", async () => {
  const http = createHttpServer().on("upgrade", (request, stream, head) =>
    createServer(OFFERING, {}).upgrade(request, stream, head),
  );
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" ? address?.port : 0;
  const socket = await connect(`ws://127.0.0.1:${port}/`, OFFERING);
  expect(socket.extensions).toMatch(/^permessage-deflate/);
  socket.terminate();
  http.close();
});

test("a server that can't load compression answers who offers it with 500, and no other, and says why", async () => {
  vi.resetModules();
  vi.doMock("../../../src/deflate/index.js", () => {
    throw new Error("not there");
  });
  const { connect, serve } = await import("../../../src/node/index.js");
  const errors: unknown[] = [];
  const server = await serve(
    { host: "127.0.0.1", ...OFFERING },
    { error: (_, error) => void errors.push(error) },
  );
  const headers = { Host: new URL(server.url).host };
  const plain = await connect(server.url, {});
  expect(plain.extensions).toBe("");
  expect(errors).toEqual([]);
  plain.terminate();
  const offers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  const { status } = await upgrade(server.port, { ...headers, ...offers });
  expect([status, errors.length]).toEqual([500, 1]);
  await server.close({ timeoutMs: 1 });
});

describe("what is loaded once", () => {
  test("is loaded when it is asked for, for all who ask", async () => {
    const load = vi.fn(async () => 7);
    const loading = new Loading(load);
    expect(loading.value).toBeUndefined();
    expect(await Promise.all([loading.load(), loading.load()])).toEqual([7, 7]);
    expect([loading.value, load.mock.calls.length]).toEqual([7, 1]);
  });

  test("is loaded again after a failure", async () => {
    const load = vi.fn(async () => 7).mockRejectedValueOnce(new Error("not yet"));
    const loading = new Loading(load);
    await expect(loading.load()).rejects.toThrow("not yet");
    expect(await loading.load()).toBe(7);
  });
});

/** The answer to an upgrade request with these headers. */
async function upgrade(port: number, headers: Readonly<Record<string, string>>): Promise<{ status: number }> {
  const { request } = await import("node:http");
  const common = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13" };
  const key = { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" };
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", headers: { ...common, ...key, ...headers } });
    asked.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0 });
    });
    asked.on("error", reject);
    asked.end();
  });
}
