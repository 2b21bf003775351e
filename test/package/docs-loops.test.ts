// The loops of the documentation, as they stand there, against peers that close, break a rule, lie or flood in the middle of a chunk.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { FailureCode } from "../../src/index.js";
import { frame, KEY, parseFrames } from "../support/frame.js";
import { freePort } from "../support/free-port.js";
import { concat, hex, toHex } from "../support/hex.js";
import { runnableBlocks } from "../support/markdown.js";
import { killPrograms, mainFile, Program } from "../support/program.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

afterEach(killPrograms);

const clientFrame = (opcode: number, payload: Uint8Array | string = "") =>
  frame({ opcode, payload, mask: KEY });
const serverFrame = (opcode: number, payload: Uint8Array | string = "") => toHex(frame({ opcode, payload }));

/** What a peer does behind a message and a ping, the close event that tells of it, and the Close frame that answers it. */
interface Misdeed {
  readonly bytes: Uint8Array;
  readonly code: number;
  readonly failure?: FailureCode;
  readonly close: string;
}

const bye = hex("03 e8");
const flood = (count: number) =>
  concat(Array.from({ length: count }, (_, i) => clientFrame(9, `${i % 10}`.repeat(125))));

const MISDEEDS: Readonly<Record<string, Misdeed>> = {
  closes: { bytes: clientFrame(8, bye), code: 1000, close: "03 e8" },
  "closes without a code": { bytes: clientFrame(8), code: 1005, close: "" },
  "closes, and goes on": {
    bytes: concat([clientFrame(8, bye), clientFrame(1, "late"), flood(10)]),
    code: 1000,
    close: "03 e8",
  },
  "closes with a code that nobody may send": {
    bytes: clientFrame(8, hex("03 ee")),
    code: 1006,
    failure: "CLOSE_CODE",
    close: "03 ea",
  },
  "uses an opcode that there is not": {
    bytes: hex("83 80 00 00 00 00"),
    code: 1006,
    failure: "RESERVED_OPCODE",
    close: "03 ea",
  },
  "sends text that is none": {
    bytes: clientFrame(1, hex("c3 28")),
    code: 1006,
    failure: "INVALID_UTF8",
    close: "03 ef",
  },
  "promises more than the limit": {
    bytes: hex("82 ff 00 00 00 00 7f ff ff ff 00 00 00 00"),
    code: 1006,
    failure: "MESSAGE_TOO_LONG",
    close: "03 f1",
  },
  "lies about a length": {
    bytes: hex("82 fe 00 05 00 00 00 00"),
    code: 1006,
    failure: "LENGTH_NOT_MINIMAL",
    close: "03 ea",
  },
  "floods with pings, and closes": {
    bytes: concat([flood(20_000), clientFrame(8, bye)]),
    code: 1000,
    close: "03 e8",
  },
};

const HELLO = concat([clientFrame(1, "hello"), clientFrame(9, "!"), clientFrame(2, "you")]);
const ANSWERS = [serverFrame(1, "hello"), serverFrame(10, "!"), serverFrame(2, "you")].join(" ");

/** A block of a page, in which it says where bytes come from. */
function block(page: string, marker: string): string {
  const found = runnableBlocks(readFileSync(`${ROOT}${page}`, "utf8")).find((code) => code.includes(marker));
  if (found === undefined) throw new Error(`${page} has no block with ${marker}`);
  return found;
}

/** Replaces what must be there. */
function replaced(code: string, from: string | RegExp, to: string): string {
  const changed = code.replace(from, to);
  if (changed === code) throw new Error(`there is no ${from}`);
  return changed;
}

const folder = mkdtempSync(path.join(tmpdir(), "wsimd-loops-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a run printed, by line, bytes in hex. */
type Printed = Readonly<Record<string, readonly string[]>>;

/** Runs a block once for each misdeed, in one program, with the stream that has it as `bytes`. */
async function runEach(code: string): Promise<Printed> {
  mainFile();
  const streams = Object.entries(MISDEEDS).map(([name, { bytes }]) => [
    name,
    Buffer.from(concat([HELLO, bytes])).toString("base64"),
  ]);
  const file = path.join(folder, "streams.json");
  writeFileSync(file, JSON.stringify(streams));
  const lines = code.split("\n");
  const isImport = (line: string) => line.startsWith("import ");
  const program = new Program(process.execPath, [
    "--input-type=module",
    "-e",
    `import { readFileSync } from "node:fs";
${lines.filter(isImport).join("\n")}
const results = {};
const show = (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value));
for (const [name, stream] of JSON.parse(readFileSync(${JSON.stringify(file)}, "utf8"))) {
  const bytes = new Uint8Array(Buffer.from(stream, "base64"));
  const printed = [];
  const console = { log: (...values) => printed.push(values.map(show).join(" ")) };
  await (async () => {
${lines.filter((line) => !isImport(line)).join("\n")}
  })();
  results[name] = printed;
}
process.stdout.write(JSON.stringify(results));
`,
  ]);
  const { code: status } = await program.exit;
  if (status !== 0 || program.stderr !== "") throw new Error(`ended with ${status}:\n${program.stderr}`);
  return JSON.parse(program.stdout);
}

/** What was sent: answers to the messages, the pong between them, and nothing but pongs before the Close frame. */
function expectAnswers(frames: string, { close }: Misdeed, takenOnce = true): void {
  const last = serverFrame(8, hex(close)).replaceAll(" ", "");
  expect(frames.startsWith(ANSWERS.replaceAll(" ", ""))).toBe(true);
  expect(frames.endsWith(last)).toBe(true);
  const between = parseFrames(hex(frames.slice(0, -last.length))).slice(3);
  expect(between.every(({ opcode }) => opcode === 10)).toBe(true);
  if (takenOnce)
    expect(between.reduce((sum, { payload }) => sum + payload.length + 2, 0)).toBeLessThanOrEqual(1024 + 127);
}

const isHex = (line: string): boolean => /^([0-9a-f]{2})+$/.test(line);

describe("the loop of docs/codec.md", () => {
  test.each([
    ["in one chunk", "[bytes]"],
    [
      "in chunks of three bytes",
      "Array.from({ length: Math.min(9000, bytes.length) / 3 + 1 }, (_, i) => bytes.subarray(3 * i, i > 2999 ? undefined : 3 * i + 3))",
    ],
    ["with the Close frame in a chunk of its own", "[bytes.subarray(0, 27), bytes.subarray(27)]"],
  ])("%s", async (_, chunks) => {
    const code = replaced(block("docs/codec.md", "server.receive("), "client.takeOutput()", chunks);
    const printed = await runEach(code);
    for (const [name, misdeed] of Object.entries(MISDEEDS)) {
      const lines = printed[name] ?? [];
      expectAnswers(lines.filter(isHex).join(""), misdeed, chunks === "[bytes]");
      expect(lines.filter((line) => !isHex(line)).slice(0, 2), name).toEqual([
        `${misdeed.code} ${misdeed.failure}`,
        "over",
      ]);
    }
  });
});

test("the sink of docs/codec.md", async () => {
  const code = replaced(block("docs/codec.md", "new Endpoint("), /Uint8Array\.of\([^)]*\)/, "bytes");
  const printed = await runEach(code);
  for (const [name, misdeed] of Object.entries(MISDEEDS)) {
    const lines = printed[name] ?? [];
    expectAnswers(lines.filter(isHex).join(""), misdeed);
    expect(
      lines.filter((line) => !isHex(line)),
      name,
    ).toEqual([`closed ${misdeed.code}`]);
  }
});

test("the pipe of docs/streams.md", async () => {
  const source =
    "new ReadableStream({ start: (it) => (it.enqueue(bytes), it.close()) })\n  .pipeThrough(server.decoder)";
  const sink = "new TransformStream({ transform: (chunk, it) => (console.log(chunk), it.enqueue(chunk)) })";
  const from = replaced(
    block("docs/streams.md", "new CodecStreams("),
    /client\.encoder\.readable\s*\.pipeThrough\(server\.decoder\)/,
    source,
  );
  const printed = await runEach(replaced(from, ".pipeTo(client", `.pipeThrough(${sink})\n  .pipeTo(client`));
  for (const [name, misdeed] of Object.entries(MISDEEDS)) {
    const lines = printed[name] ?? [];
    const frames = parseFrames(hex(lines.filter(isHex).join("")));
    const sent = frames
      .filter(({ opcode }) => opcode !== 10)
      .map(({ opcode, payload }) => serverFrame(opcode, payload));
    // A pipe reads ahead, so its pongs may overtake answers.
    expect(sent, name).toEqual([
      serverFrame(1, "hello"),
      serverFrame(2, "you"),
      serverFrame(8, hex(misdeed.close)),
    ]);
    const types = lines.filter((line) => !isHex(line));
    expect(
      types.filter((type) => type !== "pong"),
      name,
    ).toEqual(["text", "binary", "close"]);
  }
});

const HANDSHAKE = [
  ["Host", "a"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
] as const;

/** Takes the place of a server of Node: one client makes the handshake, sends the stream, and reads nothing. */
const ONE_CLIENT = `
const fields = ${JSON.stringify(HANDSHAKE)};
const head = "GET / HTTP/1.1\\r\\n" + fields.map((field) => field.join(": ")).join("\\r\\n") + "\\r\\n\\r\\n";
const request = { method: "GET", url: "/", httpVersion: "1.1", rawHeaders: fields.flat(), headers: Object.fromEntries(fields) };
const handlers = new Map();
const socket = {
  on: (event, handler) => void handlers.set(event, handler),
  setTimeout() {},
  write: (chunk) => (console.log(chunk), false),
  pause: () => console.log("paused"),
  resume: () => console.log("resumed"),
  end: () => console.log("ended"),
};
const send = (chunk) => handlers.get("data")(chunk);
const createServer = (listener) => ({
  on: (_, upgrade) => upgrade(request, socket, new Uint8Array(0)),
  listen() {
    if (!handlers.has("data")) listener(socket), send(Buffer.from(head));
    send(bytes);
    handlers.get("drain")();
  },
});
`;

test.each([
  ["a server", "new HeadParser(", "node:net", ANSWERS],
  [
    "a request that was read already",
    "checkUpgrade(requestHeadOf(request))",
    "node:http",
    serverFrame(1, "hello"),
  ],
])(
  "the loop of docs/handshake.md for %s makes a client that reads nothing wait",
  async (_, marker, module, first) => {
    const code = replaced(
      block("docs/handshake.md", marker),
      `import { createServer } from "${module}";`,
      ONE_CLIENT,
    );
    const printed = await runEach(code);
    for (const [name, { close }] of Object.entries(MISDEEDS)) {
      const [accept = "", ...lines] = printed[name] ?? [];
      expect(Buffer.from(accept, "hex").toString(), name).toMatch(/^HTTP\/1\.1 101 /);
      const frames = lines.filter(isHex).join("");
      expect(frames.startsWith(first.replaceAll(" ", "")), name).toBe(true);
      expect(frames.endsWith(serverFrame(8, hex(close)).replaceAll(" ", "")), name).toBe(true);
      const calls = lines.filter((line) => !isHex(line));
      expect([calls[0], calls.at(-2), calls.at(-1)], name).toEqual(["paused", "ended", "resumed"]);
    }
  },
);

test("examples/bare-codec/main.js, whose client misbehaves: nothing throws, and the answers come", async () => {
  const example = readFileSync(`${ROOT}examples/bare-codec/main.js`, "utf8");
  const printed = await runEach(
    replaced(
      example,
      'client.sendText("hello");',
      "client.takeOutput = (take => () => { client.takeOutput = take; return [bytes]; })(client.takeOutput.bind(client));",
    ),
  );
  for (const [name, { code }] of Object.entries(MISDEEDS)) {
    const lines = printed[name] ?? [];
    expect(lines, name).toContain("client: HELLO");
    expect(lines, name).toContain("client: 3 bytes");
    expect(lines, name).toContain(`server: closed with ${code}`);
  }
});

test("the proxy of docs/codec.md outlives clients that flood it, lie and reset", async () => {
  const port = await freePort();
  const code = block("docs/codec.md", "new FrameReader(").replace("8080", String(port));
  const program = new Program(process.execPath, ["--input-type=module", "-e", code]);
  const open = async (): Promise<Socket> => {
    for (;;) {
      const socket = connect(port, "127.0.0.1");
      const connected = once(socket, "connect").then(() => true);
      if (await connected.catch(() => false)) return socket.on("error", () => {});
    }
  };
  const head = Buffer.from(
    `GET / HTTP/1.1\r\n${HANDSHAKE.map((field) => field.join(": ")).join("\r\n")}\r\n\r\n`,
  );

  const flooding = await open();
  const dropped = new Promise((resolve) => flooding.on("close", resolve));
  flooding.write(Buffer.alloc(100_000, "a"));
  flooding.resume();
  await dropped;

  const lying = await open();
  lying.write(concat([head, hex("82 ff ff ff ff ff ff ff ff ff 00 00 00 00")]));
  lying.resume();
  await program.shows(/^client LENGTH_TOP_BIT 0$/m);

  const leaving = await open();
  leaving.write(concat([head, hex("82 fe 03 e8 00 00 00 00 01")]));
  await program.shows(/^client 2 1000 16$/m);
  leaving.resetAndDestroy();

  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(socket, "open");
  socket.send("still there");
  const [answer]: unknown[] = await once(socket, "message");
  expect(String(answer)).toBe("still there");
  socket.terminate();
  expect(program.stderr).toBe("");
});
