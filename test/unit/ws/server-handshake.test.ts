// Opening handshakes of `WebSocketServer`: the bytes of each answer are those of `ws`, on both read paths.
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type AnyServer,
  clientFrame,
  exchange,
  KEY,
  listen,
  OURS,
  portOf,
  prepare,
  REFERENCE,
  type ServerClass,
  shut,
  upgradeHead,
} from "../../support/ws-servers.js";

beforeAll(prepare);

let servers: AnyServer[] = [];

afterEach(async () => {
  await Promise.all(servers.map(shut));
  servers = [];
});

interface Case {
  readonly options?: object;
  readonly parts: readonly (string | Uint8Array)[];
  /** Whether the client ends its side behind the request. */
  readonly end?: boolean;
  /** The client ends its side when it gets this. */
  readonly until?: string;
}

const CLOSE = clientFrame(8, Uint8Array.of(3, 232));
const bytes = (text: string): string[] => [...text];

const ANSWERED: Record<string, Case> = {
  "another method": { parts: [upgradeHead({}, "POST / HTTP/1.1")] },
  "no Upgrade": { parts: [upgradeHead({ Upgrade: undefined, Connection: "close" })] },
  "Upgrade without Connection": { parts: [upgradeHead({ Connection: "close" })] },
  "another Upgrade": { parts: [upgradeHead({ Upgrade: "foo" })] },
  "no key": { parts: [upgradeHead({ "Sec-WebSocket-Key": undefined })] },
  "a bad key": { parts: [upgradeHead({ "Sec-WebSocket-Key": "P5l8BJcZwRc=" })] },
  "no version": { parts: [upgradeHead({ "Sec-WebSocket-Version": undefined })] },
  "version 12": { parts: [upgradeHead({ "Sec-WebSocket-Version": "12" })] },
  "version 8": { parts: [upgradeHead({ "Sec-WebSocket-Version": "8" }), CLOSE] },
  "version 13": { parts: [upgradeHead(), CLOSE] },
  "a head in many parts": { parts: [...bytes(upgradeHead()), CLOSE] },
  "an unhappy head in many parts": { parts: bytes(upgradeHead({ "Sec-WebSocket-Version": "12" })) },
  "frames behind the head": { parts: [Buffer.concat([Buffer.from(upgradeHead()), CLOSE])] },
  "a list in Connection": { parts: [upgradeHead({ Connection: "keep-alive, upgrade" }), CLOSE] },
  "Upgrade in capitals": { parts: [upgradeHead({ Upgrade: "WebSocket" }), CLOSE] },
  "no Host": { parts: [upgradeHead({ Host: undefined }), CLOSE] },
  "an absolute target": { parts: [upgradeHead({}, "GET http://localhost/a HTTP/1.1"), CLOSE] },
  "HTTP/1.0": { parts: [upgradeHead({}, "GET / HTTP/1.0"), CLOSE] },
  "an empty body": { parts: [upgradeHead({ "Content-Length": "0" }), CLOSE] },
  "an expectation": { parts: [upgradeHead({ Expect: "100-continue" }), CLOSE] },
  "a long head": { parts: [upgradeHead({ Cookie: "a".repeat(10_000) }), CLOSE] },
  "a head that is too long": { parts: [upgradeHead({ Cookie: "a".repeat(20_000) })] },
  "many lines": {
    parts: [upgradeHead(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`X-${i}`, "a"]))), CLOSE],
  },
  "no HTTP": { parts: ["hello\r\n\r\n"] },
  "no HTTP, in parts": { parts: ["GET / HTTP", "/1.1\r\nHost", " : a\r\n\r\n"] },
  "a fold": { parts: [upgradeHead({ "X-Folded": "a\r\n b" })] },
  "an end before the head": { parts: [], end: true },
  "an end in the head": { parts: ["GET / HTTP/1.1\r\nHost:"], end: true },
  "an end behind the head": { parts: [upgradeHead()], end: true },
  "a plain request": { parts: ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"] },
  "a plain request with a body": {
    parts: ["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\n", "a", "bc"],
  },
  "two plain requests": {
    parts: ["GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
  },
  "an upgrade behind a plain request": {
    parts: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", upgradeHead(), CLOSE],
  },
  "another path": { options: { path: "/chat" }, parts: [upgradeHead()] },
  "the path, with a query": {
    options: { path: "/chat" },
    parts: [upgradeHead({}, "GET /chat?a=/b HTTP/1.1"), CLOSE],
  },
  "a bad subprotocol": { parts: [upgradeHead({ "Sec-WebSocket-Protocol": "foo;bar" })] },
  "a subprotocol twice": { parts: [upgradeHead({ "Sec-WebSocket-Protocol": "foo, foo" })] },
  subprotocols: { parts: [upgradeHead({ "Sec-WebSocket-Protocol": "foo, bar" }), CLOSE] },
  "the choice of a subprotocol": {
    options: { handleProtocols: (offered: Set<string>) => [...offered].at(-1) },
    parts: [upgradeHead({ "Sec-WebSocket-Protocol": "foo, bar" }), CLOSE],
  },
  "the choice of no subprotocol": {
    options: { handleProtocols: () => false },
    parts: [upgradeHead({ "Sec-WebSocket-Protocol": "foo, bar" }), CLOSE],
  },
  "extensions that are off": { parts: [upgradeHead({ "Sec-WebSocket-Extensions": "=" }), CLOSE] },
  "bad extensions": {
    options: { perMessageDeflate: true },
    parts: [upgradeHead({ "Sec-WebSocket-Extensions": "=" })],
  },
  "an extension that cannot be accepted": {
    options: { perMessageDeflate: true },
    parts: [upgradeHead({ "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=foo" })],
  },
  "an unknown extension": {
    options: { perMessageDeflate: true },
    parts: [upgradeHead({ "Sec-WebSocket-Extensions": "foo; bar" }), CLOSE],
  },
  "permessage-deflate": {
    options: { perMessageDeflate: { clientMaxWindowBits: 10, serverNoContextTakeover: true } },
    parts: [upgradeHead({ "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" }), CLOSE],
  },
  "a refusal": { options: { verifyClient: () => false }, parts: [upgradeHead()] },
  "an acceptance": { options: { verifyClient: () => true }, parts: [upgradeHead(), CLOSE] },
  "a later refusal": {
    options: {
      verifyClient: (_: unknown, decide: (...verdict: unknown[]) => void) => setImmediate(decide, false),
    },
    parts: [upgradeHead()],
  },
  "a later refusal in detail": {
    options: {
      verifyClient: (_: unknown, decide: (...verdict: unknown[]) => void) =>
        process.nextTick(decide, false, 503, "", { "Retry-After": 120 }),
    },
    parts: [upgradeHead()],
  },
  "a later refusal with a body": {
    options: {
      verifyClient: (_: unknown, decide: (...verdict: unknown[]) => void) =>
        decide(false, 403, "né", { A: "b" }),
    },
    parts: [upgradeHead()],
  },
  "a later acceptance": {
    options: {
      verifyClient: (_: unknown, decide: (verified: boolean) => void) => setImmediate(decide, true),
    },
    parts: [upgradeHead(), CLOSE],
  },
  "a later acceptance, when frames are there": {
    options: {
      verifyClient: ({ req }: { req: { headers: object } }, decide: (verified: boolean) => void) =>
        setTimeout(() => decide("host" in req.headers), 20),
    },
    parts: [Buffer.concat([Buffer.from(upgradeHead()), clientFrame(9, "a")]), clientFrame(9, "b"), CLOSE],
  },
  "the socket in the request": {
    options: {
      verifyClient: ({ req }: { req: { socket: { remoteAddress: string } } }) =>
        req.socket.remoteAddress === "127.0.0.1",
    },
    parts: [Buffer.concat([Buffer.from(upgradeHead()), clientFrame(9, "a")]), CLOSE],
  },
};

async function answer(Server: ServerClass, { options, parts, ...rest }: Case): Promise<string> {
  const server = await listen(Server, options);
  servers.push(server);
  return exchange(portOf(server), parts, rest);
}

describe.each(OURS)("over %s", (_, Server) => {
  test.each(Object.entries(ANSWERED))("%s", async (_name, given) => {
    expect(await answer(Server, given)).toBe(await answer(REFERENCE, given));
  });
});

test("the cases are answered in many ways", async () => {
  const given = Object.values(ANSWERED);
  const answers = await Promise.all(given.map((each) => answer(REFERENCE, each)));
  const statuses = new Set(answers.map((text) => text.split(" ")[1]));
  for (const status of ["101", "400", "401", "403", "405", "426", "431", "503"])
    expect(statuses).toContain(status);
  expect(answers[Object.keys(ANSWERED).indexOf("version 13")]).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  expect(KEY).toHaveLength(24);
});
