// examples/uploads: 200 MB go up and down again in constant memory.
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/node/index.js";
import { Application, end, hostOf } from "../support/applications.js";
import { launchChromium } from "../support/chromium.js";
import { memoryOf } from "../support/process-memory.js";
import { killPrograms } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

const MEGABYTE = 1 << 20;
const MEGABYTES = 200;

let application: Application;

beforeAll(async () => {
  application = await Application.build("uploads");
});
afterEach(killPrograms);
afterAll(() => application.remove());

/** The same megabyte again and again, each with its number in front. */
async function* pieces(hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  const block = randomBytes(MEGABYTE);
  for (let i = 0; i < MEGABYTES; i++) {
    const piece = Buffer.from(block);
    piece.writeUInt32BE(i);
    hash.update(piece);
    yield piece;
  }
}

test("200 MB go up and down, and the server takes no memory for them", async () => {
  const program = application.node("main.js");
  const host = await hostOf(program);
  const before = memoryOf(program).now;

  const told: string[] = [];
  const sent = createHash("sha256");
  const closed = new Promise<number>((resolve) => {
    const handlers = {
      message: (_: unknown, data: unknown) => told.push(String(data)),
      close: (_: unknown, { code }: { code: number }) => resolve(code),
    };
    connect(`ws://${host}/upload?name=big.bin`, {}, handlers).then((socket) =>
      socket.sendStream(pieces(sent)),
    );
  });
  expect(await closed).toBe(1000);
  const sha256 = sent.digest("hex");
  expect(JSON.parse(told.pop() ?? "")).toEqual({ sha256 });
  expect(told.length).toBeGreaterThan(MEGABYTES / 2);
  expect(JSON.parse(told.pop() ?? "").written).toBeLessThanOrEqual(MEGABYTES * MEGABYTE);
  expect(statSync(path.join(application.folder, "files/big.bin")).size).toBe(MEGABYTES * MEGABYTE);

  const received = createHash("sha256");
  await new Promise<void>((resolve) => {
    connect(
      `ws://${host}/download?name=big.bin`,
      { deliver: "stream", limits: { maxMessageBytes: Number.POSITIVE_INFINITY } },
      {
        async stream(_, message) {
          for await (const piece of message) received.update(piece);
        },
        close: () => resolve(),
      },
    );
  });
  expect(received.digest("hex")).toBe(sha256);
  const { peak } = memoryOf(program);
  expect(peak - before).toBeLessThan(100 * MEGABYTE);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
}, 60_000);

test("a client that closes in the middle of a download has its answer at once", async () => {
  const program = application.node("main.js");
  const host = await hostOf(program);
  const file = path.join(application.folder, "files/endless.bin");
  writeFileSync(file, "");
  truncateSync(file, 1024 * MEGABYTE);
  const { socket, closed } = await Inbox.open(`ws://${host}/download?name=endless.bin`);
  socket.close(1000);
  expect(await closed).toBe(1000);
  rmSync(file);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe("");
});

test("an upload that breaks off leaves nothing, and names that leave the folder are refused", async () => {
  const program = application.node("main.js");
  const host = await hostOf(program);
  const inbox = await Inbox.open(`ws://${host}/upload?name=half.bin`);
  inbox.socket.send(randomBytes(2 * MEGABYTE), { fin: false });
  expect(JSON.parse(String(await inbox.next())).written).toBeGreaterThan(0);
  inbox.socket.terminate();
  const left = (): string[] => readdirSync(path.join(application.folder, "files"));
  await expect.poll(() => left().filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(existsSync(path.join(application.folder, "files/half.bin"))).toBe(false);
  for (const [target, status] of [
    ["/upload?name=..%2Fmain.js", "400"],
    ["/upload?name=", "400"],
    ["/download?name=missing.bin", "404"],
    ["/other?name=a", "404"],
  ] as const) {
    await expect(Inbox.open(`ws://${host}${target}`)).rejects.toThrow(status);
  }
  expect(await end(program)).toEqual({ code: 0, signal: null });
});

test("the page uploads a file, and downloads it", async () => {
  const program = application.node("main.js");
  const host = await hostOf(program);
  const content = randomBytes(5 * MEGABYTE);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://${host}/`);
    await page.setInputFiles("#choose", {
      name: "page.bin",
      mimeType: "application/octet-stream",
      buffer: content,
    });
    await page.getByText(createHash("sha256").update(content).digest("hex")).waitFor();
    const downloading = page.waitForEvent("download");
    await page.click("text=download page.bin");
    expect(content.equals(readFileSync(await (await downloading).path()))).toBe(true);
  } finally {
    await browser.close();
  }
  expect(await end(program)).toEqual({ code: 0, signal: null });
});
