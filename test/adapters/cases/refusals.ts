// What a refusal says besides its status.
import assert from "node:assert/strict";
import { HeaderList } from "../../../src/http/header-list.js";
import { latin1 } from "../raw-peer.js";
import { type Case, switching } from "../scene.js";
import { answering, failure } from "./dial.js";
import { URL_BEHIND } from "./proxy.js";

interface Row {
  readonly name: string;
  readonly answer: string;
  readonly status: number;
  readonly text: string;
  /** The server ends the connection behind its answer. */
  readonly ends?: boolean;
}

const LONG = "x".repeat(8 * 1024);

const ROWS: readonly Row[] = [
  {
    name: "of Content-Length",
    answer: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nWho are you?",
    status: 401,
    text: "Who are you?",
  },
  {
    name: "in chunks",
    answer:
      "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nNot \r\n4;x=1\r\nyou!\r\n0\r\n\r\n",
    status: 403,
    text: "Not you!",
  },
  {
    name: "up to the end of the connection",
    answer: "HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\nLater, please",
    status: 503,
    text: "Later, please",
    ends: true,
  },
  {
    name: "shorter than it promised",
    answer: "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nLat",
    status: 503,
    text: "Lat",
    ends: true,
  },
  {
    name: "longer than what is taken",
    answer: `HTTP/1.1 426 Upgrade Required\r\nContent-Length: 100000\r\n\r\n${LONG}${LONG}`,
    status: 426,
    text: LONG,
  },
  { name: "none", answer: "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", status: 403, text: "" },
  { name: "none, by its status", answer: "HTTP/1.1 304 Not Modified\r\n\r\nabc", status: 304, text: "" },
  {
    name: "without end or length, in a second",
    answer: "HTTP/1.1 404 Not Found\r\n\r\nNowh",
    status: 404,
    text: "Nowh",
  },
  {
    name: "of a redirect, which is not waited for",
    answer: "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 100\r\n\r\n",
    status: 302,
    text: "",
  },
];

export const refusalCases: readonly Case[] = [
  ...ROWS.flatMap(({ name, answer, status, text, ends = false }): Case[] => {
    const check = (error: Awaited<ReturnType<typeof failure>>, code: string): void => {
      assert.equal(error.code, code);
      assert.equal(error.status, status);
      assert.equal(error.text, text);
      assert.ok(error.body instanceof Uint8Array);
      assert.equal(error.body.length, text.length);
    };
    const server =
      (each: string): Case["run"] =>
      async (scene) => {
        const raw = await scene.rawServer(async (peer) => {
          await peer.head();
          await peer.write(answer);
          if (ends) peer.end();
        });
        if (each === "server") check(await failure(scene, raw.url), "UNEXPECTED_STATUS");
        else
          check(
            await failure(scene, URL_BEHIND, { proxy: raw.url.replace("ws:", "http:") }),
            "PROXY_REFUSED",
          );
        await raw.peers[0]?.gone();
      };
    const cases: Case[] = [{ name: `connect() tells a refusal's content: ${name}`, run: server("server") }];
    // A proxy's redirect is a refusal like any other.
    if (status !== 302) {
      cases.push({
        name: `connect() tells the content of a proxy's refusal: ${name}`,
        needs: ["proxy"],
        run: server("proxy"),
      });
    }
    return cases;
  }),
  {
    name: "connect() tells a refusal's content, byte by byte",
    async run(scene) {
      const server = await scene.rawServer(async (peer) => {
        await peer.head();
        const answer = "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xe2\x82\xac\r\n0\r\n\r\n";
        for (const byte of latin1(answer)) await peer.write(Uint8Array.of(byte));
      });
      assert.equal((await failure(scene, server.url)).text, "\u20ac");
    },
  },
  {
    name: "connect() gives up with the signal's reason while it hears a refusal out",
    async run(scene) {
      const control = new AbortController();
      const server = await scene.rawServer(async (peer) => {
        await peer.head();
        await peer.write("HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\nabc");
        control.abort(new Error("no longer wanted"));
      });
      const error = await failure(scene, server.url, { signal: control.signal });
      assert.equal(error.message, "no longer wanted");
      await server.peers[0]?.gone();
    },
  },
  {
    name: "connect() tells what a server of its own says",
    async run(scene) {
      const upgrade = () => ({ status: 403, body: "not today" });
      const server = await scene.serve({ upgrade }, {});
      assert.equal((await failure(scene, server.url)).text, "not today");
    },
  },
  {
    name: "connect() rejects, and ends the connection, if something breaks while it handles the answer",
    async run(scene) {
      const faults: readonly [object, string, unknown][] = [
        [HeaderList.prototype, "get", HeaderList.prototype.get],
        [HeaderList.prototype, "getAll", HeaderList.prototype.getAll],
      ];
      for (const [holder, name, original] of faults) {
        const server = await answering(scene, (head) => {
          Reflect.set(holder, name, () => {
            throw new RangeError("out of memory");
          });
          return switching(head);
        });
        const error = await failure(scene, server.url).finally(() => Reflect.set(holder, name, original));
        assert.equal(error.message, "out of memory");
        await server.peers[0]?.gone();
      }
    },
  },
];
