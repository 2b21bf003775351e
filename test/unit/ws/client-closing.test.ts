// Clients that are closed, terminated or aborted before they are open.
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { turns } from "../../adapters/until.js";
import { gate } from "../../support/gate.js";
import {
  answering,
  closing,
  IMPLEMENTATIONS,
  type Open,
  privately,
  redirecting,
  requestOf,
  story,
  switching,
} from "./clients.js";

const EARLY = [
  "2 error Error: WebSocket was closed before the connection was established",
  '3 close 1006 ""',
];
const QUIET = ['3 close 1006 ""'];

const OURS = IMPLEMENTATIONS.filter(([name]) => name !== "ws");

describe.each(IMPLEMENTATIONS)("a client of %s", (_name, open) => {
  describe.each(["close", "terminate"] as const)("%s", (method) => {
    test("at once", async () => {
      const server = await answering(closing);
      const client = open(server.url);
      const whole = story(client);
      client[method]();
      expect(client.readyState).toBe(2);
      client[method]();
      expect(await whole).toEqual(EARLY);
      client[method]();
      expect(client.readyState).toBe(3);
    });

    test("while the server thinks", async () => {
      const asked = gate<void>();
      const server = await answering(() => asked.resolve());
      const client = open(server.url);
      const whole = story(client);
      await asked.promise;
      client[method]();
      const events = await whole;
      await server.left;
      // The request fails as well, and is not heard any more.
      await turns();
      expect(events).toEqual(EARLY);
    });

    test("by a listener of 'upgrade'", async () => {
      const server = await answering((request, socket) => socket.write(switching(request)));
      const client = open(server.url);
      const whole = story(client);
      client.on("upgrade", () => client[method]());
      expect(await whole).toEqual(["0 upgrade", ...EARLY]);
      await server.left;
    });

    test("by a listener of 'error'", async () => {
      const client = open("ws://127.0.0.1:1");
      const whole = story(client);
      client.on("error", () => client[method]());
      expect((await whole).slice(1)).toEqual(QUIET);
    });

    test("after a response that stays open", async () => {
      const server = await answering((_request, socket) => {
        socket.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nfoo");
      });
      const client = open(server.url);
      const whole = story(client);
      const [, response] = await once(client, "unexpected-response");
      await response.toArray();
      client[method]();
      expect(await whole).toEqual(EARLY);
      await server.left;
    });
  });

  test("does not emit synchronously", async () => {
    const client = open("ws://127.0.0.1:1");
    client.close();
    // Listeners that are added after the call hear everything.
    expect(await story(client)).toEqual(EARLY);
  });

  test("emits nothing more after 'close'", async () => {
    const server = await answering(closing);
    const client = open(server.url);
    const whole = story(client);
    client.close();
    const events = await whole;
    await turns();
    expect(events).toEqual(EARLY);
  });
});

const aborted = (reason?: unknown) => AbortSignal.abort(reason);

describe.each(IMPLEMENTATIONS)("the signal of a client of %s", (_name, open) => {
  async function abortedBy(options: Parameters<Open>[2], abort: (asked: Promise<void>) => unknown) {
    const asked = gate<void>();
    const server = await answering(() => asked.resolve());
    const client = open(server.url, [], options);
    const errors: Error[] = [];
    client.on("error", (error: Error) => errors.push(error));
    const whole = story(client);
    await abort(asked.promise);
    const events = await whole;
    expect(client.readyState).toBe(3);
    return { events, errors };
  }

  const ABORTED = ["2 error AbortError: The operation was aborted", '3 close 1006 ""'];

  test("that is aborted before gives up at once", async () => {
    const { events, errors } = await abortedBy({ signal: aborted("reason") }, () => {});
    expect(events).toEqual(ABORTED);
    expect(errors[0]).toMatchObject({ code: "ABORT_ERR", cause: "reason" });
  });

  test("that is aborted meanwhile gives up", async () => {
    const controller = new AbortController();
    const { events } = await abortedBy({ signal: controller.signal }, async (asked) => {
      await asked;
      controller.abort();
    });
    expect(events).toEqual(ABORTED);
  });

  test("that is aborted afterwards changes nothing", async () => {
    const controller = new AbortController();
    const sockets: Duplex[] = [];
    const server = await answering((request, socket) => {
      sockets.push(socket);
      socket.write(switching(request));
    });
    const client = open(server.url, { signal: controller.signal });
    const whole = story(client);
    await once(client, "open");
    controller.abort();
    await turns();
    expect(client.readyState).toBe(1);
    client.terminate();
    expect(await whole).toEqual(["0 upgrade", "1 open", '3 close 1006 ""']);
  });

  test("counts for requests that follow redirects", async () => {
    const controller = new AbortController();
    const server = await answering((request, socket) => {
      if (request.url === "/") redirecting("/foo")(request, socket);
      else controller.abort();
    });
    const client = open(server.url, { followRedirects: true, signal: controller.signal });
    expect(await story(client)).toEqual(ABORTED);
  });

  test("is checked", () => {
    expect(() => open("ws://127.0.0.1:1", { signal: "no" as unknown as AbortSignal })).toThrow(TypeError);
  });
});

describe.each(OURS)("the option quietClose of a client of %s", (_name, open) => {
  test.each(["close", "terminate"] as const)("has %s emit 'close' alone", async (method) => {
    const asked = gate<void>();
    const server = await answering(() => asked.resolve());
    const client = open(server.url, { quietClose: true });
    const whole = story(client);
    await asked.promise;
    client[method]();
    expect(client.readyState).toBe(2);
    client[method]();
    expect(await whole).toEqual(QUIET);
    await server.left;
  });

  test("needs no listener of 'error'", async () => {
    const client = open("ws://127.0.0.1:1", { quietClose: true });
    client.close();
    const [code] = await once(client, "close");
    expect(code).toBe(1006);
  });

  test("counts for listeners of 'upgrade' and 'redirect'", async () => {
    const server = await answering((request, socket) => {
      if (request.url === "/") redirecting("/foo")(request, socket);
      else socket.write(switching(request));
    });
    const upgraded = open(`${server.url}/foo`, { quietClose: true });
    const first = story(upgraded);
    upgraded.on("upgrade", () => upgraded.close());
    expect(await first).toEqual(["0 upgrade", ...QUIET]);
    const redirected = open(server.url, { quietClose: true, followRedirects: true });
    const second = story(redirected);
    redirected.on("redirect", () => redirected.close());
    expect(await second).toEqual(QUIET);
  });

  test("counts for an abort of the signal", async () => {
    const controller = new AbortController();
    const server = await answering(() => controller.abort());
    const client = open(server.url, { quietClose: true, signal: controller.signal });
    expect(await story(client)).toEqual(QUIET);
    expect(privately(client, "_req")).toBeNull();
  });

  test("leaves other errors as they are", async () => {
    const refused = await story(open("ws://127.0.0.1:1", { quietClose: true }));
    expect(refused[0]).toMatch(/^2 error Error: connect ECONNREFUSED/);
    const server = await answering((_request, socket) => socket.end("HTTP/1.1 401 No\r\n\r\n"));
    expect(await story(open(server.url, { quietClose: true }))).toEqual([
      "2 error Error: Unexpected server response: 401",
      '3 close 1006 ""',
    ]);
  });

  test("does not change how an open WebSocket closes", async () => {
    const server = await answering(closing);
    const client = open(server.url, { quietClose: true });
    requestOf(client);
    expect(await story(client)).toEqual(["0 upgrade", "1 open", '3 close 1005 ""']);
  });
});
