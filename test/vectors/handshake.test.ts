// The rules of the opening handshake, for a server and a client.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { parseExtensions } from "../../src/handshake/extensions.js";
import {
  type Accepted,
  buildAccept,
  buildRefusal,
  buildRequest,
  checkResponse,
  checkUpgrade,
  type HandshakeFailure,
  type HandshakeOffer,
  HeadParser,
  selectSubprotocol,
} from "../../src/handshake/index.js";
import {
  accepted,
  add,
  change,
  EXAMPLE,
  everyCut,
  latin1,
  refused,
  serve,
  wire,
} from "../unit/handshake/every-cut.js";

const KEY = "x3JJHMbDL1EzLkh9GBhXDw==";
const ACCEPT = "HSmrc0sMlYUkAGmm5OPpG2HaGWk=";
const decoder = new TextDecoder();

describe("opening handshake, as a server", () => {
  test("a good request gets a 101 with the accept value, byte for byte (RFC 6455 section 1.3)", () => {
    const request = accepted(wire(EXAMPLE));
    expect(request).toMatchObject({
      target: "/chat",
      path: "/chat",
      query: undefined,
      host: "server.example.com",
      origin: "http://jima.in",
      key: KEY,
      protocols: ["chat", "superchat"],
      extensions: [],
    });
    const protocol = selectSubprotocol(request.protocols, ["superchat", "chat"]);
    expect(decoder.decode(buildAccept(request, { protocol }))).toBe(
      wire([
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Accept: ${ACCEPT}`,
        "Sec-WebSocket-Protocol: chat",
      ]),
    );
  });

  test("the RFC's other key has the RFC's other answer (RFC 6455 section 4.2.2)", () => {
    const request = accepted(change("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
    expect(decoder.decode(buildAccept(request))).toBe(
      wire([
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
      ]),
    );
  });

  test.each(["POST", "get", "HEAD", "OPTIONS", "CONNECT"])(
    "method %s is answered 405 with Allow (RFC 6455 section 4.1, RFC 9110 section 15.5.6)",
    (method) => {
      const refusal = refused(change("GET", `${method} /chat HTTP/1.1`));
      expect(refusal).toMatchObject({ status: 405, headers: { Allow: "GET" } });
      expect(decoder.decode(buildRefusal(refusal))).toBe(
        "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
          "Content-Length: 22\r\nAllow: GET\r\n\r\nthe method is not GET\n",
      );
    },
  );

  test("HTTP/1.0 is answered 400 (RFC 6455 section 4.1)", () => {
    expect(refused(change("GET", "GET /chat HTTP/1.0")).status).toBe(400);
  });

  test.each(["HTTP/1.2", "HTTP/1.3", "HTTP/1.9"])(
    "%s is answered as HTTP/1.1 (RFC 9110 section 2.5)",
    (version) => {
      expect(accepted(change("GET", `GET /chat ${version}`))).toEqual(accepted(wire(EXAMPLE)));
    },
  );

  test.each(["HTTP/2.0", "HTTP/0.9", "HTTP/3.1"])(
    "%s is answered 505 (RFC 9110 section 15.6.6)",
    (version) => {
      expect(refused(change("GET", `GET /chat ${version}`)).status).toBe(505);
    },
  );

  test("no Host is answered 400 (RFC 6455 section 4.2.1, RFC 9112 section 3.2)", () => {
    expect(refused(change("Host")).status).toBe(400);
  });

  test("two Hosts are answered 400 (RFC 9112 section 3.2)", () => {
    expect(refused(add("host: server.example.com")).status).toBe(400);
  });

  test.each([
    ...["", "a b", "a/b", "user@a", "a:b", "a:80:80", "a#b", "a\xe9", ":80"],
    ...["[::1", "[]", "[", "[:80", "[::1@", "[::1@:80"],
  ])("Host %j is answered 400 (RFC 9112 section 3.2)", (host) => {
    expect(refused(change("Host", `Host: ${host}`)).status).toBe(400);
  });

  test.each(["localhost:8080", "[::1]:8080", "[::1]", "127.0.0.1", "x-y_z.example", "a:"])(
    "Host %j is accepted (RFC 9110 section 7.2)",
    (host) => {
      expect(accepted(change("Host", `Host: ${host}`)).host).toBe(host);
    },
  );

  test.each([
    "GET /chat",
    "GET  /chat HTTP/1.1",
    "GET /chat  HTTP/1.1",
    "GET\t/chat HTTP/1.1",
    " GET /chat HTTP/1.1",
    "GET /chat HTTP/1.1 ",
    "GET /chat http/1.1",
    "GET /chat HTTP/1.1x",
    "GET /chat HTTP/1.10",
    "GET /chat HTTPS/1.1",
    "GET /cha t HTTP/1.1",
    "GET /chat#fragment HTTP/1.1",
    "GET /ch\xe4t HTTP/1.1",
    "GET /ch\x00t HTTP/1.1",
    "GET /ch\x7ft HTTP/1.1",
    "GET  HTTP/1.1",
    "G@T /chat HTTP/1.1",
    "\r\n\r\nGET /chat HTTP/1.1",
    "",
    "\x16\x03\x01\x02\x00\x01",
  ])("the malformed request line %j is answered 400 (RFC 9112 section 3)", (line) => {
    expect(refused(change("GET", line)).status).toBe(400);
  });

  test("an empty line in front of the request line is passed over (RFC 9112 section 2.2)", () => {
    expect(accepted(`\r\n${wire(EXAMPLE)}`)).toEqual(accepted(wire(EXAMPLE)));
  });

  test.each([
    ...["chat", "*", "server.example.com:80", "ftp://server.example.com/chat", "?chat"],
    // The authority, but not where it stands in a URI.
    ...["server.example.com/chat", "xserver.example.com/chat"],
  ])("the target %j, neither a path nor an http URI, is answered 400 (RFC 6455 section 4.2.1)", (target) => {
    expect(refused(change("GET", `GET ${target} HTTP/1.1`)).status).toBe(400);
  });

  test.each([
    ["/", "/", undefined],
    ["/chat?a=1?b#".slice(0, -1), "/chat", "a=1?b"],
    ["/chat?", "/chat", ""],
    ["//evil.example/chat", "//evil.example/chat", undefined],
    ["/.%2e/|`{}?|`{}%2e/..", "/|%60%7B%7D", "|`{}%2e/.."],
    ["/a/../../admin/./x/..", "/admin/", undefined],
    ["/a%2F%2e%2e/b\\c\\..\\d", "/a%2F%2e%2e/b/d", undefined],
    ["/.../.well-known/a.b?'<>\"", "/.../.well-known/a.b", "%27%3C%3E%22"],
    ["http://server.example.com/..\\chat/%2E", "/chat/", undefined],
    ["http://server.example.com/chat?x", "/chat", "x"],
    ["HTTPS://Server.Example.com", "/", undefined],
    ["http://server.example.com?x", "/", "x"],
  ])("the target %j is a path of this host and no other (RFC 6455 section 4.2.1)", (target, path, query) => {
    const request = accepted(change("GET", `GET ${target} HTTP/1.1`));
    expect(request).toMatchObject({ target, path, query, host: "server.example.com" });
  });

  test.each([
    "http://evil.example/chat",
    "http://server.example.com.evil.example/chat",
    "http://server.example.com@evil.example/chat",
    "http://user@server.example.com/chat",
    "http://server.example.com:81/chat",
    "http:///chat",
    "http://",
  ])("the absolute target %j of another authority is answered 400 (RFC 9112 section 3.2.2)", (target) => {
    expect(refused(change("GET", `GET ${target} HTTP/1.1`)).status).toBe(400);
  });

  test.each([
    "No-Colon",
    ": no name",
    "Space : before",
    "Tab\t: before",
    "In valid: name",
    "Par(en: x",
    "\xc4: x",
    "A: nul\x00",
    "A: bell\x07",
    "A: del\x7f",
    "A: escape\x1b[0m",
  ])("the malformed header line %j is answered 400 (RFC 9112 section 5)", (line) => {
    expect(refused(add(line)).status).toBe(400);
  });

  test.each(["A: b\r\n c", "A: b\r\n\tc", "A:\r\n b"])(
    "the folded line %j is answered 400 (RFC 9112 section 5.2)",
    (line) => {
      expect(refused(add(line)).status).toBe(400);
    },
  );

  test("a line folded before the first header is answered 400 (RFC 9112 section 2.2)", () => {
    expect(refused(change("Host", " X: y", "Host: a")).status).toBe(400);
  });

  test.each(["A: b\rc", "A: b\nC: d", "A: b\r\rC: d", "A: b\n\r", "A\r: b", "A\n: b", "A: \r b", "A:\nb"])(
    "the bare CR or LF in %j is answered 400 (RFC 9112 section 2.2)",
    (line) => {
      expect(refused(add(line)).status).toBe(400);
    },
  );

  test("a head of bare LFs is answered 400 (RFC 9112 section 2.2)", () => {
    expect(refused(wire(EXAMPLE).replaceAll("\r\n", "\n")).status).toBe(400);
  });

  test("a bare CR in place of the empty line is answered 400 (RFC 9112 section 2.2)", () => {
    expect(refused(`${EXAMPLE.join("\r\n")}\r\n\rX`).status).toBe(400);
  });

  test("bytes from 0x80 up in a value are kept, one for one (RFC 9110 section 5.5)", () => {
    const all = Array.from({ length: 128 }, (_, i) => String.fromCharCode(0x80 + i)).join("");
    expect(accepted(add(`X: ${all}`)).headers.get("x")).toBe(all);
    for (const line of ["X: \xe4", "X:\xe4"]) expect(accepted(add(line)).headers.get("x")).toBe("\xe4");
  });

  test("white space around a value is not part of it (RFC 9112 section 5.1)", () => {
    const { headers } = accepted(add("A: \t b \tc\t ", "B:", "C: \t", "D:e"));
    expect(["a", "b", "c", "d"].map((name) => headers.get(name))).toEqual(["b \tc", "", "", "e"]);
  });

  test.each([
    ["Upgrade"],
    ["Upgrade", "Upgrade: h2c"],
    ["Upgrade", "Upgrade: websocket/13"],
    ["Upgrade", "Upgrade: web socket"],
    ["Upgrade", "Upgrade: web\u017focket".replace("\u017f", "\xbf")],
    ["Upgrade", "Upgrade: "],
    ["Connection"],
    ["Connection", "Connection: keep-alive"],
    ["Connection", "Connection: upgraded, keep upgrade"],
    ["Connection", "Connection: close"],
  ])("a request without an upgrade, %j, is answered 426 (RFC 6455 section 4.2.1)", (start, ...lines) => {
    const refusal = refused(change(start ?? "", ...lines));
    expect(refusal).toMatchObject({ status: 426, headers: { Upgrade: "websocket" } });
    const answer = decoder.decode(buildRefusal(refusal));
    expect(answer).toContain("HTTP/1.1 426 Upgrade Required\r\n");
    expect(answer).toContain("\r\nConnection: close, Upgrade\r\n");
    expect(answer).toContain("\r\nUpgrade: websocket\r\n");
  });

  test.each([
    ["Upgrade", "Upgrade: WebSocket"],
    ["Upgrade", "Upgrade: h2c,\twebsocket"],
    ["Upgrade", "upgrade: h2c", "UPGRADE: websocket"],
    ["Connection", "Connection: keep-alive, Upgrade"],
    ["Connection", "connection: UPGRADE"],
    ["Connection", "Connection: keep-alive", "Connection: , upgrade ,"],
  ])("the list in %j is compared without case (RFC 6455 section 4.2.1)", (start, ...lines) => {
    expect(serve(change(start ?? "", ...lines)).type).toBe("upgrade");
  });

  test.each([
    [],
    ["Sec-WebSocket-Key:"],
    [`Sec-WebSocket-Key: ${KEY}`, `Sec-WebSocket-Key: ${KEY}`],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw"],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw="],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXD==="],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDwA="],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDwAA"],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9-_hXDw=="],
    ["Sec-WebSocket-Key: x3JJ HMbDL1EzLkh9GBhXD=="],
    ["Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBh\xe4Dw=="],
  ])("the key in %j is answered 400 (RFC 6455 sections 4.2.1 and 11.3.1)", (...lines) => {
    expect(refused(change("Sec-WebSocket-Key", ...lines)).status).toBe(400);
  });

  test.each([
    // The example of section 4.1.
    "AQIDBAUGBwgJCgsMDQ4PEC==",
    "x3JJHMbDL1EzLkh9GBhXDx==",
    "dGhlIHNhbXBsZSBub25jZf==",
  ])("the key %j is taken as it was sent, canonical or not (RFC 6455 section 4.1)", (key) => {
    const request = accepted(change("Sec-WebSocket-Key", `Sec-WebSocket-Key: ${key}`));
    expect(request.key).toBe(key);
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    expect(decoder.decode(buildAccept(request))).toContain(`\r\nSec-WebSocket-Accept: ${accept}\r\n`);
  });

  test.each([
    ["100-continue", true],
    ["100-Continue", true],
    [", 100-CONTINUE ,x", true],
    ["", false],
    ["nothing", false],
    ["100-continued", false],
  ])("Expect: %s is answered with 100 before 101: %s (RFC 9110 section 7.8)", (expectation, first) => {
    const request = accepted(add(`Expect: ${expectation}`));
    for (const options of [{}, { protocol: "chat" }, { headers: { X: "y" } }]) {
      const plain = decoder.decode(buildAccept(accepted(wire(EXAMPLE)), options));
      expect(decoder.decode(buildAccept(request, options))).toBe(
        `${first ? "HTTP/1.1 100 Continue\r\n\r\n" : ""}${plain}`,
      );
    }
  });

  test.each([
    [],
    ...["", "0xd", "13.0", "8", "013", "+13", "13, 8", "1 3", "14", "130"].map((version) => [
      `Sec-WebSocket-Version: ${version}`,
    ]),
    ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"],
  ])("the version in %j is answered 426 with the version (RFC 6455 sections 4.2.2 and 4.4)", (...lines) => {
    const refusal = refused(change("Sec-WebSocket-Version", ...lines));
    expect(refusal).toMatchObject({ status: 426, headers: { "Sec-WebSocket-Version": "13" } });
    expect(decoder.decode(buildRefusal(refusal))).toContain("\r\nSec-WebSocket-Version: 13\r\n");
  });

  test.each([
    ["Content-Length: 1"],
    ["Content-Length: 00"],
    ["Content-Length: -0"],
    ["Content-Length:"],
    ["Content-Length: 0, 0"],
    ["Content-Length: 0", "Content-Length: 5"],
    ["Transfer-Encoding: chunked"],
    ["Transfer-Encoding: identity"],
    ["Transfer-Encoding:"],
    ["content-length: 0", "transfer-encoding: chunked"],
  ])("the content in %j is answered 400 (RFC 9112 section 6)", (...lines) => {
    expect(refused(add(...lines)).status).toBe(400);
  });

  test("Content-Length: 0 is accepted (RFC 9112 section 6.2)", () => {
    expect(serve(add("Content-Length: 0")).type).toBe("upgrade");
  });

  test.each([
    ["Sec-WebSocket-Protocol:"],
    ["Sec-WebSocket-Protocol: ,"],
    ["Sec-WebSocket-Protocol: ,\t, ,"],
    ["Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: ,"],
    ["Sec-WebSocket-Protocol: chat, chat"],
    ["Sec-WebSocket-Protocol: chat,,chat"],
    ["Sec-WebSocket-Protocol: chat,,super chat"],
    ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"],
    ["Sec-WebSocket-Protocol: super chat"],
    ["Sec-WebSocket-Protocol: chat;v=1"],
    ['Sec-WebSocket-Protocol: "chat"'],
    ["Sec-WebSocket-Protocol: ch\xe4t"],
  ])("the subprotocols in %j are answered 400 (RFC 6455 section 4.1)", (...lines) => {
    expect(refused(change("Sec-WebSocket-Protocol", ...lines)).status).toBe(400);
  });

  test("subprotocols of several headers are one list (RFC 6455 section 11.3.4)", () => {
    const request = accepted(
      change(
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Protocol: b ,\ta",
        "sec-websocket-protocol: c,Chat,chat",
      ),
    );
    expect(request.protocols).toEqual(["b", "a", "c", "Chat", "chat"]);
  });

  test.each([
    ["Sec-WebSocket-Protocol: chat,"],
    ["Sec-WebSocket-Protocol: ,chat"],
    ["Sec-WebSocket-Protocol:  , ,\t,chat,, "],
    ["Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: chat"],
    ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: ,"],
    [`Sec-WebSocket-Protocol: ${",".repeat(10_000)}chat`],
  ])("empty elements of the list in %j are skipped (RFC 9110 section 5.6.1)", (...lines) => {
    const text = change("Sec-WebSocket-Protocol", ...lines);
    const result = new HeadParser("request").push(latin1(text));
    if (result.type !== "head") throw new Error(result.type);
    expect(checkUpgrade(result.head)).toMatchObject({ type: "upgrade", protocols: ["chat"] });
  });

  test("no subprotocol is sent if none fits (RFC 6455 section 4.2.2)", () => {
    const request = accepted(wire(EXAMPLE));
    const protocol = selectSubprotocol(request.protocols, ["Chat", "other"]);
    expect(protocol).toBeUndefined();
    expect(decoder.decode(buildAccept(request, { protocol }))).not.toContain("Protocol:");
  });

  test.each([
    "",
    ",",
    ",\t,",
    ",;a",
    "foo,,b=1",
    ";a",
    "foo;",
    "foo; =1",
    "foo; a=",
    "foo; a==1",
    "foo; a=1 2",
    "foo bar",
    'foo; a="',
    'foo; a="b',
    'foo; a="b\\"',
    'foo; a=""',
    'foo; a="b c"',
    'foo; a="b"c',
    'foo; a="b,c"',
    'foo; a="\xe4"',
    '"foo"',
    "f\xf6\xf6",
  ])("the extensions %j are answered 400 (RFC 6455 section 9.1)", (value) => {
    expect(refused(add(`Sec-WebSocket-Extensions: ${value}`)).status).toBe(400);
  });

  test.each([
    ["foo,", "foo"],
    [",foo", "foo"],
    ["foo,,bar", "foo", "bar"],
    [" ,\t, foo; a=1 , ,bar,\t", "foo", "bar"],
    [`${",".repeat(10_000)}foo`, "foo"],
  ])("empty elements of the extensions %j are skipped (RFC 9110 section 5.6.1)", (value, ...names) => {
    expect(parseExtensions([value])?.map(({ name }) => name)).toEqual(names);
    expect(parseExtensions(["", value, ","])?.map(({ name }) => name)).toEqual(names);
  });

  test("extensions of several headers are one list, and are all declined (RFC 6455 section 9.1)", () => {
    const request = accepted(
      add(
        "Sec-WebSocket-Extensions: unknown ; a = 1;b;a=2",
        'Sec-WebSocket-Extensions: permessage-deflate; x="\\1\\5";y="a\\bc",permessage-deflate',
      ),
    );
    expect(request.extensions).toEqual([
      {
        name: "unknown",
        parameters: [
          { name: "a", value: "1" },
          { name: "b", value: undefined },
          { name: "a", value: "2" },
        ],
      },
      {
        name: "permessage-deflate",
        parameters: [
          { name: "x", value: "15" },
          { name: "y", value: "abc" },
        ],
      },
      { name: "permessage-deflate", parameters: [] },
    ]);
    expect(decoder.decode(buildAccept(request))).not.toContain("Extensions");
  });

  test.each(["a\r\nX: y", "a\rb", "a\nb", "a\0b", "caf\xe9", "\u{1f600}", "a\x7f"])(
    "a chosen header with the value %j throws and is never sent (RFC 9110 section 5.5)",
    (value) => {
      const request = accepted(wire(EXAMPLE));
      expect(() => buildAccept(request, { headers: { "X-Name": value } })).toThrow(TypeError);
      expect(() => buildAccept(request, { headers: [["X-Name", value]] })).toThrow(TypeError);
      expect(() => buildRefusal({ status: 400, headers: { "X-Name": value } })).toThrow(TypeError);
    },
  );

  test.each(["a\r\nX", "a:b", "a b", "", "caf\xe9"])(
    "a chosen header with the name %j throws and is never sent (RFC 9110 section 5.1)",
    (name) => {
      const request = accepted(wire(EXAMPLE));
      expect(() => buildAccept(request, { headers: { [name]: "x" } })).toThrow(TypeError);
      expect(() => buildRefusal({ status: 400, headers: { [name]: "x" } })).toThrow(TypeError);
    },
  );

  test.each(["chat\r\nX: y", "ch\xe4t", "", "other", "CHAT"])(
    "the chosen subprotocol %j, not one of those offered, throws and is never sent (RFC 6455 section 4.2.2)",
    (protocol) => {
      const request = accepted(wire(EXAMPLE));
      expect(() => buildAccept(request, { protocol })).toThrow(TypeError);
      const forged = { key: KEY, protocols: [protocol] };
      if (protocol !== "other" && protocol !== "CHAT") {
        expect(() => buildAccept(forged, { protocol })).toThrow(TypeError);
      }
    },
  );

  test("a head of exactly 16 KiB is read, one of a byte more is answered 431 (RFC 6585 section 5)", () => {
    const rest = add("X: ").length;
    const fitting = add(`X: ${"x".repeat(16_384 - rest)}`);
    expect(fitting.length).toBe(16_384);
    for (const [head, status] of [
      [fitting, undefined],
      [add(`X: ${"x".repeat(16_385 - rest)}`), 431],
    ] as const) {
      for (const size of [1, 1000, 16_383, 16_384, 100_000]) {
        expect(statusInChunks(head, size)).toBe(status);
      }
    }
  });

  test("a head that never ends is answered 431 at 16 KiB (RFC 6585 section 5)", () => {
    expect(statusInChunks(`GET /${"x".repeat(16_384 - 5)}`, 100)).toBe(431);
    expect(statusInChunks(`GET /${"x".repeat(16_383 - 5)}`, 100)).toBe("more");
    expect(statusInChunks("G".repeat(20_000), 20_000)).toBe(431);
  });

  test("a head of 100 header lines is read, one of 101 is answered 431 (RFC 6585 section 5)", () => {
    const more = Array.from({ length: 101 - EXAMPLE.length }, (_, i) => `X-${i}: y`);
    expect(accepted(add(...more)).headers.size).toBe(100);
    expect(refused(add(...more, "X: y")).status).toBe(431);
  });

  test("frames in the same segment as the request are handed on (RFC 6455 section 4.2.2)", () => {
    const frames = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    const outcome = everyCut("request", wire(EXAMPLE) + frames);
    expect(outcome.rest).toBe(frames);
    expect(outcome.headBytes).toBe(wire(EXAMPLE).length);
  });

  test.each([
    ["http://jima.in", ["http://jima.in"], true],
    ["HTTP://Jima.IN", ["http://jima.in"], true],
    ["http://jima.in", ["http://other.example", "HTTP://JIMA.IN"], true],
    ["null", ["null"], true],
    ["null", ["http://jima.in"], false],
    ["http://jima.in", [], false],
    ["https://jima.in", ["http://jima.in"], false],
    ["http://jima.in:8080", ["http://jima.in"], false],
    ["http://jima.in.evil.example", ["http://jima.in"], false],
    ["http://evil.example/http://jima.in", ["http://jima.in"], false],
    ["http://evil-jima.in", ["http://jima.in"], false],
    ["http://jima.in, http://jima.in", ["http://jima.in"], false],
    ["http://jima.in http://jima.in", ["http://jima.in"], false],
    ["", ["http://jima.in", undefined], false],
    ["__proto__", ["http://jima.in"], false],
  ])("Origin %j with the list %j: %j (RFC 6455 sections 4.2.2 and 10.2)", (origin, origins, allowed) => {
    const result = serve(change("Origin", `Origin: ${origin}`), { origins });
    expect(result).toMatchObject(allowed ? { type: "upgrade", origin } : { type: "refusal", status: 403 });
  });

  test("no Origin passes a list only if the list says so (RFC 6455 section 4.2.1)", () => {
    expect(refused(change("Origin"), { origins: ["http://jima.in"] }).status).toBe(403);
    expect(accepted(change("Origin"), { origins: ["http://jima.in", undefined] }).origin).toBeUndefined();
    expect(accepted(change("Origin")).origin).toBeUndefined();
  });

  test("two Origins are answered 400 (RFC 6454 section 7.3)", () => {
    expect(refused(add("Origin: http://jima.in")).status).toBe(400);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
    "%s is an ordinary string as any name or value (RFC 9110 section 5.1)",
    (word) => {
      const request = accepted(
        change(
          "Sec-WebSocket-Protocol",
          `Sec-WebSocket-Protocol: ${word}`,
          `${word}: ${word}`,
          `Sec-WebSocket-Extensions: ${word}; ${word}=${word}`,
        ),
      );
      expect(request.headers.get(word)).toBe(word);
      expect(request.headers.toObject()[word.toLowerCase()]).toBe(word);
      expect(request.protocols).toEqual([word]);
      expect(request.extensions).toEqual([{ name: word, parameters: [{ name: word, value: word }] }]);
      expect(selectSubprotocol(request.protocols, [])).toBeUndefined();
      const answer = decoder.decode(buildAccept(request, { protocol: word, headers: [[word, word]] }));
      expect(answer).toContain(`\r\nSec-WebSocket-Protocol: ${word}\r\n${word}: ${word}\r\n`);
      const without = accepted(wire(EXAMPLE)).headers;
      expect([without.get(word), without.has(word), without.count(word)]).toEqual([undefined, false, 0]);
      expect(without.toObject()[word]).toBeUndefined();
    },
  );

  test("a client that vanishes at any byte leaves nothing behind but its parser", () => {
    const bytes = latin1(wire(EXAMPLE));
    for (let end = 0; end < bytes.length; end++) {
      const parser = new HeadParser("request");
      expect(parser.push(bytes.subarray(0, end)).type).toBe("more");
      expect(parser.retainedBytes).toBeLessThanOrEqual(Math.max(512, 2 * end));
    }
  });

  test("checks have an order: the first that fails decides", () => {
    const wrong = [
      ["GET", "POST /chat HTTP/1.1", 405],
      ["Host", "Host: a b", 400],
      ["Upgrade", "Upgrade: no", 426],
      ["Sec-WebSocket-Key", "Sec-WebSocket-Key: no", 400],
      ["Sec-WebSocket-Version", "Sec-WebSocket-Version: no", 426],
      ["Connection", "Connection: Upgrade\r\nContent-Length: 5", 400],
      ["Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,", 400],
      ["Origin", "Origin: no", 403],
    ] as const;
    for (const [i, [, , status]] of wrong.entries()) {
      const lines = EXAMPLE.map(
        (line) => wrong.slice(i).find(([start]) => line.startsWith(start))?.[1] ?? line,
      );
      expect(refused(wire(lines), { origins: ["http://jima.in"] }).status).toBe(status);
    }
  });
});

function statusInChunks(head: string, size: number): number | string | undefined {
  const parser = new HeadParser("request");
  const bytes = latin1(head);
  for (let i = 0; i < bytes.length; i += size) {
    const result = parser.push(bytes.subarray(i, i + size));
    expect(parser.retainedBytes).toBeLessThanOrEqual(16_384);
    if (result.type === "failed") return result.status;
    if (result.type === "head") return undefined;
  }
  return "more";
}

const ANSWER = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
];

/** The example's answer, the line at `index` replaced, and lines added. */
function answer(index: number, ...lines: string[]): string {
  return wire(ANSWER.toSpliced(index, 1, ...lines));
}

function receive(text: string, expected: Partial<HandshakeOffer> = {}): Accepted | HandshakeFailure {
  expect(everyCut("response", text).failure).toBeUndefined();
  const result = new HeadParser("response").push(latin1(text));
  if (result.type !== "head") throw new Error(`the whole head gave ${result.type}`);
  return checkResponse(result.head, { key: KEY, ...expected });
}

describe("opening handshake, as a client", () => {
  test("the request is the RFC's, byte for byte (RFC 6455 sections 1.3 and 4.1)", () => {
    const request = buildRequest({
      host: "server.example.com",
      target: "/chat",
      key: KEY,
      protocols: ["chat", "superchat"],
      origin: "http://jima.in",
      headers: { Authorization: "Basic Og==" },
    });
    expect(decoder.decode(request)).toBe(
      wire([
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        `Sec-WebSocket-Key: ${KEY}`,
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Origin: http://jima.in",
        "Authorization: Basic Og==",
      ]),
    );
    expect(serve(decoder.decode(request)).type).toBe("upgrade");
  });

  test("a good answer opens the connection (RFC 6455 section 4.1)", () => {
    expect(receive(wire(ANSWER))).toMatchObject({ type: "accepted", protocol: undefined });
    const text = wire([...ANSWER, "Sec-WebSocket-Protocol: chat"]);
    expect(receive(text, { protocols: ["x", "chat"] })).toMatchObject({ type: "accepted", protocol: "chat" });
  });

  test.each(["Connection: keep-alive, Upgrade", "connection: upgrade,keep-alive"])(
    "%j is fine (RFC 6455 section 4.1)",
    (line) => {
      expect(receive(answer(2, line)).type).toBe("accepted");
    },
  );

  test("the case of Upgrade does not count (RFC 6455 section 4.1)", () => {
    expect(receive(answer(1, "UPGRADE: WebSocket")).type).toBe("accepted");
  });

  test.each([
    ["200 OK", 200],
    ["100 Continue", 100],
    ["401 Unauthorized", 401],
    ["302 Found", 302],
    ["426", 426],
    ["503 ", 503],
  ])("status %s fails, and is reported with its headers (RFC 6455 section 4.1)", (line, status) => {
    const failure = receive(answer(0, `HTTP/1.1 ${line}`, "Location: /x", "WWW-Authenticate: Basic"));
    expect(failure).toMatchObject({ type: "failure", code: "UNEXPECTED_STATUS", status });
    expect(failure.headers.get("location")).toBe("/x");
    expect(failure.headers.get("www-authenticate")).toBe("Basic");
  });

  test("a refusal in HTTP/1.0 is reported, a 101 in HTTP/1.0 is malformed (RFC 6455 section 4.1)", () => {
    const refusal = receive("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n");
    expect(refusal).toMatchObject({ code: "UNEXPECTED_STATUS", status: 404 });
    expect(everyCut("response", answer(0, "HTTP/1.0 101 Switching Protocols")).failure).toContain("400");
  });

  test.each<[number, string, ...string[]]>([
    [1, "INVALID_UPGRADE"],
    [1, "INVALID_UPGRADE", "Upgrade: h2c"],
    [1, "INVALID_UPGRADE", "Upgrade: websocket, h2c"],
    [1, "INVALID_UPGRADE", "Upgrade: websocket", "Upgrade: websocket"],
    [1, "INVALID_UPGRADE", "Upgrade:"],
    [2, "INVALID_CONNECTION"],
    [2, "INVALID_CONNECTION", "Connection: keep-alive"],
    [2, "INVALID_CONNECTION", "Connection: upgraded"],
    [3, "INVALID_ACCEPT"],
    [3, "INVALID_ACCEPT", "Sec-WebSocket-Accept:"],
    [3, "INVALID_ACCEPT", `Sec-WebSocket-Accept: ${ACCEPT.toLowerCase()}`],
    [3, "INVALID_ACCEPT", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
    [3, "INVALID_ACCEPT", ANSWER[3] ?? "", ANSWER[3] ?? ""],
  ])(
    "an answer whose line %i is wrong or missing fails with %s (RFC 6455 section 4.1)",
    (index, code, ...lines) => {
      expect(receive(answer(index, ...lines))).toMatchObject({ type: "failure", code, status: 101 });
    },
  );

  test.each(["permessage-deflate", "", "foo; a=1"])(
    "the extension %j that was not asked for fails (RFC 6455 section 4.1)",
    (value) => {
      const failure = receive(wire([...ANSWER, `Sec-WebSocket-Extensions: ${value}`]));
      expect(failure).toMatchObject({ type: "failure", code: "UNREQUESTED_EXTENSION" });
    },
  );

  test.each([
    [["chat"], undefined],
    [["chat"], []],
    [["Chat"], ["chat"]],
    [[""], ["chat"]],
    [["chat, superchat"], ["chat", "superchat"]],
    [
      ["chat", "superchat"],
      ["chat", "superchat"],
    ],
    [["chat", "chat"], ["chat"]],
    [["__proto__"], ["chat"]],
  ])("the subprotocols %j when %j were asked for fail (RFC 6455 section 4.1)", (sent, protocols) => {
    const lines = sent.map((value) => `Sec-WebSocket-Protocol: ${value}`);
    const failure = receive(wire([...ANSWER, ...lines]), { protocols });
    expect(failure).toMatchObject({ type: "failure", code: "UNREQUESTED_SUBPROTOCOL" });
  });

  test.each([
    "HTTP/1.1 101Switching Protocols",
    "HTTP/1.1  101 Switching Protocols",
    "HTTP/1.1 10 Switching Protocols",
    "HTTP/1.1 1010 Switching Protocols",
    "HTTP/1.1 001 Switching Protocols",
    "HTTP/1.1\t101 Switching Protocols",
    "HTTP/1.1",
    "HTTP/2 101 Switching Protocols",
    "http/1.1 101 Switching Protocols",
    "ICY 200 OK",
    "HTTP/1.1 101 Switching\x00Protocols",
    "\r\nHTTP/1.1 101 Switching Protocols",
  ])("the status line %j is malformed (RFC 9112 section 4)", (line) => {
    expect(everyCut("response", answer(0, line)).failure).toMatch(/^(400|505) /);
  });

  test("a head over the limits fails (RFC 6455 section 10.4)", () => {
    expect(everyCut("response", wire(ANSWER), { maxHeadBytes: 64 }).failure).toBe(
      "431 the head is over 64 bytes",
    );
    expect(everyCut("response", wire(ANSWER), { maxHeaderLines: 2 }).failure).toMatch(/^431 /);
    expect(everyCut("response", wire(ANSWER), { maxHeaderLines: 3 }).failure).toBeUndefined();
  });

  test("frames behind the 101 in the same segment are handed on (RFC 6455 section 4.2.2)", () => {
    expect(everyCut("response", `${wire(ANSWER)}\x81\x05Hello`).rest).toBe("\x81\x05Hello");
  });
});
