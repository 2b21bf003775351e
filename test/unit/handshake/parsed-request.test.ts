// Requests that another parser has read.
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { checkUpgrade } from "../../../src/handshake/index.js";
import { requestHeadOf } from "../../../src/handshake/parsed-request.js";
import { HeaderList } from "../../../src/http/header-list.js";
import { EXAMPLE, wire } from "./every-cut.js";

const FIELDS = EXAMPLE.slice(1).map((line): [string, string] => {
  const at = line.indexOf(": ");
  return [line.slice(0, at), line.slice(at + 2)];
});

const without = (name: string) => FIELDS.filter(([each]) => each !== name);

describe("a request that Node has read", () => {
  const undo: (() => void)[] = [];

  afterEach(() => {
    for (const each of undo.splice(0)) each();
  });

  test("is checked as if it had come as bytes (RFC 6455 section 4.2.1)", async () => {
    const server = createServer();
    const upgraded = new Promise<IncomingMessage>((resolve) => {
      server.once("upgrade", (request, socket) => {
        socket.destroy();
        resolve(request);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const client = connect(address.port, "127.0.0.1");
    client.on("error", () => {});
    undo.push(
      () => server.close().closeAllConnections(),
      () => client.destroy(),
    );
    client.write(wire(EXAMPLE));
    expect(checkUpgrade(requestHeadOf(await upgraded))).toMatchObject({
      type: "upgrade",
      path: "/chat",
      host: "server.example.com",
      origin: "http://jima.in",
      protocols: ["chat", "superchat"],
      key: "x3JJHMbDL1EzLkh9GBhXDw==",
    });
  });

  const rawHeaders = FIELDS.flat();

  test.each<[string, string, number]>([
    ["1.0", "/chat", 400],
    ["1.1", "/a#b", 400],
    ["1.1", "/\u00e9", 400],
    ["1.1", "/a b", 400],
    ["1.1", "/a\r\nb", 400],
    ["1.1", "", 400],
  ])("in HTTP/%s for %j gets %i all the same", (httpVersion, url, status) => {
    const head = requestHeadOf({ method: "GET", url, httpVersion, rawHeaders });
    expect(checkUpgrade(head)).toMatchObject({ type: "refusal", status });
  });

  test("keeps two fields of a name apart", () => {
    const twice = [...rawHeaders, "Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="];
    const head = requestHeadOf({ method: "GET", url: "/", httpVersion: "1.1", rawHeaders: twice });
    expect(checkUpgrade(head)).toMatchObject({ status: 400 });
  });

  test("without method and target is none", () => {
    expect(checkUpgrade(requestHeadOf({ httpVersion: "1.1", rawHeaders }))).toMatchObject({ status: 405 });
  });
});

describe("a Request", () => {
  test("is checked as if it had come as bytes", () => {
    const request = new Request("http://server.example.com/chat?a=1", { headers: FIELDS });
    expect(checkUpgrade(requestHeadOf(request))).toMatchObject({
      type: "upgrade",
      target: "/chat?a=1",
      path: "/chat",
      query: "a=1",
      host: "server.example.com",
      protocols: ["chat", "superchat"],
    });
  });

  test("that has no Host is for the host of its URL", () => {
    const headers = without("Host");
    const request = new Request("https://other.example:8443/", { headers });
    expect(checkUpgrade(requestHeadOf(request))).toMatchObject({
      type: "upgrade",
      host: "other.example:8443",
    });
  });

  test.each(["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])(
    "without %s is refused",
    (name) => {
      const request = new Request("http://a/", { headers: without(name) });
      expect(checkUpgrade(requestHeadOf(request)).type).toBe("refusal");
    },
  );

  test("of which only headers, method and URL are read may be any object", () => {
    const head = requestHeadOf({ method: "PUT", url: "http://a/b", headers: [["X", "1"]] });
    expect(head).toEqual({
      method: "PUT",
      target: "/b",
      httpVersion: "1.1",
      headers: HeaderList.from(["Host", "a", "X", "1"]),
    });
  });
});
