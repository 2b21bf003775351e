// What a program sends just before it ends, in processes of their own.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { RawServer } from "../adapters/raw-peer.js";
import { switching } from "../adapters/scene.js";
import { parseFrames } from "../support/frame.js";
import { ROOT } from "../support/root.js";

const run = promisify(execFile);
const LIBRARIES = ["ws", "wsimd/ws"];

/** What a program that is this client gets out before it ends. @param body - has `ws` */
async function sentBy(library: string, body: string): Promise<string[]> {
  const server = await RawServer.listen(async (peer) => {
    await peer.write(switching(await peer.head()), Buffer.from([0x81, 0x01, 0x78]));
  });
  const program = `
    import { WebSocket } from "${library}";
    const ws = new WebSocket("${server.url}", { perMessageDeflate: false });
    ${body}
  `;
  try {
    await run(process.execPath, ["--input-type=module", "-e", program], { cwd: ROOT });
    const [peer] = server.peers;
    await peer?.gone();
    const frames = parseFrames(peer?.bytes ?? new Uint8Array());
    return frames.map(({ opcode, payload }) => `${opcode} ${Buffer.from(payload).toString()}`);
  } finally {
    server.close();
  }
}

describe.each(LIBRARIES)("%s", (library) => {
  test("a message before process.exit() is delivered", async () => {
    const body = `ws.on("open", () => setImmediate(() => { ws.send("last words"); process.exit(); }));`;
    expect(await sentBy(library, body)).toEqual(["1 last words"]);
  });

  test("messages of a turn before process.exit() in a later turn are delivered", async () => {
    const body = `ws.on("open", () => { ws.send("a"); ws.send("b"); ws.send("c"); setImmediate(() => process.exit()); });`;
    expect(await sentBy(library, body)).toEqual(["1 a", "1 b", "1 c"]);
  });

  test("messages of a listener that exits are delivered", async () => {
    const body = `ws.on("message", () => { ws.send("a"); ws.send("b"); process.exit(); });`;
    expect(await sentBy(library, body)).toEqual(["1 a", "1 b"]);
  });

  test("a process ends by itself when its connection is closed", async () => {
    const body = `ws.on("message", () => ws.terminate());`;
    expect(await sentBy(library, body)).toEqual([]);
  });

  test("an open connection does not keep a process whose _socket is unref'd", async () => {
    const body = `ws.on("open", () => { ws.send("open"); ws._socket.unref(); });`;
    expect(await sentBy(library, body)).toEqual(["1 open"]);
  });
});
