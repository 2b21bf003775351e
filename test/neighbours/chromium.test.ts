// Chromium's WebSocket against servers of wsimd.
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CloseEvent, type ListeningServer, type Socket, serve } from "../../src/node/index.js";
import { launchChromium } from "../support/chromium.js";

/** What a page's WebSocket reports of its end. */
interface PageClose {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

let browser: Browser;
let page: Page;
let http: HttpServer;
let server: ListeningServer;
/** Those of the test that is running. */
const opened: Socket[] = [];
const closed = new Map<Socket, CloseEvent>();
let onClose: (() => void) | undefined;

beforeAll(async () => {
  http = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end("<!doctype html><title>test</title>");
  });
  await once(http.listen(0, "127.0.0.1"), "listening");
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server = await serve(
    {
      host: "127.0.0.1",
      protocols: ["superchat", "chat"],
      origins: [`http://127.0.0.1:${address.port}`],
    },
    {
      open(socket) {
        opened.push(socket);
      },
      message(socket, data) {
        if (data === "close me") socket.close(4002, "as you wish");
        else if (data === "drop me") socket.terminate();
        else socket.send(data);
      },
      close(socket, event) {
        closed.set(socket, event);
        onClose?.();
      },
    },
  );
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/`);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  http?.close();
});

beforeEach(() => {
  opened.length = 0;
  closed.clear();
});

/** Sends a text from the page. @returns what comes back, and whether it is text */
function echoText(text: string): Promise<string | undefined> {
  return page.evaluate(
    ([url = "", message = ""]) =>
      new Promise<string | undefined>((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send(message);
        socket.onmessage = ({ data }: MessageEvent<unknown>) => {
          socket.close();
          resolve(typeof data === "string" ? data : undefined);
        };
        socket.onclose = () => resolve(undefined);
      }),
    [server.url, text],
  );
}

/** Sends so many bytes from the page. @returns whether the same came back as binary */
function echoesBytes(length: number): Promise<boolean> {
  return page.evaluate(
    ([url, size]) =>
      new Promise<boolean>((resolve) => {
        const bytes = Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8));
        const socket = new WebSocket(url);
        socket.binaryType = "arraybuffer";
        socket.onopen = () => socket.send(bytes);
        socket.onmessage = ({ data }: MessageEvent<unknown>) => {
          socket.close();
          const back = data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
          resolve(back?.length === size && back.every((byte, i) => byte === bytes[i]));
        };
        socket.onclose = () => resolve(false);
      }),
    [server.url, length] as const,
  );
}

/** How a connection of the page ends that sends a text, or closes with a code. */
function endOf(step: { send?: string; code?: number; reason?: string }): Promise<PageClose> {
  return page.evaluate(
    ([url, { send, code, reason }]) =>
      new Promise<PageClose>((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => {
          if (send === undefined) socket.close(code, reason);
          else socket.send(send);
        };
        socket.onclose = (event) => {
          resolve({ code: event.code, reason: event.reason, wasClean: event.wasClean });
        };
      }),
    [server.url, step] as const,
  );
}

/** How the test's only connection ended for the server. */
async function serverClose(): Promise<CloseEvent> {
  const [socket] = opened;
  if (socket === undefined) throw new Error("no connection was opened");
  for (;;) {
    const event = closed.get(socket);
    if (event !== undefined) return event;
    await new Promise<void>((resolve) => {
      onClose = resolve;
    });
  }
}

describe("Chromium's WebSocket", () => {
  test.each([
    ["ASCII", "hello"],
    ["nothing", ""],
    ["emoji", "🙂👩‍👩‍👧‍👦🏳️‍🌈 κόσμε \u0000 \uffff"],
    ["1 MiB", "0123456789abcdef".repeat(1 << 16)],
    ["1 MiB of emoji", "🙂".repeat(1 << 18)],
  ])("text comes back: %s", async (_name, text) => {
    expect((await echoText(text)) === text).toBe(true);
  });

  test.each([0, 1, 125, 126, 65_535, 65_536, 1 << 20])("%i bytes come back", async (length) => {
    expect(await echoesBytes(length)).toBe(true);
  });

  test("messages keep their order and their types", async () => {
    const kinds = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.binaryType = "arraybuffer";
          let seen = "";
          socket.onopen = () => {
            for (let i = 0; i < 1000; i++) {
              if (i % 3 === 0) socket.send(new Uint8Array(i));
              else socket.send(`${i}`);
            }
          };
          socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
            seen += typeof data === "string" ? `${data},` : `[${data.byteLength}],`;
            if (data === "998") socket.close();
          };
          socket.onclose = () => resolve(seen);
        }),
      server.url,
    );
    const expected = Array.from({ length: 999 }, (_, i) => (i % 3 === 0 ? `[${i}],` : `${i},`));
    expect(kinds).toBe(expected.join(""));
  });

  test("the subprotocol is one that both speak", async () => {
    const protocol = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url, ["other", "chat"]);
          socket.onopen = () => {
            resolve(socket.protocol);
            socket.close();
          };
          socket.onclose = () => resolve("closed");
        }),
      server.url,
    );
    expect(protocol).toBe("chat");
    expect(opened[0]?.protocol).toBe("chat");
  });

  test("its offer of permessage-deflate is declined", async () => {
    const extensions = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => {
            resolve(`"${socket.extensions}"`);
            socket.close();
          };
          socket.onclose = () => resolve("closed");
        }),
      server.url,
    );
    expect(extensions).toBe('""');
  });

  test("its close code and reason arrive", async () => {
    expect(await endOf({ code: 4001, reason: "ενώ" })).toMatchObject({ code: 4001, wasClean: true });
    expect(await serverClose()).toMatchObject({ code: 4001, reason: "ενώ", wasClean: true });
  });

  test("a close without a code arrives as 1005", async () => {
    expect(await endOf({})).toMatchObject({ code: 1005, wasClean: true });
    expect(await serverClose()).toMatchObject({ code: 1005, reason: "", wasClean: true });
  });

  test("the server's close code and reason arrive", async () => {
    const expected = { code: 4002, reason: "as you wish", wasClean: true };
    expect(await endOf({ send: "close me" })).toEqual(expected);
    expect(await serverClose()).toMatchObject({ code: 4002, wasClean: true });
  });

  test("a message over the limit fails the connection with 1009", async () => {
    expect(await endOf({ send: "x".repeat((1 << 20) + 1) })).toMatchObject({ code: 1009 });
    expect(await serverClose()).toMatchObject({ failure: { code: "MESSAGE_TOO_LONG" } });
  });

  test("a connection that the server drops is 1006", async () => {
    expect(await endOf({ send: "drop me" })).toMatchObject({ code: 1006, wasClean: false });
  });

  test("a page of another origin is not let in", async () => {
    const stranger = await browser.newPage();
    await stranger.goto("about:blank");
    const code = await stranger.evaluate(
      (url) =>
        new Promise<number>((resolve) => {
          new WebSocket(url).onclose = (event) => resolve(event.code);
        }),
      server.url,
    );
    await stranger.close();
    expect(code).toBe(1006);
    expect(opened).toEqual([]);
  });
});
