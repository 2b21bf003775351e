// Calls that were meant for another library, or mixed up: each error says what to write instead.
import { EventEmitter } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { describe, expect, test } from "vitest";
import * as adapter from "../../../src/adapter/index.js";
import { nearestName } from "../../../src/adapter/nearest-name.js";
import * as node from "../../../src/node/index.js";
import * as streams from "../../../src/streams/index.js";

const URL_OF_NOTHING = "ws://127.0.0.1:1";

/** The error of a call with any arguments. */
async function errorOf(call: (...args: never[]) => unknown, ...args: unknown[]): Promise<string> {
  try {
    await Reflect.apply(call, undefined, args);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  throw new Error("it was taken");
}

describe("options of servers", () => {
  test.each([
    ["maxPayload", "limits.maxMessageBytes"],
    ["maxPayloadLength", "limits.maxMessageBytes"],
    ["max_size", "limits.maxMessageBytes"],
    ["maxMessageBytes", "limits.maxMessageBytes"],
    ["maxMesageBytes", "limits.maxMessageBytes"],
    ["maxMessage", "limits.maxMessageBytes"],
    ["maxBackpressure", "limits.maxBackpressureBytes"],
    ["backpresure", "backpressure"],
    ["idleTimeout", "timeouts.pingIntervalMs"],
    ["pingInterval", "timeouts.pingIntervalMs"],
    ["ping_interval", "timeouts.pingIntervalMs"],
    ["pingTimeout", "timeouts.pingTimeoutMs"],
    ["handshakeTimeout", "timeouts.handshakeMs"],
    ["close_timeout", "timeouts.closeMs"],
    ["verifyClient", "upgrade"],
    ["verify", "upgrade"],
    ["handleProtocols", "protocols"],
    ["protocol", "protocols"],
    ["cors", "origins"],
    ["orgins", "origins"],
    ["hostname", "host"],
    ["cert", "tls"],
    ["limit", "limits"],
    ["Port", "port"],
  ])("%s is %s here", async (name, here) => {
    expect(await errorOf(node.serve, { [name]: 1 }, {})).toBe(
      `there is no option ${name}; did you mean ${here}?`,
    );
  });

  test.each([
    ["noServer", "createServer(options, handlers) makes a server without a port"],
    ["server", "attach(httpServer, options, handlers) joins an HTTP server"],
    ["clientTracking", "server.connections has all sockets"],
    ["message", "message is a handler, and handlers come after the options"],
    ["close", "close is a handler, and handlers come after the options"],
  ])("%s has advice", async (name, advice) => {
    expect(await errorOf(node.serve, { [name]: () => {} }, {})).toBe(`there is no option ${name}: ${advice}`);
  });

  test("in a group, the names of the group are meant, or another library's", async () => {
    const wrong = async (options: object) => errorOf(node.serve, options, {});
    expect(await wrong({ timeouts: { closeMS: 5 } })).toBe(
      "there is no option timeouts.closeMS; did you mean timeouts.closeMs?",
    );
    expect(await wrong({ limits: { maxPayload: 5 } })).toBe(
      "there is no option limits.maxPayload; did you mean limits.maxMessageBytes?",
    );
    expect(await wrong({ limits: { idleTimeout: 5 } })).toBe(
      "there is no option limits.idleTimeout; did you mean timeouts.pingIntervalMs?",
    );
    expect(await wrong({ timeouts: { foo: 5 } })).toMatch(
      /^there is no option timeouts\.foo, only closeMs, /,
    );
  });

  test.each(["foo", "__proto__x", "constructor", "toString"])("%s is near to none", async (name) => {
    expect(await errorOf(node.serve, { [name]: 1 }, {})).toMatch(
      new RegExp(`^there is no option ${name}, only \\w`),
    );
  });
});

test.each([
  ["verifyClient", "there is no option verifyClient, only "],
  ["agent", "there is no option agent; did you mean proxy?"],
  ["followRedirects", "there is no option followRedirects; did you mean maxRedirects?"],
  ["additional_headers", "there is no option additional_headers; did you mean headers?"],
  ["header", "there is no option header; did you mean headers?"],
  ["reconect", "there is no option reconect; did you mean reconnect?"],
  ["onopen", "there is no option onopen, only "],
])("the option %s of a client", async (name, message) => {
  expect(await errorOf(node.connect, URL_OF_NOTHING, { [name]: 1 })).toContain(message);
});

test.each([
  ["onMessage", "; did you mean message?"],
  ["onmessage", "; did you mean message?"],
  ["on_message", "; did you mean message?"],
  ["onOpen", "; did you mean open?"],
  ["onClose", "; did you mean close?"],
  ["onerror", "; did you mean error?"],
  ["mesage", "; did you mean message?"],
  ["connection", "; did you mean open?"],
  ["onConnection", "; did you mean open?"],
  ["disconnect", "; did you mean close?"],
  ["refuse", "; did you mean refused?"],
  ["upgrade", ": upgrade is an option, and options come before the handlers"],
  ["fetch", ": fetch is an option, and options come before the handlers"],
  ["verifyClient", "; did you mean the option upgrade?"],
  ["zzz", ", only close, "],
])("the handler %s", async (name, tail) => {
  const message = await errorOf(node.serve, {}, { [name]() {} });
  expect(message.startsWith(`there is no handler ${name}${tail}`), message).toBe(true);
});

describe("arguments that are mixed up", () => {
  const handlers = { message() {} };
  const httpServer = createHttpServer();
  const express = Object.assign(() => {}, new EventEmitter(), { listen() {} });

  test.each<[string, (...args: never[]) => unknown, unknown[], string]>([
    ["serve(8080)", node.serve, [8080, handlers], "options must be an object, such as { port: 8080 }"],
    ['serve("8080")', node.serve, ["8080", handlers], "options must be an object, such as { port: 8080 }"],
    ["serve()", node.serve, [], "options must be an object"],
    ["serve(options)", node.serve, [{}], "handlers must be an object, such as { message(socket, data) {} }"],
    ["serve(options, function)", node.serve, [{}, () => {}], "handlers must be an object, such as "],
    ["serve(handlers)", node.serve, [handlers], "message is a handler, and handlers come after the options"],
    ["serve(handlers, options)", node.serve, [handlers, {}], "message is a handler"],
    ["createServer(handlers)", node.createServer, [handlers], "message is a handler"],
    ["streams.createServer(handlers)", streams.createServer, [handlers], "message is a handler"],
    [
      "adapter.createServer",
      adapter.createServer,
      [adapter.createRuntime(), handlers],
      "message is a handler",
    ],
    ["connect(url, handlers)", node.connect, [URL_OF_NOTHING, handlers], "message is a handler"],
    [
      "connect(url, protocols)",
      node.connect,
      [URL_OF_NOTHING, ["chat"]],
      'options must be an object, such as { protocols: ["chat"] }',
    ],
    [
      "connect(url, protocol)",
      node.connect,
      [URL_OF_NOTHING, "chat"],
      'options must be an object, such as { protocols: ["chat"] }',
    ],
    [
      "attach(app)",
      node.attach,
      [express, {}, handlers],
      "attach takes an HTTP server: pass what app.listen() returns, or http.createServer(app)",
    ],
    [
      "attach(fastify)",
      node.attach,
      [{ server: httpServer }, {}, handlers],
      "attach takes an HTTP server: pass the property server of this object",
    ],
    [
      "attach(options, handlers)",
      node.attach,
      [{ path: "/chat" }, handlers],
      "attach takes an HTTP server: attach(httpServer, options, handlers)",
    ],
    ["attach(undefined)", node.attach, [undefined, {}, handlers], "attach takes an HTTP server: attach("],
    ["attach(httpServer, handlers)", node.attach, [httpServer, handlers], "message is a handler"],
  ])("%s", async (_, call, args, message) => {
    expect(await errorOf(call, ...args)).toContain(message);
    expect(httpServer.listenerCount("upgrade")).toBe(0);
  });

  test.each([
    ["a callback as ws has", (_info: unknown, _done: unknown) => {}],
    ["three parameters", (_info: unknown, _done: unknown, _more: unknown) => {}],
  ])("a hook with %s is refused: it would return nothing, which accepts", async (_, upgrade) => {
    for (const call of [node.createServer, streams.createServer]) {
      expect(await errorOf(call, { upgrade }, {})).toBe(
        "upgrade has one parameter, the request, and returns its answer or a promise of it",
      );
    }
  });

  test("a hook that takes any number of arguments is one", () => {
    expect(() => node.createServer({ upgrade: (...all: unknown[]) => void all }, {})).not.toThrow();
  });
});

test.each([
  ["abc", ["abd", "xyz"], "abd"],
  ["abc", ["g.abd", "xyz"], "g.abd"],
  ["ab", ["abcd"], undefined],
  ["abcd", ["abcdefghijkl"], "abcdefghijkl"],
  ["abcd", ["abce", "abcdefgh"], "abcdefgh"],
  ["x", ["a", "b"], undefined],
  ["", ["a"], undefined],
  ["abcdef", ["uvwxyz"], undefined],
])("the nearest name to %s in %j is %s", (name, known, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});

describe("calls of servers and sockets", () => {
  test.each([
    [
      "send(promise)",
      "send",
      [Promise.resolve("a")],
      "a message must be a string or bytes, not a promise: await it",
    ],
    [
      "send(object)",
      "send",
      [{ a: 1 }],
      "a message must be a string or bytes, not an object: JSON.stringify",
    ],
    ["send(number)", "send", [5], "a message must be a string or bytes, not 5"],
    ["send()", "send", [], "a message must be a string or bytes, not undefined"],
    ["sendFragment(part)", "sendFragment", ["a"], "final must be true or false"],
    ["close(reason)", "close", ["bye"], "a close code is a number, in front of the reason"],
  ])("socket.%s", async (_, name, args, message) => {
    const server = await node.serve({ host: "127.0.0.1" }, {});
    const socket = await node.connect(server.url);
    expect(
      await errorOf((...all: unknown[]) => Reflect.apply(Reflect.get(socket, name), socket, all), ...args),
    ).toContain(message);
    expect(socket.state).toBe("open");
    socket.close();
    await server.close();
  });

  test.each([
    ["close(code)", "close", [1012], "options must be an object, such as { code: 1001 }"],
    ["broadcast(message, { except: id })", "broadcast", ["a", { except: 5 }], "except must be a socket"],
    [
      "broadcast(message, { except: sockets })",
      "broadcast",
      ["a", { except: [] }],
      "except must be a socket",
    ],
  ])("server.%s", async (_, name, args, message) => {
    const server = node.createServer({}, {});
    expect(
      await errorOf((...all: unknown[]) => Reflect.apply(Reflect.get(server, name), server, all), ...args),
    ).toBe(message);
  });

  test("a wildcard in origins would never match", async () => {
    expect(() => node.createServer({ origins: ["https://*.example.org"] }, {})).toThrow("without wildcards");
  });

  test("fetch that returns no Response", async () => {
    const errors: unknown[] = [];
    const options: node.ServeOptions = { host: "127.0.0.1" };
    Reflect.set(options, "fetch", () => "a page");
    const server = await node.serve(options, { error: (_socket, error) => void errors.push(error) });
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(500);
    await server.close();
    expect(errors.map(String)).toEqual(["TypeError: fetch must return a Response, or a promise of one"]);
  });
});
